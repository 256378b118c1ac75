/**
 * A collection of drawn photos, embedded or in a Postgres: rows of photos, features, embeddings and captions, and their
 * indexes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import pg from 'pg';
import type { ModelId } from '../../src/ids.js';
import { openDatabase, createStore, type Store, type StoreConfig } from '../../src/store/store.js';
import { seconds } from '../vectors/measures.js';
import type { Pattern } from '../vectors/pattern.js';
import { imageId } from '../vectors/tables.js';

export interface CollectionRequest {
  readonly count: number;
  readonly features: Pattern;
  readonly embeddings: Pattern;
  /** Of the real collection. */
  readonly dataDirectory: string;
  /** Any database of a Postgres; the embedded one without. */
  readonly databaseUrl: string | undefined;
  /** Take what an earlier run left. */
  readonly again: boolean;
}

export interface Collection {
  readonly description: string;
  readonly config: StoreConfig;
  /** For a server of it. */
  readonly environment: Readonly<Record<string, string>>;
}

const ROWS_A_STATEMENT = 500;

export async function openCollection(request: CollectionRequest): Promise<Collection> {
  const { count, dataDirectory, databaseUrl, again } = request;
  const name = `ekphrasis_search_${count}`;
  const folder = join(dataDirectory, name);
  await mkdir(folder, { recursive: true });
  const url = databaseUrl === undefined ? undefined : await ownDatabase(databaseUrl, name, again);
  const config = { dataDirectory: folder, databaseUrl: url };
  const environment = { EKPHRASIS_DATA: folder, ...(url !== undefined && { DATABASE_URL: url }) };
  const store = await createStore(await openDatabase(config));
  try {
    const { rows } = await store.executeSql('SELECT version() AS version');
    if (!again) await fill(store, request);
    const [version = ''] = (rows as { version: string }[]).map((row) => row.version.replace(/ on .*/, ''));
    return { description: version, config, environment };
  } finally {
    await store.close();
  }
}

async function ownDatabase(server: string, name: string, again: boolean): Promise<string> {
  const address = new URL(server);
  address.pathname = `/${name}`;
  if (again) return address.href;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS "${name}"`);
  await client.query(`CREATE DATABASE "${name}"`);
  await client.end();
  return address.href;
}

/** Loads without the vector indexes, which are built when all is there. */
async function fill(store: Store, { count, features, embeddings, dataDirectory }: CollectionRequest): Promise<void> {
  const indexes: VectorIndex[] = [];
  const modelId = await copyModel(dataDirectory, embeddings.encoder as string as ModelId, store);
  const { id: datasetId } = await store.datasets.open({ name: 'drawn', origin: 'drawn', format: 'drawn' });
  const loaded = await seconds(async () => {
    for (let start = 0; start < count; start += ROWS_A_STATEMENT) {
      const numbers = Array.from({ length: Math.min(ROWS_A_STATEMENT, count - start) }, (_, place) => start + place);
      await addPhotos(store, numbers);
      await store.features.put(
        numbers.map((number) => ({
          imageId: imageId(number),
          encoder: features.encoder,
          vector: features.draw(number),
        })),
      );
      await store.embeddings.put(
        numbers.map((number) => ({ imageId: imageId(number), modelId, vector: embeddings.draw(number) })),
      );
      await store.datasetPhotos.put(
        datasetId,
        numbers.map((number) => ({
          imageId: imageId(number),
          path: nameOf(number),
          split: null,
          captions: [embeddings.captionOf(number) ?? 'a photo'],
        })),
      );
      // The program made them for the first vectors.
      if (start === 0) indexes.push(...(await dropVectorIndexes(store)));
    }
  });
  console.log(`loaded in ${loaded.toFixed(0)} s`);
  for (const { name, statement } of indexes) {
    const built = await seconds(() =>
      store.executeSql(`SET maintenance_work_mem = '${memoryOf(count)}'; ${statement}`),
    );
    console.log(`${name} built in ${built.toFixed(0)} s`);
  }
  await store.executeSql('ANALYZE');
}

interface VectorIndex {
  readonly name: string;
  readonly statement: string;
}

/** @returns how to make them again */
async function dropVectorIndexes(store: Store): Promise<VectorIndex[]> {
  const { rows } = await store.executeSql(
    "SELECT indexname AS name, indexdef AS statement FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'",
    [],
  );
  const indexes = rows as VectorIndex[];
  for (const { name } of indexes) await store.executeSql(`DROP INDEX "${name}"`);
  return indexes;
}

/** What the graph takes, with room: see bench/vectors. */
function memoryOf(count: number): string {
  return `${Math.min(4000, Math.max(128, Math.ceil((3.2 * count) / 1000)))}MB`;
}

const nameOf = (number: number) => `drawn-${number}.jpg`;

async function addPhotos(store: Store, numbers: readonly number[]): Promise<void> {
  await store.executeSql(
    `INSERT INTO "Image" ("id", "sha256", "mediaType", "width", "height", "byteSize", "bytes", "name")
     SELECT id, sha256, 'image/jpeg', 500, 375, 0, '', name FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (id, sha256, name)`,
    [
      numbers.map(imageId),
      numbers.map((number) => createHash('sha256').update(`drawn ${number}`).digest('hex')),
      numbers.map(nameOf),
    ],
  );
}

/** The search model of the real collection, under its own id, current. */
async function copyModel(dataDirectory: string, id: ModelId, store: Store): Promise<ModelId> {
  const source = await createStore(await openDatabase({ dataDirectory }));
  try {
    const model = await source.models.find(id);
    if (!model) throw new Error(`there is no model ${id} in ${dataDirectory}`);
    const checkpoint = (await source.models.readCheckpoint(id)) ?? null;
    await store.executeSql(
      `INSERT INTO "Model" ("id", "name", "task", "encoder", "compatibleEncoders", "settings", "checkpoint", "checkpointSha256", "shipped", "current")
       VALUES ($1::uuid, $2, 'SEARCH', $3, $4::text[], '{}', $5, $6, $7, true)`,
      [id, model.name, model.encoder, [...model.compatibleEncoders], checkpoint, model.checkpointSha256, model.shipped],
    );
    return id;
  } finally {
    await source.close();
  }
}

/** A database of the program's own tables with a number of photos that have features, but no bytes. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import pg from 'pg';
import type { EncoderId, ImageId } from '../../src/ids.js';
import { SESSION_SETTINGS } from '../../src/store/database.js';
import { FreeSpace } from '../../src/files/free-space.js';
import { openPostgres } from '../../src/store/postgres.js';
import { createStore, type Store } from '../../src/store/store.js';
import { createVectorIndex, FEATURE_COLUMNS } from '../../src/store/vector-index.js';
import { DIMENSIONS, type Pattern } from './pattern.js';

/** A row of an array of vectors in Postgres's binary form: its length in bytes, its dimensions, its numbers. */
const WORDS_A_ROW = 2 + DIMENSIONS;
const HEADER_WORDS = 5;

export class VectorTables {
  private constructor(
    readonly url: string,
    readonly client: pg.Client,
    /** The program's own way to them. */
    readonly store: Store,
    private readonly vectorType: number,
    /** The name of the index, and the statement that makes it, from the migrations. */
    readonly index: string,
    readonly indexStatement: string,
  ) {}

  /** Makes the database anew, without its HNSW index. */
  static async create(server: string, name: string, encoder: EncoderId): Promise<VectorTables> {
    await onServer(server, `DROP DATABASE IF EXISTS "${name}"`, `CREATE DATABASE "${name}"`);
    const tables = await VectorTables.open(server, name, encoder);
    await tables.client.query(`DROP INDEX "${tables.index}"`);
    return tables;
  }

  /** @param server the address of any database on the server */
  static async open(server: string, name: string, encoder: EncoderId): Promise<VectorTables> {
    const address = new URL(server);
    address.pathname = `/${name}`;
    const url = address.href;
    const store = await createStore(await openPostgres(url, new FreeSpace(tmpdir())));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(SESSION_SETTINGS);
    await createVectorIndex((text, values) => client.query(text, values), FEATURE_COLUMNS, encoder, DIMENSIONS);
    const { rows } = await client.query<{ type: number; name: string; definition: string }>(
      `SELECT 'vector'::regtype::oid::int AS type, name, pg_get_indexdef(quote_ident(name)::regclass) AS definition
       FROM "vectorIndexName"('ImageFeature', $1) AS name`,
      [encoder],
    );
    const [found] = rows;
    if (!found) throw new Error('the program makes no index');
    return new VectorTables(url, client, store, found.type, found.name, found.definition);
  }

  async addPhotos(numbers: readonly number[]): Promise<void> {
    await this.client.query(
      `INSERT INTO "Image" ("id", "sha256", "mediaType", "width", "height", "byteSize", "bytes", "name")
       SELECT id, sha256, 'image/jpeg', 500, 375, 0, '', 'drawn-' || number || '.jpg'
       FROM unnest($1::uuid[], $2::text[], $3::int[]) AS given (id, sha256, number)`,
      [
        numbers.map(imageId),
        numbers.map((number) => createHash('sha256').update(`drawn ${number}`).digest('hex')),
        numbers,
      ],
    );
  }

  /** As a bulk load would: many rows a statement, the vectors in binary. */
  async addFeatures(numbers: readonly number[], vectors: readonly Float32Array[], { encoder }: Pattern): Promise<void> {
    await this.client.query(
      'INSERT INTO "ImageFeature" ("imageId", "encoder", "vector") SELECT id, $2, vector FROM unnest($1::uuid[], $3::vector[]) AS given (id, vector)',
      [numbers.map(imageId), encoder, this.binary(vectors)],
    );
  }

  async addCaptions(numbers: readonly number[], pattern: Pattern): Promise<void> {
    await this.client.query(
      `INSERT INTO "ReferenceCaption" ("id", "imageId", "text", "position", "source")
       SELECT gen_random_uuid(), id, text, 0, 'drawn' FROM unnest($1::uuid[], $2::text[]) AS given (id, text) WHERE text IS NOT NULL`,
      [numbers.map(imageId), numbers.map((number) => pattern.captionOf(number) ?? null)],
    );
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.store.close();
  }

  private binary(vectors: readonly Float32Array[]): Buffer {
    const words = new Int32Array(HEADER_WORDS + vectors.length * WORDS_A_ROW);
    const numbers = new Float32Array(words.buffer);
    // One dimension, no nulls, the elements' type, how many, the first one's subscript.
    words.set([1, 0, this.vectorType, vectors.length, 1]);
    vectors.forEach((vector, row) => {
      const start = HEADER_WORDS + row * WORDS_A_ROW;
      words[start] = 4 * (1 + DIMENSIONS);
      words[start + 1] = DIMENSIONS << 16;
      numbers.set(vector, start + 2);
    });
    return Buffer.from(words.buffer).swap32();
  }
}

/** Of as many photos. */
export function databaseName(count: number): string {
  return `ekphrasis_vectors_${count}`;
}

export async function dropDatabase(server: string, name: string): Promise<void> {
  await onServer(server, `DROP DATABASE IF EXISTS "${name}"`);
}

/** An id whose end is the number, in the order of the numbers. */
export function imageId(number: number): ImageId {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}` as ImageId;
}

export function numberOf(id: string): number {
  return Number.parseInt(id.slice(-12), 16);
}

async function onServer(server: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

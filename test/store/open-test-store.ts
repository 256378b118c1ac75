/** Fresh, empty stores for tests, in memory or in a folder. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { extract } from 'tar';
import { FreeSpace } from '../../src/files/free-space.js';
import { JobQueue } from '../../src/queue/queue.js';
import { QUEUES } from '../../src/queues.js';
import type { Database } from '../../src/store/database.js';
import { openEmbedded, openInMemory } from '../../src/store/embedded.js';
import { applyMigrations, type Migration, readMigrations } from '../../src/store/migrations.js';
import { openPostgres } from '../../src/store/postgres.js';
import { createStore, type Store } from '../../src/store/store.js';
import { createPostgresDatabase } from '../postgres/database.js';

/** Names how the files of a database are laid out: another layout is another file. */
const FORMAT = 'log files of 1 MB';

/** The disk of the tests, of which nothing is kept free. */
const SPACE = new FreeSpace(tmpdir(), 0);

/**
 * Opens a store in memory, or with TEST_DATABASE_URL (a Postgres whose user may create databases) one in a database of
 * its own, which is dropped when the store is closed.
 */
export async function openTestStore(): Promise<Store> {
  return createStore(await openTestDatabase());
}

/** Stores of one database of its own, on TEST_DATABASE_URL, each as another server has it. */
export async function openSharedTestStores(count: number): Promise<Store[]> {
  const url = testUrl();
  if (url === undefined) throw new Error('only a Postgres is shared: TEST_DATABASE_URL is not set');
  const shared = await createPostgresDatabase(url);
  let open = count;
  const stores: Store[] = [];
  while (stores.length < count) {
    const database = await openPostgres(shared.url, SPACE);
    const close = async () => {
      await database.close();
      if (--open === 0) await shared.drop();
    };
    stores.push(await createStore({ ...database, close }));
  }
  return stores;
}

/** The database of `openTestStore`, for tests that look below the repositories. On Postgres it has no tables yet. */
export async function openTestDatabase(space = SPACE): Promise<Database> {
  const url = testUrl();
  return url === undefined ? openInMemory(space, await preparedData()) : openFreshPostgres(url, space);
}

/** The embedded database in memory, with nothing in it. */
export function openEmptyEmbedded(): Promise<Database> {
  return openInMemory(SPACE);
}

/** A database with nothing in it. */
export async function openEmptyTestDatabase(): Promise<Database> {
  const url = testUrl();
  return url === undefined ? openEmptyEmbedded() : openFreshPostgres(url);
}

/** TEST_DATABASE_URL, where the tests run on a Postgres. */
export function testUrl(): string | undefined {
  return process.env['TEST_DATABASE_URL'] || undefined;
}

/** Puts a database with its tables into a data folder, as a first start would leave it there after eight seconds. */
export async function prepareDataFolder(dataDirectory: string): Promise<void> {
  const cwd = join(dataDirectory, 'database');
  await mkdir(cwd, { recursive: true });
  await extract({ file: await preparedData(), cwd });
}

/**
 * A file of a database with its tables and those of the queues: opening it takes a second, making it eight. It is made
 * once for their state and kept in the system's temporary folder.
 */
export async function preparedData(): Promise<string> {
  const migrations = await readMigrations();
  const contents = JSON.stringify([FORMAT, migrations.map(({ checksum }) => checksum), [...QUEUES]]);
  const state = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `ekphrasis-test-database-${state}.tar`);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await prepareData(path, migrations);
  return path;
}

async function prepareData(path: string, migrations: readonly Migration[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-prepared-'));
  const database = await openEmbedded(join(folder, 'database'), SPACE);
  await applyMigrations(database, migrations);
  const store = await createStore(database);
  const queue = await JobQueue.open(store, { queues: QUEUES, alone: true, lease: 60, onError: console.error });
  await queue.close();
  await store.close();
  const pglite = await PGlite.create({ dataDir: join(folder, 'database'), extensions: { vector } });
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  await rm(folder, { recursive: true });
  // Several test processes may do so at once: each writes its own and the last wins.
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, new Uint8Array(await dump.arrayBuffer()));
  await rename(partial, path);
}

async function openFreshPostgres(url: string, space = SPACE): Promise<Database> {
  const fresh = await createPostgresDatabase(url);
  const database = await openPostgres(fresh.url, space);
  return {
    ...database,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

/** A fresh, empty store for a test. */
import { createHash, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/store/database.js';
import { createPGlite, embeddedDatabase } from '../../src/store/embedded.js';
import { applyMigrations, type Migration, readMigrations } from '../../src/store/migrations.js';
import { openPostgres } from '../../src/store/postgres.js';
import { createStore, type Store } from '../../src/store/store.js';
import { createPostgresDatabase } from '../postgres/database.js';

/**
 * Opens a store in memory, or with TEST_DATABASE_URL (a Postgres whose user may create databases) one in a database of its
 * own, which is dropped when the store is closed.
 */
export async function openTestStore(): Promise<Store> {
  return createStore(await openTestDatabase());
}

/** The database of `openTestStore`, for tests that look below the repositories. On Postgres it has no tables yet. */
export async function openTestDatabase(): Promise<Database> {
  const url = testUrl();
  return url === undefined ? embeddedDatabase(await createPGlite({ loadDataDir: await preparedData() })) : openFreshPostgres(url);
}

/** A database with nothing in it. */
export async function openEmptyTestDatabase(): Promise<Database> {
  const url = testUrl();
  return url === undefined ? embeddedDatabase(await createPGlite()) : openFreshPostgres(url);
}

/** TEST_DATABASE_URL, where the tests run on a Postgres. */
export function testUrl(): string | undefined {
  return process.env['TEST_DATABASE_URL'] || undefined;
}

/**
 * A database with its tables, packed: opening it takes a second, making it four. It is made once for a state of the
 * migrations and kept in the system's temporary folder.
 */
async function preparedData(): Promise<Blob> {
  const migrations = await readMigrations();
  const state = createHash('sha256').update(migrations.map(({ checksum }) => checksum).join()).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `ekphrasis-test-database-${state}.tar`);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await prepareData(path, migrations);
  return openAsBlob(path);
}

async function prepareData(path: string, migrations: readonly Migration[]): Promise<void> {
  const pglite = await createPGlite();
  const database = embeddedDatabase(pglite);
  await applyMigrations(database, migrations);
  const dump = await pglite.dumpDataDir('none');
  await database.close();
  // Several test processes may do so at once: each writes its own and the last wins.
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, new Uint8Array(await dump.arrayBuffer()));
  await rename(partial, path);
}

async function openFreshPostgres(url: string): Promise<Database> {
  const fresh = await createPostgresDatabase(url);
  const database = await openPostgres(fresh.url);
  return {
    ...database,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}

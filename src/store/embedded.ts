/** The embedded database: PGlite, a Postgres inside this process, in memory or in a folder that no other process may touch. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { createClient } from './client.js';
import { checkChannel, type Database, type ExecuteSql, rowsOf, SESSION_SETTINGS } from './database.js';
import { lockFolder } from './folder-lock.js';
import { LocalLocks } from './locks.js';
import { storageFailure } from './storage-failure.js';

/** A fresh database takes 40 MB; with less than this left, a failure is the full disk's. */
const FULL_DISK_BYTES = 48 * 2 ** 20;

/**
 * Opens the database in a folder, which is made where there is none.
 *
 * @throws EkphrasisError DATABASE_LOCKED when a living process has it open, STORAGE_FAILED when the folder cannot be
 *   written, DATABASE_UNAVAILABLE when what lies in it cannot be opened
 */
export async function openEmbedded(folder: string): Promise<Database> {
  await mkdir(dirname(folder), { recursive: true }).catch((cause: unknown) => {
    throw storageFailure(folder, cause);
  });
  const lock = await lockFolder(folder);
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await createFolder(folder);
    const database = embeddedDatabase(await createPGlite({ dataDir: folder }));
    return {
      ...database,
      async close() {
        try {
          await database.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (cause) {
    await lock.release();
    if (await isFull(dirname(folder))) throw storageFailure(folder, Object.assign(new Error('no space', { cause }), { code: 'ENOSPC' }));
    const message = `The database in ${folder} cannot be opened. Restore it from a backup, or move it away to begin a new one.`;
    throw new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause });
  }
}

/** Makes an empty database beside the folder and moves it there when it is whole: a first start that is cut off leaves nothing. */
async function createFolder(folder: string): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    const pglite = await createPGlite({ dataDir: partial });
    await pglite.close();
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < FULL_DISK_BYTES;
}

/** PGlite with pgvector; without a folder or data to load it is empty and in memory. */
export async function createPGlite(options: Pick<PGliteOptions, 'dataDir' | 'loadDataDir'> = {}): Promise<PGlite> {
  const pglite = await PGlite.create({ ...options, extensions: { vector } });
  await pglite.exec(SESSION_SETTINGS);
  return pglite;
}

/** Closing it closes PGlite. */
export function embeddedDatabase(pglite: PGlite): Database {
  const prisma = createClient(new PrismaPGlite(pglite));
  return {
    prisma,
    executeSql: executeSqlOn(pglite),
    transaction: (action) => pglite.transaction((transaction) => action(executeSqlOn(transaction))),
    async listen(channel, handler) {
      const stop = await pglite.listen(checkChannel(channel), handler);
      return async () => {
        if (!pglite.closed) await stop();
      };
    },
    locks: new LocalLocks(),
    async close() {
      await prisma.$disconnect();
      if (!pglite.closed) await pglite.close();
    },
  };
}

function executeSqlOn(connection: Pick<PGlite, 'query' | 'exec'>): ExecuteSql {
  return async (text, values) => (values ? connection.query(text, values) : rowsOf(await connection.exec(text)));
}

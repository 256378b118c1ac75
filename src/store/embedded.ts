/**
 * The embedded database: PGlite, a Postgres in a thread of this process, in memory or in a folder that no other process
 * may touch.
 */
import { constants, existsSync } from 'node:fs';
import { cp, mkdir, opendir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { FreeSpace } from '../files/free-space.js';
import { storageFailure, systemCode } from '../files/storage-failure.js';
import { createClient } from './client.js';
import { checkChannel, type Database, type ExecuteSql } from './database.js';
import { DatabaseThread } from './database-thread.js';
import { lockFolder } from './folder-lock.js';
import { guardAdapter, guardSql } from './guarded-writes.js';
import { LocalLocks } from './locks.js';
import { closeToOthers } from './private-folder.js';
import { ThreadAdapterFactory } from './thread-adapter.js';
import type { DatabasePlace, TransactionNumber } from './thread-calls.js';
import { ThreadKeeper } from './thread-keeper.js';

/** Of folders: nobody else looks into them. */
const OWNER_ONLY = 0o700;

/** A fresh database takes 30 MB; with less than this left, a failure is the full disk's. */
const FULL_DISK_BYTES = 40 * 2 ** 20;

/**
 * Opens the database in a folder, which is made where there is none.
 *
 * @param space of the disk on which the folder lies
 * @param onTrouble told when the database ended unexpectedly, and while it cannot be started again
 * @throws EkphrasisError DATABASE_LOCKED when a living process has it open, STORAGE_FAILED when the folder cannot be
 *   written, DATABASE_UNAVAILABLE when what lies in it cannot be opened
 */
export async function openEmbedded(
  folder: string,
  space: FreeSpace,
  onTrouble?: (error: unknown) => void,
): Promise<Database> {
  await mkdir(dirname(folder), { recursive: true, mode: OWNER_ONLY }).catch((cause: unknown) => {
    throw storageFailure(folder, cause);
  });
  const lock = await lockFolder(folder);
  try {
    if (!existsSync(join(folder, 'PG_VERSION'))) await createFolder(folder);
    await closeToOthers(folder);
    await rm(snapshotOf(folder), { recursive: true, force: true });
    const database = await openPlace({ folder }, space, onTrouble);
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
    if (await isFull(dirname(folder)))
      throw storageFailure(folder, Object.assign(new Error('no space', { cause }), { code: 'ENOSPC' }));
    const message = `The database in ${folder} cannot be opened. Restore it from a backup, or move it away to begin a new one.`;
    throw new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause });
  }
}

/**
 * Opens a database in memory.
 *
 * @param archive a file of what it holds, as PGlite writes it. Default: nothing
 */
export function openInMemory(space: FreeSpace, archive?: string): Promise<Database> {
  return openPlace(archive === undefined ? 'memory' : { archive }, space);
}

/**
 * Makes an empty database beside the folder and moves it there when it is whole: a first start that is cut off leaves
 * nothing.
 */
async function createFolder(folder: string): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    const ignored = () => undefined;
    const thread = await DatabaseThread.start({ folder: partial }, { onNotification: ignored, onStanding: ignored });
    await thread.close();
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

function snapshotOf(folder: string): string {
  return `${folder}.snapshot`;
}

/**
 * Copies the database and opens the copy. It has one connection, so that a long transaction would keep everybody waiting:
 * they wait for the copying alone, which the file system may make a matter of moments (reflinks).
 */
async function openSnapshot(folder: string, thread: () => Promise<DatabaseThread>, reserve: number): Promise<Database> {
  const copy = snapshotOf(folder);
  const space = new FreeSpace(dirname(folder), reserve);
  const remove = () => rm(copy, { recursive: true, force: true });
  try {
    await mkdir(copy, { mode: OWNER_ONLY });
    const open = await thread();
    // Else the copy would begin with reading the log of changes.
    await open.call('exec', undefined, 'CHECKPOINT');
    const release = await space.claim(await sizeOf(folder));
    try {
      // Nothing is written in it, and no one else writes meanwhile.
      const transaction = await open.call('begin');
      try {
        await cp(folder, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
      } finally {
        await open.call('rollback', transaction).catch(() => undefined);
      }
    } catch (cause) {
      throw systemCode(cause) === undefined ? cause : storageFailure(copy, cause);
    } finally {
      release();
    }
    const database = await openPlace({ folder: copy }, space);
    return {
      ...database,
      async close() {
        await database.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** In bytes, of all that lies in it. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of await opendir(folder, { recursive: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < FULL_DISK_BYTES;
}

async function openPlace(
  place: DatabasePlace,
  space: FreeSpace,
  onTrouble?: (error: unknown) => void,
): Promise<Database> {
  const keeper = await ThreadKeeper.open(place, space, onTrouble);
  const current = () => keeper.thread();
  // PostgreSQL's log of changes takes up to 64 MB, of which it needs little behind a checkpoint.
  space.onFull(async () => (await current()).call('exec', undefined, 'CHECKPOINT'));
  const prisma = createClient(guardAdapter(new ThreadAdapterFactory(current), space));
  const locks = new LocalLocks();
  const database: Database = {
    prisma,
    space,
    executeSql: guardSql(executeSqlOn(current), space),
    upkeepSql: guardSql(executeSqlOn(current), space, 'upkeep'),
    async transaction(action) {
      const thread = await current();
      const number = await thread.call('begin');
      const begunIn = () => Promise.resolve(thread);
      try {
        const result = await action(guardSql(executeSqlOn(begunIn, number), space));
        await thread.call('commit', number);
        return result;
      } catch (error) {
        // Where the thread has ended, the transaction has, too.
        await thread.call('rollback', number).catch(() => undefined);
        throw error;
      }
    },
    listen: (channel, handler) => keeper.listen(checkChannel(channel), handler),
    locks,
    async snapshot() {
      // In memory there is nothing to copy: there, others wait.
      if (typeof place === 'string' || !('folder' in place)) return { ...database, close: () => Promise.resolve() };
      // One at a time, as the copy has one place.
      const release = await locks.alone('snapshot');
      const snapshot = await openSnapshot(place.folder, current, space.reserve).catch(async (error: unknown) => {
        await release();
        throw error;
      });
      return {
        ...snapshot,
        async close() {
          try {
            await snapshot.close();
          } finally {
            await release();
          }
        },
      };
    },
    async close() {
      await prisma.$disconnect();
      await keeper.close();
    },
  };
  return database;
}

function executeSqlOn(thread: () => Promise<DatabaseThread>, transaction?: TransactionNumber): ExecuteSql {
  return async (text, values) =>
    values
      ? (await thread()).call('query', transaction, text, values)
      : (await thread()).call('exec', transaction, text);
}

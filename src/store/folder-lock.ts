/**
 * A lock on a folder, held by one living process. PGlite takes none of its own, and two processes on one folder corrupt
 * it. The lock is a file beside the folder that names its holder. It does not see processes of other machines or
 * containers.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { storageFailure, systemCode } from '../files/storage-failure.js';

export interface FolderLock {
  release(): Promise<void>;
}

/** A process. */
export interface Holder {
  readonly pid: number;
  /** Tells a process from a later one of the same number; empty where the system does not say. */
  readonly started: string;
}

/** Locks that this very process holds: after a crash in a container, the file may name our own number. */
const held = new Set<string>();

const TRIES = 5;

/** @throws EkphrasisError DATABASE_LOCKED naming the process that holds it; STORAGE_FAILED */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = lockOf(folder);
  if (held.has(path)) throw locked(folder, process.pid);
  held.add(path);
  try {
    await acquire(folder, path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return {
    async release() {
      if (held.delete(path)) await rm(path, { force: true });
    },
  };
}

/** The process that has locked a folder now, unless it is this one. */
export async function lockHolder(folder: string): Promise<Holder | undefined> {
  const holder = await readHolder(lockOf(folder));
  return holder && (await isAlive(holder)) ? holder : undefined;
}

/** This process, as its locks name it. */
export async function thisProcess(): Promise<Holder> {
  return { pid: process.pid, started: await startOf(process.pid) };
}

function lockOf(folder: string): string {
  return `${folder.replace(/[/\\]+$/, '')}.lock`;
}

async function acquire(folder: string, path: string): Promise<void> {
  // Written in full under another name first: whoever sees the lock can read its holder.
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(await thisProcess())).catch((cause: unknown) => {
    throw storageFailure(own, cause);
  });
  try {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (await linked(own, path)) return;
      const holder = await readHolder(path);
      if (holder && (await isAlive(holder))) throw locked(folder, holder.pid);
      await removeStale(path);
    }
    throw locked(folder, (await readHolder(path))?.pid);
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw storageFailure(path, cause);
  }
}

/** Takes the lock of a dead process away; puts it back when another living one took it over in the meantime. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return;
    throw storageFailure(path, cause);
  }
  const holder = await readHolder(aside);
  if (holder && (await isAlive(holder))) await linked(aside, path);
  await rm(aside, { force: true });
}

/** @returns undefined for a lock that is gone or damaged */
async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const match = /^\{"pid":(\d+),"started":"(.*)"\}$/.exec(text);
  return match ? { pid: Number(match[1]), started: match[2] ?? '' } : undefined;
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it lives and belongs to another user.
    if (systemCode(cause) !== 'EPERM') return false;
  }
  const startedNow = await startOf(pid);
  return started === '' || startedNow === '' || started === startedNow;
}

/** On Linux the boot and the clock tick at which a process began. */
async function startOf(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the second field, the name in brackets, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot.trim()}/${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}

function locked(folder: string, pid: number | undefined): EkphrasisError {
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  const message =
    `The database in ${folder} is in use by ${holder}. Stop that process first (or ask its server instead), ` +
    'or set EKPHRASIS_DATA to another folder. Several servers on one database need DATABASE_URL.';
  return new EkphrasisError(ErrorCode.DatabaseLocked, message);
}

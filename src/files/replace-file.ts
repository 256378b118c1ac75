/** A file of somebody else put in place of its earlier state, beside which it is made. */
import { chmod, chown, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './storage-failure.js';

/** What a file was when it was read: another program has changed it where any of this differs. */
export interface FileState {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly accessed: Date;
  readonly modified: Date;
}

/** @returns undefined where there is no such file */
export async function fileState(path: string): Promise<FileState | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    const { size, mtimeNs, ino, mode, uid, gid, atime, mtime } = found;
    return {
      size: Number(size),
      mtimeNs,
      inode: ino,
      mode: Number(mode) & 0o7777,
      uid: Number(uid),
      gid: Number(gid),
      accessed: atime,
      modified: mtime,
    };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where a file lies until it is whole: a hidden name that is the same each time, so that nothing gathers. */
export function partialBeside(path: string): string {
  return join(dirname(path), `.ekphrasis-partial-${basename(path)}`);
}

export interface Replacement {
  readonly bytes: Uint8Array;
  /** What the file was when it was read; undefined where there was none. */
  readonly before: FileState | undefined;
  /** Whose rights it gets where there was none, and whose owner. */
  readonly like: FileState;
  /** Keeps the time of its last change: many programs sort photos without a date by it. */
  readonly keepTime: boolean;
  /** Looks at the new file as it reads back; done before the old one goes. */
  readonly check: (readBack: Uint8Array) => Promise<void>;
}

/**
 * Writes the new file beside the old one, reads it back, and puts it in the old one's place. The old one is whole until
 * then.
 *
 * @returns false where another program changed the old one meanwhile: nothing is written
 * @throws what the file system throws, and what `check` does
 */
export async function replaceFile(
  path: string,
  { bytes, before, like, keepTime, check }: Replacement,
): Promise<boolean> {
  const partial = partialBeside(path);
  try {
    const file = await open(partial, 'w', like.mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    const owner = before ?? like;
    await chown(partial, owner.uid, owner.gid).catch((error: unknown) => {
      // Only root gives files away; on many network disks nobody does.
      if (systemCode(error) !== 'EPERM') throw error;
    });
    await chmod(partial, before ? before.mode : like.mode & 0o666);
    if (keepTime && before) await utimes(partial, before.accessed, before.modified);
    const readBack = await readFile(partial);
    if (!readBack.equals(bytes)) throw new Error(`${path} does not read back as it was written`);
    await check(readBack);
    if (!isSame(await fileState(path), before)) return false;
    await rename(partial, path);
    await syncFolder(dirname(path));
    return true;
  } finally {
    await rm(partial, { force: true });
  }
}

function isSame(now: FileState | undefined, before: FileState | undefined): boolean {
  return now?.size === before?.size && now?.mtimeNs === before?.mtimeNs && now?.inode === before?.inode;
}

/** So that the new name outlives a power cut, too; not all file systems can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

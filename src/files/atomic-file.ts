/** Files that are there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FreeSpace } from './free-space.js';
import { isDiskFull, storageFailure } from './storage-failure.js';

/** Where a file lies until it is whole; `isUnfinished` knows such names. */
export function unfinishedPath(path: string): string {
  return `${path}.${randomUUID()}.partial`;
}

const UNFINISHED = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.partial$/;

/** Whether a name or path is that of a file which is being written, or was when its process was killed. */
export function isUnfinished(path: string): boolean {
  return UNFINISHED.test(path);
}

export interface WriteOptions {
  /**
   * Whether it waits for the disk, so that the file outlives a power cut. Default: true. Data that can be made again may
   * do without, as the waiting is what takes long in small files.
   */
  readonly durable?: boolean;
  /** Asked for room before anything is written. Default: the disk itself says when it is full. */
  readonly space?: FreeSpace | undefined;
}

/**
 * Writes a file, and its folder where there is none, for their owner alone. Several that write the same file at once do no harm: the last one
 * wins.
 *
 * @param content bytes, or bytes or text piece by piece, of which one piece is in memory at a time; what its making
 *   throws is thrown on
 * @throws EkphrasisError STORAGE_FAILED when the disk is full or the folder cannot be written; nothing half-written
 *   stays
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | AsyncIterable<string | Uint8Array>,
  { durable = true, space }: WriteOptions = {},
): Promise<void> {
  const partial = unfinishedPath(path);
  const faults: unknown[] = [];
  const pieces = content instanceof Uint8Array ? [content] : content;
  const source = watched(space ? withRoom(space)(pieces) : pieces, (error) => faults.push(error));
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(partial, 'w', 0o600);
    try {
      await writeFile(file, source);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw faults.includes(cause) ? cause : storageFailure(path, cause);
  }
}

/**
 * Keeps what can be made again at any time, such as a thumbnail; nothing on a disk without room, where whoever made it
 * goes on all the same.
 *
 * @throws EkphrasisError STORAGE_FAILED when the folder cannot be written
 */
export async function keepDerived(path: string, bytes: Uint8Array, space: FreeSpace | undefined): Promise<void> {
  await writeFileAtomically(path, bytes, { durable: false, space }).catch((error: unknown) => {
    if (!isDiskFull(error)) throw error;
  });
}

/**
 * @returns what gives out each piece when there is room for it, and takes it as written when the next is asked for: it
 *   throws STORAGE_FAILED at the first that there is no room for, and what the pieces throw
 */
export function withRoom(space: FreeSpace) {
  return async function* <Piece extends string | Uint8Array>(
    pieces: Iterable<Piece> | AsyncIterable<Piece>,
  ): AsyncGenerator<Piece> {
    for await (const piece of pieces) {
      const release = await space.claim(piece.length);
      try {
        yield piece;
      } finally {
        release();
      }
    }
  };
}

async function* watched<T>(
  source: Iterable<T> | AsyncIterable<T>,
  onError: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    onError(error);
    throw error;
  }
}

/** Removes a file, or does nothing where there is none. @throws EkphrasisError STORAGE_FAILED */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw storageFailure(path, cause);
  });
}

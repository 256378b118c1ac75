/** Files that are there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageFailure } from './storage-failure.js';

/**
 * Writes a file, and its folder where there is none. Several that write the same file at once do no harm: the last one wins.
 *
 * @param content bytes, or bytes or text piece by piece, of which one piece is in memory at a time; what its making throws is thrown on
 * @param options.durable whether it waits for the disk, so that the file outlives a power cut. Default: true. Data that can be
 *   made again may do without, as the waiting is what takes long in small files.
 * @throws EkphrasisError STORAGE_FAILED when the disk is full or the folder cannot be written; nothing half-written stays
 */
export async function writeFileAtomically(path: string, content: Uint8Array | AsyncIterable<string | Uint8Array>, { durable = true } = {}): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  const faults: unknown[] = [];
  const source = content instanceof Uint8Array ? content : watched(content, (error) => faults.push(error));
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, 'w');
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

async function* watched<T>(source: AsyncIterable<T>, onError: (error: unknown) => void): AsyncGenerator<T> {
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

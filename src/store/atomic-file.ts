/** Files that are there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageFailure } from './storage-failure.js';

/**
 * Writes a file, and its folder where there is none. Several that write the same file at once do no harm: the last one wins.
 *
 * @param options.durable whether it waits for the disk, so that the file outlives a power cut. Default: true. Data that can be
 *   made again may do without, as the waiting is what takes long in small files.
 * @throws EkphrasisError STORAGE_FAILED when the disk is full or the folder cannot be written; nothing half-written stays
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array, { durable = true } = {}): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, 'w');
    try {
      await file.writeFile(bytes);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw storageFailure(path, cause);
  }
}

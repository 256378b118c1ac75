/** What clients send, on its way to the disk, where it lies until it is answered. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EkphrasisError } from '../../errors.js';
import { unfinishedPath, withRoom } from '../../files/atomic-file.js';
import type { FreeSpace } from '../../files/free-space.js';
import { storageFailure } from '../../files/storage-failure.js';
import { MultipartError, RequestError } from './errors.js';

/** As nobody finishes such a file, what a killed server leaves is removed with all that is unfinished. */
export function uploadPath(folder: string): string {
  return unfinishedPath(join(folder, 'upload'));
}

/**
 * @param whenBroken what is said where the source broke off
 * @returns how many bytes were written
 * @throws STORAGE_FAILED; MultipartError where the source broke off; a RequestError of the source
 */
export async function writeUpload(
  source: AsyncIterable<Buffer>,
  path: string,
  space: FreeSpace,
  whenBroken: string,
): Promise<number> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    await pipeline(source, withRoom(space), file);
    return file.bytesWritten;
  } catch (cause) {
    if (cause instanceof EkphrasisError || cause instanceof RequestError) throw cause;
    // Of the disk, where the system says so; else the source broke off, which its reader tells better.
    if (cause instanceof Error && 'syscall' in cause) throw storageFailure(folder, cause);
    throw new MultipartError(whenBroken);
  }
}

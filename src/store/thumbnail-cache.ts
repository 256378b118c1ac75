/**
 * Small copies of photos on disk, named by the photo's hash: derived data that can be made again at any time.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../ids.js';
import { removeFile, writeFileAtomically } from './atomic-file.js';
import { storageFailure, systemCode } from './storage-failure.js';

export class ThumbnailCache {
  private readonly folder: string;

  /** @param dataDirectory EKPHRASIS_DATA; the files lie in `cache/thumbnails/<width>/ab/<sha256>.webp` */
  constructor(dataDirectory: string) {
    this.folder = join(dataDirectory, 'cache', 'thumbnails');
  }

  /** A WebP file, or undefined where there is none. */
  async read(sha256: Sha256, width: number): Promise<Uint8Array | undefined> {
    const path = this.path(sha256, width);
    try {
      return await readFile(path);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw storageFailure(path, cause);
    }
  }

  /** @throws EkphrasisError STORAGE_FAILED when the disk is full or the folder cannot be written */
  async write(sha256: Sha256, width: number, thumbnail: Uint8Array): Promise<void> {
    await writeFileAtomically(this.path(sha256, width), thumbnail, { durable: false });
  }

  /** Removes a photo's copies of all widths. @throws EkphrasisError STORAGE_FAILED */
  async remove(sha256: Sha256): Promise<void> {
    const widths = await readdir(this.folder).catch(() => []);
    for (const width of widths) {
      const path = this.path(sha256, Number(width));
      await removeFile(path);
    }
  }

  private path(sha256: Sha256, width: number): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError(`${sha256} is no SHA-256`);
    return join(this.folder, String(width), sha256.slice(0, 2), `${sha256}.webp`);
  }
}

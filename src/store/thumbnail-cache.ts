/**
 * Small copies of photos on disk, named by the photo's hash: derived data that can be made again at any time.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../ids.js';
import { isSha256 } from '../files/sha256.js';
import type { DerivedFiles } from './derived-files.js';

export class ThumbnailCache {
  private readonly folder: string;

  /** @param files the copies lie in `thumbnails/<width>/ab/<sha256>.webp` */
  constructor(private readonly files: DerivedFiles) {
    this.folder = join(files.folder, 'thumbnails');
  }

  /** A WebP file, or undefined where there is none. */
  async read(sha256: Sha256, width: number): Promise<Uint8Array | undefined> {
    return this.files.read(this.path(sha256, width));
  }

  /** Keeps a copy where there is room for it. @throws EkphrasisError STORAGE_FAILED when the folder cannot be written */
  async write(sha256: Sha256, width: number, thumbnail: Uint8Array): Promise<void> {
    await this.files.write(this.path(sha256, width), thumbnail);
  }

  /** Removes a photo's copies of all widths. @throws EkphrasisError STORAGE_FAILED */
  async remove(sha256: Sha256): Promise<void> {
    const widths = await readdir(this.folder).catch(() => []);
    for (const width of widths) await this.files.remove(this.path(sha256, Number(width)));
  }

  private path(sha256: Sha256, width: number): string {
    if (!isSha256(sha256)) throw new RangeError(`${sha256} is no SHA-256`);
    return join(this.folder, String(width), sha256.slice(0, 2), `${sha256}.webp`);
  }
}

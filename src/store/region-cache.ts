/**
 * Region features on disk, named by the photo's hash: derived data that can be computed again at any time. What is missing
 * or damaged counts as not there.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncoderId, Sha256 } from '../ids.js';
import { type RegionShape, type RegionSource, regionValues } from '../vision/encoder.js';
import { removeFile, writeFileAtomically } from './atomic-file.js';
import { storageFailure, systemCode } from './storage-failure.js';

/** How a photo was looked at: as it is, or as a mirror shows it. */
export type View = 'upright' | 'mirrored';

export class RegionCache {
  private readonly folder: string;

  /**
   * @param dataDirectory EKPHRASIS_DATA; the files lie in `cache/regions/<encoder>/ab/<sha256>.f16`, those of mirrored photos
   *   beside them in `<sha256>-mirrored.f16`
   */
  constructor(dataDirectory: string) {
    this.folder = join(dataDirectory, 'cache', 'regions');
  }

  /** Float16 bits [regions * regionSize], or undefined where there are none. */
  async read(encoder: RegionSource, sha256: Sha256, view: View = 'upright'): Promise<Uint16Array | undefined> {
    const path = this.path(encoder.id, sha256, view);
    try {
      const bytes = await readFile(path);
      return bytes.length === bytesOf(encoder) ? new Uint16Array(Uint8Array.from(bytes).buffer) : undefined;
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw storageFailure(path, cause);
    }
  }

  async has(encoder: RegionSource, sha256: Sha256): Promise<boolean> {
    const found = await stat(this.path(encoder.id, sha256, 'upright')).catch(() => undefined);
    return found?.size === bytesOf(encoder);
  }

  /**
   * Keeps regions: the file appears in full or not at all.
   *
   * @param regions float16 bits [regions * regionSize]
   * @throws EkphrasisError STORAGE_FAILED when the disk is full or the folder cannot be written
   */
  async write(encoder: RegionSource, sha256: Sha256, regions: Uint16Array, view: View = 'upright'): Promise<void> {
    const values = regionValues(encoder);
    if (regions.length !== values) throw new RangeError(`regions have ${values} numbers, not ${regions.length}`);
    const path = this.path(encoder.id, sha256, view);
    await writeFileAtomically(path, new Uint8Array(regions.buffer, regions.byteOffset, regions.byteLength), { durable: false });
  }

  /** Removes what all encoders saw in a photo. @throws EkphrasisError STORAGE_FAILED */
  async remove(sha256: Sha256): Promise<void> {
    const encoders = await readdir(this.folder).catch(() => []);
    for (const encoder of encoders) {
      for (const view of ['upright', 'mirrored'] as const) {
        const path = this.path(encoder as EncoderId, sha256, view);
        await removeFile(path);
      }
    }
  }

  private path(encoder: EncoderId, sha256: Sha256, view: View): string {
    if (!/^[\w.-]+$/.test(encoder)) throw new RangeError(`${encoder} cannot be the name of an encoder`);
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError(`${sha256} is no SHA-256`);
    return join(this.folder, encoder, sha256.slice(0, 2), `${sha256}${view === 'mirrored' ? '-mirrored' : ''}.f16`);
  }
}

function bytesOf(shape: RegionShape): number {
  return regionValues(shape) * Uint16Array.BYTES_PER_ELEMENT;
}

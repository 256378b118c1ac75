/**
 * Region features on disk, named by the photo's hash: derived data that can be computed again at any time. What is
 * missing or damaged counts as not there.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { EncoderId, Sha256 } from '../ids.js';
import { type RegionShape, type RegionSource, regionValues } from '../vision/encoder.js';
import { isSha256 } from '../files/sha256.js';
import type { DerivedFiles } from './derived-files.js';

/** How a photo was looked at: as it is, or as a mirror shows it. */
export type View = 'upright' | 'mirrored';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** Most of VGG16's regions is zero: 50 kB become 8, in half a millisecond (docs/figures.md). */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

export class RegionCache {
  private readonly folder: string;

  /**
   * @param files the regions lie in `regions/<encoder>/ab/<sha256>.f16.br`, those of mirrored photos beside them in
   *   `<sha256>-mirrored.f16.br`
   * @param onRead told of each read, whether it found something
   */
  constructor(
    private readonly files: DerivedFiles,
    private readonly onRead: (found: boolean) => void = () => undefined,
  ) {
    this.folder = join(files.folder, 'regions');
  }

  /** Float16 bits [regions * regionSize], or undefined where there are none. @throws EkphrasisError STORAGE_FAILED */
  async read(encoder: RegionSource, sha256: Sha256, view: View = 'upright'): Promise<Uint16Array | undefined> {
    const regions = await this.find(encoder, sha256, view);
    this.onRead(regions !== undefined);
    return regions;
  }

  private async find(encoder: RegionSource, sha256: Sha256, view: View): Promise<Uint16Array | undefined> {
    const kept = await this.files.read(this.path(encoder.id, sha256, view));
    const bytes = kept && (await decompress(kept).catch(() => undefined));
    return bytes?.length === bytesOf(encoder) ? new Uint16Array(Uint8Array.from(bytes).buffer) : undefined;
  }

  /**
   * Keeps regions where there is room for them: the file appears in full or not at all.
   *
   * @param regions float16 bits [regions * regionSize]
   * @throws EkphrasisError STORAGE_FAILED when the folder cannot be written
   */
  async write(encoder: RegionSource, sha256: Sha256, regions: Uint16Array, view: View = 'upright'): Promise<void> {
    const values = regionValues(encoder);
    if (regions.length !== values) throw new RangeError(`regions have ${values} numbers, not ${regions.length}`);
    const path = this.path(encoder.id, sha256, view);
    await this.files.write(
      path,
      await compress(new Uint8Array(regions.buffer, regions.byteOffset, regions.byteLength), FAST),
    );
  }

  /** Removes what all encoders saw in a photo. @throws EkphrasisError STORAGE_FAILED */
  async remove(sha256: Sha256): Promise<void> {
    const encoders = await readdir(this.folder).catch(() => []);
    for (const encoder of encoders) {
      for (const view of ['upright', 'mirrored'] as const)
        await this.files.remove(this.path(encoder as EncoderId, sha256, view));
    }
  }

  private path(encoder: EncoderId, sha256: Sha256, view: View): string {
    if (!/^[\w.-]+$/.test(encoder)) throw new RangeError(`${encoder} cannot be the name of an encoder`);
    if (!isSha256(sha256)) throw new RangeError(`${sha256} is no SHA-256`);
    return join(this.folder, encoder, sha256.slice(0, 2), `${sha256}${view === 'mirrored' ? '-mirrored' : ''}.f16.br`);
  }
}

function bytesOf(shape: RegionShape): number {
  return regionValues(shape) * Uint16Array.BYTES_PER_ELEMENT;
}

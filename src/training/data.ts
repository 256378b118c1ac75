/**
 * The packed training data: a folder with `regions.f16` (the regions of each image's views, one after another) and
 * `images.json` (the encoder and the shape of its regions, each image's name, split, captions and number of views in
 * the same order, and a hash of it all). The trainer needs nothing else: it has no database and decodes no photo.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { hasWords, TOKENISER, type TokeniserVersion, tokeniserVersionSchema } from '../language/tokeniser.js';
import { FreeSpace } from '../files/free-space.js';
import { storageFailure } from '../files/storage-failure.js';
import { type RegionShape, type RegionSource, regionValues } from '../vision/encoder.js';
import { storedShape } from '../vision/vgg16/shape.js';
import { TRAINING_SPLITS, type TrainingSplit } from '../splits.js';

/** Images of `inChunks` at a time. */
const CHUNK = 64;

interface ImageDescription {
  readonly name: string;
  readonly split: TrainingSplit;
  readonly captions: readonly string[];
}

export interface TrainingImage extends ImageDescription {
  /** How many views there are of it: itself, and its mirror image where its captions are true of that, too. */
  readonly views: number;
}

/** An image of the data with what is seen in it. */
export interface SeenImage extends TrainingImage {
  /** float16 bits [regions * regionSize]. */
  readonly regions: Uint16Array;
}

export interface TrainingImageWithRegions extends ImageDescription {
  /** Of the image itself first; float16 bits [regions * regionSize] each. */
  readonly views: readonly Uint16Array[];
}

/** One view of one image, by its place. */
export interface ViewPlace {
  readonly index: number;
  /** 0 is the image itself. */
  readonly view: number;
}

const schema = z.object({
  encoder: z.string().transform((id) => id as EncoderId),
  ...storedShape,
  fingerprint: z.string(),
  /** Data that were packed before there was more than one have none. */
  tokeniser: tokeniserVersionSchema.default(1),
  images: z.array(
    z.object({
      name: z.string(),
      split: z.enum(TRAINING_SPLITS),
      captions: z.array(z.string()),
      views: z.number().int().min(1),
    }),
  ),
});

/**
 * Writes a folder of training data, as long as its disk has room; one that is there already is replaced when all is written. Captions without a word
 * are left out.
 *
 * @throws EkphrasisError INVALID_DATASET when there is no image with a caption in the train or in the dev split;
 *   STORAGE_FAILED when the disk is full
 */
export async function writeTrainingData(
  path: string,
  data: { encoder: RegionSource; images: AsyncIterable<TrainingImageWithRegions> },
  space = new FreeSpace(path),
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await onDisk(path, async () => {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true, mode: 0o700 });
    });
    await pack(path, partial, data, space);
    await onDisk(path, async () => {
      await rm(path, { recursive: true, force: true });
      await rename(partial, path);
    });
  } catch (error) {
    // On a disk without room it would be in the way of everybody else.
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function pack(
  path: string,
  folder: string,
  data: { encoder: RegionSource; images: AsyncIterable<TrainingImageWithRegions> },
  space: FreeSpace,
): Promise<void> {
  const { id: encoder, regions: count, regionSize } = data.encoder;
  const size = regionValues(data.encoder);
  const regions = await onDisk(path, () => open(join(folder, 'regions.f16'), 'w', 0o600));
  const hash = createHash('sha256');
  const images: TrainingImage[] = [];
  try {
    for await (const { views, name, split, captions } of data.images) {
      for (const values of views) {
        if (values.length !== size) throw new RangeError(`${name} has ${values.length} region values`);
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        hash.update(bytes);
        await space.within(bytes.length, () => onDisk(path, () => regions.writeFile(bytes)));
      }
      images.push({ name, split, captions: captions.filter(hasWords), views: views.length });
    }
  } finally {
    await regions.close();
  }
  for (const split of TRAINING_SPLITS) {
    if (images.some((image) => image.split === split && image.captions.length > 0)) continue;
    throw new EkphrasisError(
      ErrorCode.InvalidDataset,
      `There are no images with captions in the ${split} split to train with.`,
    );
  }
  const fingerprint = hash.update(JSON.stringify({ encoder, images })).digest('hex');
  await onDisk(path, () =>
    writeFile(
      join(folder, 'images.json'),
      JSON.stringify({ encoder, regions: count, regionSize, fingerprint, tokeniser: TOKENISER, images }),
    ),
  );
}

async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw storageFailure(path, cause);
  }
}

/** The fingerprint of a folder of training data; nothing when there is none that is whole. */
export async function fingerprintOf(path: string): Promise<string | undefined> {
  try {
    const data = await TrainingData.open(path);
    await data.close();
    return data.fingerprint;
  } catch {
    return undefined;
  }
}

/** A folder of training data, open for reading. */
export class TrainingData {
  /** Views before each image's first in the file. */
  private readonly starts: Uint32Array;

  private constructor(
    readonly encoder: EncoderId,
    /** Of each view. */
    readonly shape: RegionShape,
    /** SHA-256 of all that is learned from: regions, captions, their order. */
    readonly fingerprint: string,
    /** By which rules its captions are divided into words, from the first epoch to the last. */
    readonly tokeniser: TokeniserVersion,
    readonly images: readonly TrainingImage[],
    private readonly file: FileHandle,
  ) {
    this.starts = new Uint32Array(images.length);
    for (let index = 1; index < images.length; index++)
      this.starts[index] = (this.starts[index - 1] ?? 0) + (images[index - 1]?.views ?? 0);
  }

  /** @throws EkphrasisError INVALID_DATASET when the folder is not complete */
  static async open(path: string): Promise<TrainingData> {
    const parsed = schema.safeParse(await readJson(join(path, 'images.json')));
    if (!parsed.success) throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} holds no training data.`);
    const { encoder, regions, regionSize, fingerprint, tokeniser, images } = parsed.data;
    const file = await open(join(path, 'regions.f16'), 'r');
    const { size } = await file.stat();
    const views = images.reduce((count, image) => count + image.views, 0);
    if (size !== views * viewBytes({ regions, regionSize })) {
      await file.close();
      throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} is incomplete: its region file has ${size} bytes.`);
    }
    return new TrainingData(encoder, { regions, regionSize }, fingerprint, tokeniser, images, file);
  }

  /** Regions of these views, float16 bits [n, regions, regionSize]. */
  async readRegions(places: readonly ViewPlace[]): Promise<Uint16Array> {
    const regions = new Uint16Array(places.length * regionValues(this.shape));
    const size = viewBytes(this.shape);
    const bytes = new Uint8Array(regions.buffer);
    await Promise.all(
      places.map(({ index, view }, row) =>
        this.file.read(bytes, row * size, size, ((this.starts[index] ?? 0) + view) * size),
      ),
    );
    return regions;
  }

  /** Images as they are, some at a time, in the order of these places. */
  async *inChunks(indices: readonly number[]): AsyncGenerator<SeenImage[]> {
    const size = regionValues(this.shape);
    for (let start = 0; start < indices.length; start += CHUNK) {
      const chunk = indices.slice(start, start + CHUNK);
      const regions = await this.readRegions(chunk.map((index) => ({ index, view: 0 })));
      yield chunk.flatMap((index, place) => {
        const image = this.images[index];
        return image ? [{ ...image, regions: regions.subarray(place * size, (place + 1) * size) }] : [];
      });
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Bytes of a view in the region file. */
/** What a view of a photo takes, packed. */
export function viewBytes(shape: RegionShape): number {
  return regionValues(shape) * Uint16Array.BYTES_PER_ELEMENT;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} cannot be read.`, { cause });
  }
}

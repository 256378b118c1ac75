/**
 * The packed training data: a folder with `regions.f16` (the regions of each image's views, one after another) and
 * `images.json` (the encoder, each image's name, split, captions and number of views in the same order, and a hash of it all).
 * The trainer needs nothing else: it has no database and decodes no photo.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { hasWords, TOKENISER, type TokeniserVersion, tokeniserVersionSchema } from '../language/tokeniser.js';
import { storageFailure } from '../store/storage-failure.js';
import { FEATURE_SIZE, REGIONS } from '../vision/features.js';

/** Numbers of one image's regions. */
const REGION_VALUES = REGIONS * FEATURE_SIZE;
/** Images of `inChunks` at a time. */
const CHUNK = 64;
const VIEW_BYTES = REGION_VALUES * Uint16Array.BYTES_PER_ELEMENT;

export type TrainingSplit = 'train' | 'dev';

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
  /** float16 bits [49 * 512]. */
  readonly regions: Uint16Array;
}

export interface TrainingImageWithRegions extends ImageDescription {
  /** Of the image itself first; float16 bits [49 * 512] each. */
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
  fingerprint: z.string(),
  /** Data that were packed before there was more than one have none. */
  tokeniser: tokeniserVersionSchema.default(1),
  images: z.array(z.object({ name: z.string(), split: z.enum(['train', 'dev']), captions: z.array(z.string()), views: z.number().int().min(1) })),
});

/**
 * Writes a folder of training data; one that is there already is replaced when all is written. Captions without a word are left out.
 *
 * @throws EkphrasisError INVALID_DATASET when there is no image with a caption in the train or in the dev split; STORAGE_FAILED
 *   when the disk is full
 */
export async function writeTrainingData(path: string, data: { encoder: EncoderId; images: AsyncIterable<TrainingImageWithRegions> }): Promise<void> {
  const partial = `${path}.partial`;
  const regions = await onDisk(path, async () => {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    return open(join(partial, 'regions.f16'), 'w');
  });
  const hash = createHash('sha256');
  const images: TrainingImage[] = [];
  try {
    for await (const { views, name, split, captions } of data.images) {
      for (const values of views) {
        if (values.length !== REGION_VALUES) throw new RangeError(`${name} has ${values.length} region values`);
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        hash.update(bytes);
        await onDisk(path, () => regions.writeFile(bytes));
      }
      images.push({ name, split, captions: captions.filter(hasWords), views: views.length });
    }
  } finally {
    await regions.close();
  }
  for (const split of ['train', 'dev'] as const) {
    if (images.some((image) => image.split === split && image.captions.length > 0)) continue;
    throw new EkphrasisError(ErrorCode.InvalidDataset, `There are no images with captions in the ${split} split to train with.`);
  }
  const fingerprint = hash.update(JSON.stringify({ encoder: data.encoder, images })).digest('hex');
  await onDisk(path, async () => {
    await writeFile(join(partial, 'images.json'), JSON.stringify({ encoder: data.encoder, fingerprint, tokeniser: TOKENISER, images }));
    await rm(path, { recursive: true, force: true });
    await rename(partial, path);
  });
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
    /** SHA-256 of all that is learned from: regions, captions, their order. */
    readonly fingerprint: string,
    /** By which rules its captions are divided into words, from the first epoch to the last. */
    readonly tokeniser: TokeniserVersion,
    readonly images: readonly TrainingImage[],
    private readonly file: FileHandle,
  ) {
    this.starts = new Uint32Array(images.length);
    for (let index = 1; index < images.length; index++) this.starts[index] = (this.starts[index - 1] ?? 0) + (images[index - 1]?.views ?? 0);
  }

  /** @throws EkphrasisError INVALID_DATASET when the folder is not complete */
  static async open(path: string): Promise<TrainingData> {
    const parsed = schema.safeParse(await readJson(join(path, 'images.json')));
    if (!parsed.success) throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} holds no training data.`);
    const file = await open(join(path, 'regions.f16'), 'r');
    const { size } = await file.stat();
    const views = parsed.data.images.reduce((count, image) => count + image.views, 0);
    if (size !== views * VIEW_BYTES) {
      await file.close();
      throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} is incomplete: its region file has ${size} bytes.`);
    }
    const { encoder, fingerprint, tokeniser, images } = parsed.data;
    return new TrainingData(encoder, fingerprint, tokeniser, images, file);
  }

  /** Regions of these views, float16 bits [n, 49, 512]. */
  async readRegions(places: readonly ViewPlace[]): Promise<Uint16Array> {
    const regions = new Uint16Array(places.length * REGION_VALUES);
    const bytes = new Uint8Array(regions.buffer);
    await Promise.all(
      places.map(({ index, view }, row) => this.file.read(bytes, row * VIEW_BYTES, VIEW_BYTES, ((this.starts[index] ?? 0) + view) * VIEW_BYTES)),
    );
    return regions;
  }

  /** Images as they are, some at a time, in the order of these places. */
  async *inChunks(indices: readonly number[]): AsyncGenerator<SeenImage[]> {
    for (let start = 0; start < indices.length; start += CHUNK) {
      const chunk = indices.slice(start, start + CHUNK);
      const regions = await this.readRegions(chunk.map((index) => ({ index, view: 0 })));
      yield chunk.flatMap((index, place) => {
        const image = this.images[index];
        return image ? [{ ...image, regions: regions.subarray(place * REGION_VALUES, (place + 1) * REGION_VALUES) }] : [];
      });
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} cannot be read.`, { cause });
  }
}

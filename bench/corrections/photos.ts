/** The photos that are corrected and measured on, as VGG16 sees them, packed once. */
import { openDataset } from '../../src/datasets/open-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { DatasetItem } from '../../src/datasets/dataset.js';
import { fromHalf } from '../../src/files/half.js';
import { fingerprintOf, type SeenImage, TrainingData, writeTrainingData } from '../../src/training/data.js';
import { type Encoder, ENCODER_BATCH, type RegionSource } from '../../src/vision/encoder.js';
import { createVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { benchWeights } from '../vgg16/weights.js';

/** Scenes: those that can be corrected, and those that never are. */
const SCENES = { seed: 1, train: 200, dev: 100 };

export interface Photo extends SeenImage {
  /** The mean of its regions [regionSize], of length 1: what photos are compared by. */
  readonly pooled: Float32Array;
}

export interface Photos {
  readonly encoder: RegionSource;
  /** Flickr8k's dev split: no model that ships learned from it. */
  readonly flickr8k: readonly Photo[];
  readonly scenes: readonly Photo[];
}

/** Sees the photos, unless `path` has them already: about three minutes on two cores. */
export async function openPhotos(folder: string, path: string): Promise<Photos> {
  if ((await fingerprintOf(path)) === undefined) {
    const encoder = await createVgg16Encoder(await benchWeights(), { precision: 'int8' });
    try {
      await writeTrainingData(path, { encoder, images: seen(items(folder), encoder) });
    } finally {
      await encoder.close();
    }
  }
  const data = await TrainingData.open(path);
  try {
    const all: Photo[] = [];
    for await (const chunk of data.inChunks(data.images.map((_, index) => index)))
      all.push(...chunk.map((image) => ({ ...image, pooled: pool(image.regions, data.shape.regionSize) })));
    const isScene = ({ name }: Photo) => name.startsWith('scene-');
    return {
      encoder: { id: data.encoder, ...data.shape },
      flickr8k: all.filter((photo) => !isScene(photo)),
      scenes: all.filter(isScene),
    };
  } finally {
    await data.close();
  }
}

type Item = Pick<DatasetItem, 'name' | 'captions' | 'read'> & { readonly split: 'train' | 'dev' };

async function* items(folder: string): AsyncGenerator<Item> {
  for await (const item of (await openDataset(folder)).items)
    if (item.split === 'dev' && item.captions.length > 0) yield { ...item, split: item.split };
  for await (const item of openScenes(SCENES).items)
    if (item.split === 'train' || item.split === 'dev') yield { ...item, split: item.split };
}

async function* seen(all: AsyncIterable<Item>, encoder: Encoder) {
  let batch: (Item & { readonly bytes: Uint8Array })[] = [];
  const look = async () => {
    const features = await encoder.encode(batch.map(({ bytes }) => bytes));
    const images = batch.map(({ name, split, captions }, place) => ({
      name,
      split,
      captions,
      views: features.slice(place, place + 1).map(({ regions }) => regions),
    }));
    batch = [];
    return images;
  };
  for await (const item of all) {
    batch.push({ ...item, bytes: await item.read() });
    if (batch.length === ENCODER_BATCH) yield* await look();
  }
  if (batch.length > 0) yield* await look();
}

function pool(regions: Uint16Array, size: number): Float32Array {
  const pooled = new Float32Array(size);
  fromHalf(regions).forEach((value, place) => {
    pooled[place % size] = (pooled[place % size] ?? 0) + value;
  });
  return unit(pooled);
}

/** The vector at length 1. */
export function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Of vectors of length 1: their cosine similarity. */
export function likeness(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
}

/** What the study trains and measures on: Flickr8k's train and dev photos as VGG16 sees them, packed once. */
import { fingerprintOf, type TrainingImageWithRegions, writeTrainingData } from '../../src/training/data.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { type Encoder, ENCODER_BATCH } from '../../src/vision/encoder.js';
import { createVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { benchWeights } from '../vgg16/weights.js';

/** Packs the photos of a Flickr8k folder into `path`, unless they are there already: about ten minutes on two cores. */
export async function packPhotos(folder: string, path: string): Promise<void> {
  if ((await fingerprintOf(path)) !== undefined) return;
  const encoder = await createVgg16Encoder(await benchWeights(), { precision: 'int8' });
  try {
    await writeTrainingData(path, { encoder, images: seen(folder, encoder) });
  } finally {
    await encoder.close();
  }
}

async function* seen(folder: string, encoder: Encoder): AsyncGenerator<TrainingImageWithRegions> {
  const dataset = await openDataset(folder);
  let batch: { name: string; split: 'train' | 'dev'; captions: readonly string[]; bytes: Uint8Array }[] = [];
  let done = 0;
  const look = async () => {
    const features = await encoder.encode(batch.map(({ bytes }) => bytes));
    const images = batch.map(({ name, split, captions }, place) => ({
      name,
      split,
      captions,
      views: features.slice(place, place + 1).map(({ regions }) => regions),
    }));
    done += batch.length;
    batch = [];
    if (done % 400 === 0) console.error(`${done} photos seen`);
    return images;
  };
  for await (const item of dataset.items) {
    const { name, split, captions } = item;
    if ((split !== 'train' && split !== 'dev') || captions.length === 0) continue;
    batch.push({ name, split, captions, bytes: await item.read() });
    if (batch.length === ENCODER_BATCH) yield* await look();
  }
  if (batch.length > 0) yield* await look();
}

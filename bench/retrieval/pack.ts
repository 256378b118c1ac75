/** A data set's photos as VGG16 sees them, packed as for a training: made once, which takes minutes. */
import type { DatasetItem } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import type { TrainingImageWithRegions } from '../../src/training/data.js';
import { writeTrainingData } from '../../src/training/data.js';
import { holdsInAMirror } from '../../src/training/mirroring.js';
import type { Encoder } from '../../src/vision/encoder.js';
import { createVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { mirrorPhoto } from '../../src/vision/photo.js';
import { benchWeights } from '../vgg16/weights.js';

/**
 * @param folder is written with the train and the dev split of the data set at `path`
 * @param options.mirror whether photos of the train split are seen in a mirror, too, where their captions are true of
 *   that
 */
export async function packDataset(path: string, folder: string, { mirror = false } = {}): Promise<void> {
  const encoder = await createVgg16Encoder(await benchWeights(), { precision: 'int8' });
  await writeTrainingData(folder, { encoder, images: see(path, encoder, mirror) });
  await encoder.close();
}

async function* see(path: string, encoder: Encoder, mirror: boolean): AsyncGenerator<TrainingImageWithRegions> {
  const items: DatasetItem[] = [];
  for await (const item of (await openDataset(path)).items) if (item.captions.length > 0) items.push(item);
  for (const item of items) {
    const { name, split, captions } = item;
    if (split !== 'train' && split !== 'dev') continue;
    const photo = await item.read();
    const turned = mirror && split === 'train' && holdsInAMirror(captions) ? [await mirrorPhoto(photo)] : [];
    const features = await encoder.encode([photo, ...turned]);
    yield { name, split, captions, views: features.map(({ regions }) => regions) };
  }
}

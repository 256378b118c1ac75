/** A data set's photos as VGG16 sees them, packed as for a training: made once, which takes minutes. */
import type { DatasetItem } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import type { TrainingImageWithRegions } from '../../src/training/data.js';
import { writeTrainingData } from '../../src/training/data.js';
import { Vgg16Encoder } from '../../src/vision/encoder.js';
import { benchWeights } from '../vgg16/weights.js';

const GROUP = 32;

/** @param folder is written with the train and the dev split of the data set at `path` */
export async function packDataset(path: string, folder: string): Promise<void> {
  const encoder = await Vgg16Encoder.create(await benchWeights(), { precision: 'int8' });
  await writeTrainingData(folder, { encoder: encoder.id, images: see(path, encoder) });
  await encoder.close();
}

async function* see(path: string, encoder: Vgg16Encoder): AsyncGenerator<TrainingImageWithRegions> {
  const items: DatasetItem[] = [];
  for await (const item of (await openDataset(path)).items) if (item.captions.length > 0) items.push(item);
  for (let start = 0; start < items.length; start += GROUP) {
    const group = items.slice(start, start + GROUP);
    const features = await encoder.encode(await Promise.all(group.map((item) => item.read())));
    for (const [place, { name, split, captions }] of group.entries()) {
      const regions = features[place]?.regions;
      if (regions && (split === 'train' || split === 'dev')) yield { name, split, captions, views: [regions] };
    }
  }
}

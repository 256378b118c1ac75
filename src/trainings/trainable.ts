/** What a training needs of a data set: captions to learn from and to measure with. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId } from '../ids.js';
import type { DatasetRecord } from '../store/datasets.js';
import { type Split, TRAINING_SPLITS } from '../splits.js';
import type { Store } from '../store/store.js';

/**
 * The data set that a training is asked for on, once it is certain that there is something to learn from and to measure
 * with.
 *
 * @param wish its id or name. Default: all photos.
 * @throws NOT_FOUND and BAD_USER_INPUT as `resolve` does; INVALID_DATASET where the train or the dev split has no photo
 *   with captions
 */
export async function findTrainable(
  store: Pick<Store, 'datasets' | 'captions'>,
  wish: string | undefined,
): Promise<DatasetRecord | undefined> {
  const dataset = wish === undefined ? undefined : await store.datasets.resolve(wish);
  for (const split of TRAINING_SPLITS) {
    if (await hasCaptions(store, split, dataset?.id)) continue;
    const place = dataset ? `in the ${split} split of ${dataset.name}` : `in the ${split} split`;
    const remedy =
      'A training needs some in the train split and in the dev split: import a data set that has them, ekphrasis import FOLDER.';
    throw new EkphrasisError(ErrorCode.InvalidDataset, `There are no photos with captions ${place}. ${remedy}`);
  }
  return dataset;
}

async function hasCaptions(
  { captions }: Pick<Store, 'captions'>,
  split: Split,
  dataset: DatasetId | undefined,
): Promise<boolean> {
  const first = await captions.captioned([split], dataset).next();
  return first.done !== true;
}

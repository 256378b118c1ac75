/** Which record of the collection a folder is. */
import type { Dataset, DatasetItem } from '../datasets/dataset.js';
import { sha256Of } from '../files/sha256.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { Store } from '../store/store.js';

/** Photos by which a data set of an earlier version is recognised. */
export const LOOKED_AT = 32;

/**
 * The record of a data set: that of its origin; else the one of an earlier version, which knew no more than the
 * folder's name, where most of the first photos are its; else a new one.
 *
 * @param first the first photos of the folder
 */
export async function findDataset(
  dataset: Dataset,
  first: readonly DatasetItem[],
  store: Pick<Store, 'datasets' | 'datasetPhotos' | 'images'>,
): Promise<DatasetRecord> {
  const { name, origin, format, language } = dataset;
  if (!(await store.datasets.findByOrigin(origin))) {
    const earlier = await store.datasets.findByOrigin(`name:${name}`);
    if (earlier && (await hasMostOf(earlier, first, store))) await store.datasets.setOrigin(earlier.id, origin);
  }
  return store.datasets.open({ name, origin, format, language });
}

async function hasMostOf(
  { id }: DatasetRecord,
  items: readonly DatasetItem[],
  { images, datasetPhotos }: Pick<Store, 'datasetPhotos' | 'images'>,
): Promise<boolean> {
  const hashes = [];
  // One that cannot be read tells nothing here; the import will name it.
  for (const item of items)
    hashes.push(
      ...(await item.read().then(
        (bytes) => [sha256Of(bytes)],
        () => [],
      )),
    );
  const known = [...(await images.findByFile(hashes)).values()];
  return (
    (
      await datasetPhotos.having(
        id,
        known.map((image) => image.id),
      )
    ).size *
      2 >
    hashes.length
  );
}

/** Takes data sets out of the collection, what nobody else has of their photos, and what was made of photos that go. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId, Sha256 } from '../ids.js';
import type { DatasetFigures, DatasetRecord } from '../store/datasets.js';
import type { RegionCache } from '../store/region-cache.js';
import type { Store } from '../store/store.js';
import type { ThumbnailCache } from '../store/thumbnail-cache.js';

export interface RemovalContext {
  readonly store: Pick<Store, 'datasets' | 'datasetPhotos'>;
  readonly regions: Pick<RegionCache, 'remove'>;
  readonly thumbnails: Pick<ThumbnailCache, 'remove'>;
}

/** What goes with a data set. */
export interface DatasetRemoval {
  readonly dataset: DatasetRecord;
  /** Photos and captions of the data set. */
  readonly figures: DatasetFigures;
  /** Those of the photos that are deleted: the others are in another data set, or people have uploaded or captioned them. */
  readonly deletedPhotos: number;
}

/** @throws NOT_FOUND */
export async function describeRemoval(id: DatasetId, { datasets, datasetPhotos }: RemovalContext['store']): Promise<DatasetRemoval> {
  const dataset = await datasets.find(id);
  const figures = (await datasets.figures([id])).get(id);
  if (!dataset || !figures) throw new EkphrasisError(ErrorCode.NotFound, `There is no data set ${id}.`);
  return { dataset, figures, deletedPhotos: await datasetPhotos.countOrphans(id) };
}

/**
 * Deletes a data set with its captions, and with the photos that nobody else has. What people wrote stays. Broken off, it is gone
 * on with when it is done again.
 *
 * @returns what was deleted
 * @throws NOT_FOUND
 */
export async function removeDataset(id: DatasetId, context: RemovalContext): Promise<DatasetRemoval> {
  const { datasets, datasetPhotos } = context.store;
  const removal = await describeRemoval(id, context.store);
  let deletedPhotos = 0;
  for await (const page of datasetPhotos.pages(id)) {
    const imageIds = page.map(({ imageId }) => imageId);
    await datasetPhotos.remove(id, imageIds);
    deletedPhotos += await removeOrphans(imageIds, context);
  }
  await datasets.delete(id);
  return { ...removal, deletedPhotos };
}

/**
 * Deletes those of the photos that nobody has any more, with what was computed of them.
 *
 * @returns how many
 */
export async function removeOrphans(
  imageIds: readonly ImageId[],
  { store, regions, thumbnails }: Pick<RemovalContext, 'regions' | 'thumbnails'> & { readonly store: Pick<Store, 'datasetPhotos'> },
): Promise<number> {
  const deleted = await store.datasetPhotos.deleteOrphans(imageIds);
  await removeDerived(deleted, { regions, thumbnails });
  return deleted.length;
}

/** Removes the files that were made of photos. @throws STORAGE_FAILED */
export async function removeDerived(photos: readonly Sha256[], { regions, thumbnails }: Pick<RemovalContext, 'regions' | 'thumbnails'>): Promise<void> {
  for (const sha256 of photos) await Promise.all([regions.remove(sha256), thumbnails.remove(sha256)]);
}

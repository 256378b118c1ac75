/** Takes data sets out of the collection, what nobody else has of their photos, and what was made of photos that go. */
import { found } from '../errors.js';
import type { DatasetId, ImageId, Sha256, TrashId } from '../ids.js';
import type { DatasetFigures, DatasetRecord } from '../store/datasets.js';
import type { RegionCache } from '../store/region-cache.js';
import type { Store } from '../store/store.js';
import type { ThumbnailCache } from '../store/thumbnail-cache.js';

export interface RemovalContext {
  readonly store: Pick<Store, 'datasets' | 'datasetPhotos' | 'images' | 'space'>;
  readonly regions: Pick<RegionCache, 'remove'>;
  readonly thumbnails: Pick<ThumbnailCache, 'remove'>;
}

/** What goes with a data set. */
export interface DatasetRemoval {
  readonly dataset: DatasetRecord;
  /** Photos and captions of the data set. */
  readonly figures: DatasetFigures;
  /**
   * Those of the photos that are deleted: the others are in another data set, or people have uploaded or captioned
   * them.
   */
  readonly deletedPhotos: number;
}

/** @throws NOT_FOUND */
export async function describeRemoval(
  id: DatasetId,
  { datasets, datasetPhotos }: Pick<Store, 'datasets' | 'datasetPhotos'>,
): Promise<DatasetRemoval> {
  const dataset = found(await datasets.find(id), `data set ${id}`);
  const figures = found((await datasets.figures([id])).get(id), `data set ${id}`);
  return { dataset, figures, deletedPhotos: await datasetPhotos.countOrphans(id) };
}

/**
 * Deletes a data set with its captions, and with the photos that nobody else has. What people wrote stays. Broken off,
 * it is gone on with when it is done again.
 *
 * @param trash where it is kept. Default: nowhere
 * @returns what was deleted
 * @throws NOT_FOUND; STORAGE_FAILED
 */
export async function removeDataset(id: DatasetId, context: RemovalContext, trash?: TrashId): Promise<DatasetRemoval> {
  const { datasets, datasetPhotos } = context.store;
  const removal = await describeRemoval(id, context.store);
  let deletedPhotos = 0;
  for await (const page of datasetPhotos.pages(id)) {
    const imageIds = page.map(({ imageId }) => imageId);
    deletedPhotos += await removePhotos(id, imageIds, context, trash);
  }
  await datasets.delete(id, trash);
  return { ...removal, deletedPhotos };
}

/**
 * Takes photos out of a data set, and deletes those that nobody has any more, with what was computed of them.
 *
 * @param trash where they are kept. Default: nowhere
 * @returns how many are deleted
 * @throws STORAGE_FAILED where there is no room to keep them, or a file cannot be removed
 */
export async function removePhotos(
  datasetId: DatasetId,
  imageIds: readonly ImageId[],
  context: OrphansContext,
  trash?: TrashId,
): Promise<number> {
  await context.store.datasetPhotos.remove(datasetId, imageIds, trash);
  return removeOrphans(imageIds, context, trash);
}

interface OrphansContext extends Pick<RemovalContext, 'regions' | 'thumbnails'> {
  readonly store: Pick<Store, 'datasetPhotos' | 'images' | 'space'>;
}

/**
 * Deletes those of the photos that nobody has any more, with what was computed of them.
 *
 * @param trash where they are kept. Default: nowhere
 * @returns how many
 * @throws STORAGE_FAILED where there is no room to keep them, or a file cannot be removed
 */
export async function removeOrphans(
  imageIds: readonly ImageId[],
  { store: { datasetPhotos, images, space }, ...derived }: OrphansContext,
  trash?: TrashId,
): Promise<number> {
  const remove = () => datasetPhotos.deleteOrphans(imageIds, trash);
  const deleted = await whileKept(trash, () => images.bytesOf(imageIds), remove, { space });
  await removeDerived(deleted, derived);
  return deleted.length;
}

/**
 * Deletes what is kept in the trash, when the disk has room for it there.
 *
 * @param trash where it is kept; undefined: nowhere, which needs no room
 * @param bytesOf how much it takes there
 * @throws STORAGE_FAILED
 */
export async function whileKept<T>(
  trash: TrashId | undefined,
  bytesOf: () => Promise<number>,
  action: () => Promise<T>,
  { space }: Pick<Store, 'space'>,
): Promise<T> {
  return trash === undefined ? action() : space.within(await bytesOf(), action);
}

/** Removes the files that were made of photos. @throws STORAGE_FAILED */
export async function removeDerived(
  photos: readonly Sha256[],
  { regions, thumbnails }: Pick<RemovalContext, 'regions' | 'thumbnails'>,
): Promise<void> {
  for (const sha256 of photos) await Promise.all([regions.remove(sha256), thumbnails.remove(sha256)]);
}

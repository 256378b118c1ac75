/** Photos leave the collection, with all that was made of them. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { RegionCache } from '../store/region-cache.js';
import type { Store } from '../store/store.js';
import type { ThumbnailCache } from '../store/thumbnail-cache.js';

export interface DeletedImages {
  readonly images: number;
  /** Ids of which there was no photo. */
  readonly notThere: number;
  /** Sentences of data sets and of people. */
  readonly referenceCaptions: number;
  /** Sentences of models. */
  readonly generatedCaptions: number;
  readonly ratings: number;
}

export interface DeletionSurroundings {
  readonly store: Pick<Store, 'images' | 'jobs' | 'trainingJobs'>;
  readonly regions: Pick<RegionCache, 'remove'>;
  readonly thumbnails: Pick<ThumbnailCache, 'remove'>;
}

/**
 * Deletes photos: their captions, those of people too, ratings, features, embeddings, regions and small copies go with them.
 * What an evaluation measured stays as it was measured; only its lines of these photos go.
 *
 * @throws CONFLICT while a training or a job runs, which may be about to read them; STORAGE_FAILED
 */
export async function deleteImages(ids: readonly ImageId[], { store, regions, thumbnails }: DeletionSurroundings): Promise<DeletedImages> {
  await checkNothingRuns(store);
  const { images, ...counts } = await store.images.deleteMany(ids);
  for (const { sha256 } of images) {
    await regions.remove(sha256);
    await thumbnails.remove(sha256);
  }
  return { images: images.length, notThere: new Set(ids).size - images.length, ...counts };
}

/** @throws CONFLICT that names what runs on photos */
export async function checkNothingRuns({ jobs, trainingJobs }: Pick<Store, 'jobs' | 'trainingJobs'>): Promise<void> {
  const [training] = await trainingJobs.inState('RUNNING');
  if (training) throw busy(`the training ${training.id}`);
  const [job] = await jobs.inState('RUNNING');
  if (job) throw busy(`the job ${job.id} (${job.kind})`);
}

function busy(what: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.Conflict, `Photos cannot be deleted while ${what} runs, which reads them. Wait for its end, or cancel it.`);
}

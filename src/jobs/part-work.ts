/** What is done with a few photos of the collection, by kind: embedded, indexed anew, or captioned. */
import { captionStored } from '../collection/caption-stored.js';
import type { CollectionContext } from '../collection/context.js';
import { embedImages, nextSearchModel } from '../collection/embed-images.js';
import { seeStoredImages } from '../collection/see-images.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { JobRecord } from '../store/jobs.js';
import type { Store } from '../store/store.js';
import { settingsSchemas, type SplitKind } from './job-settings.js';
import { findModel } from './models.js';
import { pinEncoder } from './pinned-encoder.js';

/** Photos between two looks whether to go on. A person who uploads one meanwhile waits no longer for them either. */
const GROUP = 4;

/** One kind of work, for one job. Doing photos again does no harm. */
export interface PhotoWork {
  /** Ids of photos behind one that there is something to do for, oldest first. */
  idsAfter(after: ImageId | undefined, limit: number): Promise<ImageId[]>;
  /** Does photos that are all there. */
  perform(imageIds: readonly ImageId[], context: CollectionContext): Promise<void>;
  /**
   * What is to be done once, when all photos are done. Done again, it changes nothing.
   *
   * @returns false when photos came meanwhile that are yet to be done, by another job
   */
  finish(): Promise<boolean>;
}

type WorkStore = Pick<Store, 'images' | 'captions' | 'features' | 'embeddings' | 'models'>;

export function photoWork(kind: SplitKind, job: JobRecord, store: WorkStore): PhotoWork {
  return kind === 'caption' ? captioning(job, store) : indexing(kind, job, store);
}

/**
 * Photos are seen by an encoder and embedded by a search model. What others made of them answers searches until all are done,
 * and is removed by a reindexing then: vectors of two makers are never compared.
 */
function indexing(kind: 'embed' | 'reindex', job: JobRecord, store: WorkStore): PhotoWork {
  const { encoder, searchModelId } = settingsSchemas[kind].parse(job.settings);
  const { features, embeddings, models } = store;
  const idsAfter = async (after: ImageId | undefined, limit: number) => {
    const lacking = await Promise.all([
      features.idsWithout(encoder, after, limit),
      searchModelId === undefined ? [] : embeddings.idsWithout(searchModelId, after, limit),
    ]);
    return [...new Set(lacking.flat())].sort().slice(0, limit);
  };
  return {
    idsAfter,
    async perform(imageIds, context) {
      const pinned = { ...context, inference: pinEncoder(context.inference, encoder) };
      if (searchModelId === undefined) {
        const known = await features.having(imageIds, encoder);
        await seeStoredImages(imageIds.filter((id) => !known.has(id)), pinned, 'background');
        return;
      }
      const regions = await seeStoredImages(imageIds, pinned, 'background');
      const seen = imageIds.flatMap((id, index) => ({ id, regions: regions[index] ?? new Uint16Array() }));
      await embedImages(seen, await findModel(store, searchModelId, 'SEARCH'), pinned, 'background');
    },
    async finish() {
      if ((await idsAfter(undefined, 1)).length > 0) return false;
      await features.answerWith(encoder);
      if (kind === 'reindex') await features.removeOthers(encoder);
      // A model that another has followed since the job began is not brought back.
      if (searchModelId === undefined || (await nextSearchModel(store, encoder))?.id !== searchModelId) return true;
      await models.makeCurrent(searchModelId);
      if (kind === 'reindex') await embeddings.removeOthers(searchModelId);
      return true;
    },
  };
}

function captioning(job: JobRecord, store: WorkStore): PhotoWork {
  const { encoder, modelId, onlyMissing, onlyOfOthers } = settingsSchemas.caption.parse(job.settings);
  return {
    idsAfter(after, limit) {
      if (onlyOfOthers) return store.captions.idsOnlyOfOthers(modelId, after, limit);
      return onlyMissing ? store.captions.idsWithout(modelId, after, limit) : store.images.idsAfter(after, limit);
    },
    async perform(imageIds, context) {
      const model = await findModel(store, modelId);
      const inference = pinEncoder(context.inference, encoder);
      // A part that is delivered twice finds what it wrote the first time.
      const writtenSince = onlyMissing || onlyOfOthers ? undefined : job.createdAt;
      await captionStored(imageIds, model, { ...context, inference }, { priority: 'background', writtenSince });
    },
    finish: () => Promise.resolve(true),
  };
}

/** Errors of one photo, which the others of its part need not suffer from. */
function isOfPhoto(error: unknown): error is EkphrasisError {
  return error instanceof EkphrasisError && (error.code === ErrorCode.InvalidImage || error.code === ErrorCode.ImageTooLarge);
}

/**
 * Does the photos of a part. Those deleted meanwhile are left out; one that cannot be read does not keep the others back.
 *
 * @param goOn asked before every few photos; throws when it is to stop
 * @throws what the first photo that could not be done failed with, after the others were done
 */
export async function performPart(
  imageIds: readonly ImageId[],
  work: PhotoWork,
  context: CollectionContext,
  goOn: () => Promise<void>,
): Promise<void> {
  let fault: EkphrasisError | undefined;
  for (let start = 0; start < imageIds.length; start += GROUP) {
    await goOn();
    const found = await context.guard.writing(() => performThose(imageIds.slice(start, start + GROUP), work, context));
    fault ??= found;
  }
  if (fault) throw fault;
}

async function performThose(imageIds: readonly ImageId[], work: PhotoWork, context: CollectionContext): Promise<EkphrasisError | undefined> {
  const group = (await context.store.images.findMany(imageIds)).map(({ id }) => id);
  try {
    await work.perform(group, context);
    return undefined;
  } catch (error) {
    if (!isOfPhoto(error)) throw error;
    return performEach(group, work, context);
  }
}

async function performEach(imageIds: readonly ImageId[], work: PhotoWork, context: CollectionContext): Promise<EkphrasisError | undefined> {
  let fault: EkphrasisError | undefined;
  for (const id of imageIds) {
    try {
      await work.perform([id], context);
    } catch (error) {
      if (!isOfPhoto(error)) throw error;
      fault ??= new EkphrasisError(error.code, `The image ${id}: ${error.message}`, { cause: error });
    }
  }
  return fault;
}

/** What is done with a few photos of the collection, by kind: embedded, indexed anew, or captioned. */
import { captionStored } from '../collection/caption-stored.js';
import type { CollectionContext } from '../collection/context.js';
import { seeStoredImages } from '../collection/see-images.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId, ImageId } from '../ids.js';
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
}

export function photoWork(kind: SplitKind, job: JobRecord, store: Pick<Store, 'images' | 'captions' | 'features' | 'models'>): PhotoWork {
  if (kind === 'caption') return captioning(job, store);
  const { encoder } = settingsSchemas[kind].parse(job.settings);
  return {
    idsAfter: (after, limit) => store.features.idsWithout(encoder, after, limit, kind === 'reindex'),
    async perform(imageIds, context) {
      await embed(imageIds, encoder, context);
      if (kind === 'reindex') await store.features.removeOthers(imageIds, encoder);
    },
  };
}

async function embed(imageIds: readonly ImageId[], encoder: EncoderId, context: CollectionContext): Promise<void> {
  const known = await context.store.features.having(imageIds, encoder);
  const inference = pinEncoder(context.inference, encoder);
  await seeStoredImages(imageIds.filter((id) => !known.has(id)), { ...context, inference }, 'background');
}

function captioning(job: JobRecord, store: Pick<Store, 'images' | 'captions' | 'models'>): PhotoWork {
  const { encoder, modelId, onlyMissing } = settingsSchemas.caption.parse(job.settings);
  return {
    idsAfter: (after, limit) =>
      onlyMissing ? store.captions.idsWithout(modelId, after, limit) : store.images.idsAfter(after, limit),
    async perform(imageIds, context) {
      const model = await findModel(store, modelId);
      const inference = pinEncoder(context.inference, encoder);
      // A part that is delivered twice finds what it wrote the first time.
      const writtenSince = onlyMissing ? undefined : job.createdAt;
      await captionStored(imageIds, model, { ...context, inference }, { priority: 'background', writtenSince });
    },
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
    const group = (await context.store.images.findMany(imageIds.slice(start, start + GROUP))).map(({ id }) => id);
    try {
      await work.perform(group, context);
    } catch (error) {
      if (!isOfPhoto(error)) throw error;
      fault ??= await performEach(group, work, context);
    }
  }
  if (fault) throw fault;
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

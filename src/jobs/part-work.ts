/** A part of a job: a few photos of the collection, one after the other. */
import type { CollectionContext } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { PhotoWork } from './kind.js';

/** Photos between two looks whether to go on. A person who uploads one meanwhile waits no longer for them either. */
const GROUP = 4;

const OF_PHOTO: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.InvalidImage,
  ErrorCode.ImageTooLarge,
  ErrorCode.PhotoMissing,
]);

/** Errors of one photo, which the others of its part need not suffer from. */
function isOfPhoto(error: unknown): error is EkphrasisError {
  return error instanceof EkphrasisError && OF_PHOTO.has(error.code);
}

/**
 * Does the photos of a part. Those deleted meanwhile are left out; one that cannot be read does not keep the others
 * back.
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

async function performThose(
  imageIds: readonly ImageId[],
  work: PhotoWork,
  context: CollectionContext,
): Promise<EkphrasisError | undefined> {
  const group = (await context.store.images.findMany(imageIds)).map(({ id }) => id);
  try {
    await work.perform(group, context);
    return undefined;
  } catch (error) {
    if (!isOfPhoto(error)) throw error;
    return performEach(group, work, context);
  }
}

async function performEach(
  imageIds: readonly ImageId[],
  work: PhotoWork,
  context: CollectionContext,
): Promise<EkphrasisError | undefined> {
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

/** Photos of a split with what a model writes for them: figures are believed more easily with captions beside them. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import { checkTrained } from '../models/registry.js';
import type { Split } from '../splits.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ImageRecord } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { captionStored } from './caption-stored.js';
import type { CollectionContext } from './context.js';

/** Photos are captioned for it while somebody waits. */
const MOST_SAMPLES = 20;

export interface SampleRequest {
  readonly model: ModelRecord;
  readonly split: Split;
  readonly first: number;
}

export interface CaptionSample {
  readonly image: ImageRecord;
  readonly caption: GeneratedCaptionRecord;
}

/**
 * @param collection is opened once it is known that the request can be met
 * @throws BAD_USER_INPUT when `first` is out of range, or for captions from elsewhere; what `captionStored` throws
 */
export async function captionSamples(
  { model, split, first }: SampleRequest,
  { images, captions }: Pick<Store, 'images' | 'captions'>,
  collection: () => Promise<CollectionContext>,
): Promise<CaptionSample[]> {
  if (first < 1 || first > MOST_SAMPLES) {
    throw new EkphrasisError(ErrorCode.BadInput, `The number of samples is from 1 to ${MOST_SAMPLES}, not ${first}.`);
  }
  checkTrained(model);
  const ids: ImageId[] = [];
  for await (const { id } of captions.captioned([split])) {
    ids.push(id);
    if (ids.length === first) break;
  }
  const [records, written] = await Promise.all([images.findMany(ids), captionStored(ids, model, await collection())]);
  const captionOf = new Map(written.map((caption) => [caption.imageId, caption]));
  return records.flatMap((image) => {
    const caption = captionOf.get(image.id);
    return caption ? [{ image, caption }] : [];
  });
}

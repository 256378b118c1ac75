/** Photos of a split with what a model writes for them: figures are believed more easily with captions beside them. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ImageRecord, Split } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { Services } from './services.js';

/** Photos are captioned for it while the client waits. */
const MOST_SAMPLES = 20;

/** @throws BAD_USER_INPUT when `first` is out of range; what `captionStored` throws */
export async function captionSamples(
  services: Services,
  model: ModelRecord,
  split: Split,
  first: number,
): Promise<{ readonly image: ImageRecord; readonly caption: GeneratedCaptionRecord }[]> {
  if (first < 1 || first > MOST_SAMPLES) {
    throw new EkphrasisError(ErrorCode.BadInput, `The number of samples is from 1 to ${MOST_SAMPLES}, not ${first}.`);
  }
  const ids: ImageId[] = [];
  for await (const { id } of services.store.captions.captioned([split])) {
    ids.push(id);
    if (ids.length === first) break;
  }
  const [images, captions] = await Promise.all([services.store.images.findMany(ids), services.captionStored(ids, model)]);
  const captionOf = new Map(captions.map((caption) => [caption.imageId, caption]));
  return images.flatMap((image) => {
    const caption = captionOf.get(image.id);
    return caption ? [{ image, caption }] : [];
  });
}

/** A caption for a photo that is not in the collection, and does not come into it. */
import type { Caption } from '../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelRecord } from '../store/models.js';
import { chooseCaptioner } from './choose-captioner.js';
import { type CaptionWish, type CheckedPhoto, checkPhoto } from './caption-photo.js';
import type { CollectionContext, Photo } from './context.js';
import { writeCaptions } from './write-captions.js';

export interface CaptionedOnce {
  readonly photo: Pick<CheckedPhoto, 'sha256' | 'width' | 'height' | 'mediaType'>;
  readonly model: ModelRecord;
  /** All that the beam search ended with, the best first. */
  readonly candidates: readonly [Caption, ...Caption[]];
  /** What its sender is to be told of the file: a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Sees a photo and has a model write for it, as `captionPhoto` does, and keeps nothing of either.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, INVALID_CHECKPOINT, PROCESS_FAILED;
 *   BAD_USER_INPUT for a language that no model writes
 */
export async function captionOnce(
  photo: Photo,
  { language }: CaptionWish,
  context: CollectionContext,
): Promise<CaptionedOnce> {
  const { readable, notice, ...checked } = await checkPhoto(photo.bytes, context);
  const model = await chooseCaptioner(language, context);
  const seen = await context.inference.encode([readable]);
  const regions = seen.map((features) => features.regions);
  const [[best, ...others] = []] = (await writeCaptions(model, regions, context)).captions;
  if (!best)
    throw new EkphrasisError(ErrorCode.ProcessFailed, `The model ${model.name} wrote nothing for ${photo.name}.`);
  return { photo: checked, model, candidates: [best, ...others], notices: notice === undefined ? [] : [notice] };
}

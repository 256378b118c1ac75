/** Several captions for a stored photo, for a person to choose from. */
import type { Caption } from '../captioner/captioner.js';
import type { ImageId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import { checkEncoder } from '../models/encoder-fit.js';
import type { CollectionContext } from './context.js';
import { seeStoredImages } from './see-images.js';
import { writeCaptions } from './write-captions.js';

/**
 * What a model's beam search ends with for a photo: at most the beam width, the best, which is the model's caption,
 * first. Nothing of it is kept.
 *
 * @throws EkphrasisError NOT_FOUND, ENCODER_MISMATCH, NO_MODEL, INVALID_CHECKPOINT, STORAGE_FAILED, PROCESS_FAILED
 */
export async function captionCandidates(
  imageId: ImageId,
  model: ModelRecord,
  context: Pick<CollectionContext, 'store' | 'regions' | 'checkpoints' | 'inference' | 'limits'>,
): Promise<readonly Caption[]> {
  checkEncoder(model, context.inference.encoder.id);
  const regions = await seeStoredImages([imageId], context);
  const [captions = []] = (await writeCaptions(model, regions, context)).captions;
  return captions;
}

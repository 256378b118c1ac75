/** Photos that look like a photo. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId, ImageId } from '../ids.js';
import type { Neighbour } from '../store/features.js';
import type { Store } from '../store/store.js';
import { checkLimit } from './search-images.js';

/**
 * The photos whose pooled VGG16 features point the same way as this one's (cosine similarity), the most similar first,
 * without itself. Features of other encoders are not compared.
 *
 * @param encoder the one that runs
 * @param limit from 1 to 100
 * @throws EkphrasisError NOT_FOUND for an unknown id; ENCODER_MISMATCH when the photo was seen by another encoder only;
 *   BAD_USER_INPUT for a limit out of range
 */
export async function similarImages(
  imageId: ImageId,
  limit: number,
  encoder: EncoderId,
  { images, features }: Pick<Store, 'images' | 'features'>,
): Promise<Neighbour[]> {
  checkLimit(limit);
  const neighbours = await features.nearest(imageId, encoder, limit);
  if (neighbours) return neighbours;
  if (!(await images.find(imageId))) throw new EkphrasisError(ErrorCode.NotFound, `There is no image ${imageId}.`);
  const message = `The image ${imageId} has not been seen by the encoder that runs now (${encoder}). Upload or import it again.`;
  throw new EkphrasisError(ErrorCode.EncoderMismatch, message);
}

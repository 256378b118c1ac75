import { checkPhoto } from '../collection/caption-photo.js';
import type { OpenCollection, Photo } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { type SimilarRequest, type SimilarResult, similarImages } from './similar-images.js';

/**
 * Photos that look like one that is not stored and will not be: see `similarImages`.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, PROCESS_FAILED, and what `similarImages` throws
 */
export async function similarToUpload(
  photo: Photo,
  request: Omit<SimilarRequest, 'like'>,
  context: OpenCollection,
): Promise<SimilarResult> {
  const { store, inference } = context;
  const { readable } = await checkPhoto(photo.bytes, context);
  const encoder = inference.encoder.id;
  const [seen] = await inference.encode([readable]);
  if (!seen) throw new EkphrasisError(ErrorCode.ProcessFailed, `Nothing was seen in ${photo.name}.`);
  return similarImages({ ...request, like: { feature: seen.pooled, encoder } }, store, () => Promise.resolve(encoder));
}

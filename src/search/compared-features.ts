/** Whose features are compared while photos have been seen by more than one encoder. */
import { EkphrasisError, ErrorCode, notFound } from '../errors.js';
import type { EncoderId, ImageId } from '../ids.js';
import type { Store } from '../store/store.js';

export interface ComparedFeatures {
  readonly encoder: EncoderId;
  /** Of each photo that was asked for. */
  readonly vectors: ReadonlyMap<ImageId, Float32Array>;
}

/** @returns the encoder that runs, which is started where it does not */
export type RunningEncoder = () => Promise<EncoderId>;

/**
 * Features of stored photos by one encoder: the one that answers; where it has not seen one of them, the one that runs,
 * which will answer when it has seen all.
 *
 * @throws EkphrasisError NOT_FOUND for an unknown id; ENCODER_MISMATCH when neither has seen them all; what `running`
 *   throws
 */
export async function comparedFeatures(
  imageIds: readonly ImageId[],
  { images, features }: Pick<Store, 'images' | 'features'>,
  running: RunningEncoder,
): Promise<ComparedFeatures> {
  const isComplete = ({ vectors }: Pick<ComparedFeatures, 'vectors'>) => imageIds.every((id) => vectors.has(id));
  const answering = await features.ofAnswering(imageIds);
  if (answering && isComplete(answering)) return answering;
  const known = new Set((await images.findMany(imageIds)).map(({ id }) => id));
  const unknown = imageIds.find((id) => !known.has(id));
  if (unknown !== undefined) throw notFound(`image ${unknown}`);
  const encoder = await running();
  const seen = { encoder, vectors: await features.findMany(imageIds, encoder) };
  if (isComplete(seen)) return seen;
  const missing = imageIds.find((id) => !seen.vectors.has(id));
  const message = `The image ${missing ?? ''} has not been seen by the encoder that runs now (${encoder}). Have it seen: embedCollection.`;
  throw new EkphrasisError(ErrorCode.EncoderMismatch, message);
}

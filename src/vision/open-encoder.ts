/** The encoders there are. A new one is a folder beside this and a case here. */
import type { Encoder } from './encoder.js';
import { openVgg16Encoder, type Vgg16Options } from './vgg16/encoder.js';
import { loadVgg16Weights } from './vgg16/weights-resolver.js';

/** Which encoder it is, and what it needs. */
export type EncoderOptions = Vgg16Options;

/** What of the options can be sent to another process: callbacks cannot. */
export type PlainEncoderOptions = Omit<Vgg16Options, 'onProgress' | 'onNotice'>;

/**
 * Fetches what the encoder needs, where progress can be shown.
 *
 * @returns the options to open it with, in any process
 * @throws EkphrasisError WEIGHTS_UNAVAILABLE, STORAGE_FAILED, BAD_USER_INPUT
 */
export async function prepareEncoder(options: EncoderOptions): Promise<PlainEncoderOptions> {
  await loadVgg16Weights(options);
  const { weights, weightsUrl, cacheDirectory, precision, photoLimits, threads } = options;
  return { weights, weightsUrl, cacheDirectory, precision, photoLimits, threads };
}

/** @throws EkphrasisError as `prepareEncoder` */
export function openEncoder(options: PlainEncoderOptions): Promise<Encoder> {
  return openVgg16Encoder(options);
}

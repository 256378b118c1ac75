/** The encoders there are. A new one is a folder beside this and a case here. */
import type { Encoder } from './encoder.js';
import { type OnnxOptions, openOnnxEncoder } from './onnx/encoder.js';
import { openVgg16Encoder, type Vgg16Options } from './vgg16/encoder.js';
import { loadVgg16Weights } from './vgg16/weights-resolver.js';

/** Which encoder it is, and what it needs: that of a file, or VGG16. */
export type EncoderOptions = OnnxOptions | Vgg16Options;

/** What of the options can be sent to another process: callbacks cannot. */
export type PlainEncoderOptions = OnnxOptions | Omit<Vgg16Options, 'onProgress' | 'onNotice'>;

/**
 * Fetches what the encoder needs, where progress can be shown.
 *
 * @returns the options to open it with, in any process
 * @throws EkphrasisError WEIGHTS_UNAVAILABLE, STORAGE_FAILED, BAD_USER_INPUT
 */
export async function prepareEncoder(options: EncoderOptions): Promise<PlainEncoderOptions> {
  if ('file' in options) return options;
  await loadVgg16Weights(options);
  const { weights, weightsUrl, cacheDirectory, diskReserve, precision, photoLimits, threads } = options;
  return { weights, weightsUrl, cacheDirectory, diskReserve, precision, photoLimits, threads };
}

/** @throws EkphrasisError as `prepareEncoder`; INVALID_CONFIGURATION for a file that cannot be used */
export function openEncoder(options: PlainEncoderOptions): Promise<Encoder> {
  return 'file' in options ? openOnnxEncoder(options) : openVgg16Encoder(options);
}

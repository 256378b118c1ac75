/** A job's results are those of its own encoder, or they are thrown away. */
import type { Inference } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';

/**
 * What sees and writes, held to one encoder: asked before and again after it has encoded, since the process may have
 * been started anew with other weights meanwhile.
 *
 * @throws ENCODER_MISMATCH from any call when another encoder runs
 */
export function pinEncoder(inference: Inference, encoder: EncoderId): Inference {
  const check = () => {
    if (inference.encoder.id === encoder) return;
    const message =
      `The job is for the encoder ${encoder}, but ${inference.encoder.id} runs on this worker. ` +
      'Set ENCODER, VGG16_PRECISION and VGG16_WEIGHTS alike on all workers and retry the job, or start another job.';
    throw new EkphrasisError(ErrorCode.EncoderMismatch, message);
  };
  return {
    get encoder() {
      check();
      return inference.encoder;
    },
    async encode(photos, options) {
      check();
      const features = await inference.encode(photos, options);
      check();
      return features;
    },
    render: (photo, options) => inference.render(photo, options),
    async caption(checkpoint, regions, beam, options) {
      check();
      return inference.caption(checkpoint, regions, beam, options);
    },
    embedTexts: (checkpoint, texts, options) => inference.embedTexts(checkpoint, texts, options),
    async embedImages(checkpoint, regions, options) {
      check();
      return inference.embedImages(checkpoint, regions, options);
    },
  };
}

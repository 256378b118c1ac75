/** Whether a model fits what sees: what it learned of one encoder's features says nothing of another's. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';

/** What a model says of itself, in its file or its record. */
export interface EncoderNeeds {
  readonly name: string;
  /** What its photos must be seen by. */
  readonly encoder: EncoderId;
  /** Others it was measured to do as well with. */
  readonly compatibleEncoders: readonly EncoderId[];
}

/** Whether a model was trained on what the encoder sees, or does as well with it. */
export function fitsEncoder(
  { encoder, compatibleEncoders }: Pick<EncoderNeeds, 'encoder' | 'compatibleEncoders'>,
  running: EncoderId,
): boolean {
  return encoder === running || compatibleEncoders.includes(running);
}

/** @throws EkphrasisError ENCODER_MISMATCH, which says how the model can be used and what to do else */
export function checkEncoder(model: EncoderNeeds, running: EncoderId): void {
  if (fitsEncoder(model, running)) return;
  const message =
    `The model "${model.name}" was made for the encoder ${model.encoder}, but ${running} runs: what it says of photos would be wrong. ` +
    `${howToRun(model.encoder)}, or train a model for the encoder that runs: ekphrasis train.`;
  throw new EkphrasisError(ErrorCode.EncoderMismatch, message);
}

function howToRun(encoder: EncoderId): string {
  if (encoder.startsWith('onnx-')) return 'Set ENCODER to the file that it was made for';
  return 'Leave ENCODER unset and set VGG16_PRECISION and VGG16_WEIGHTS as they were when it was made';
}

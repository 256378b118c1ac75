/** What the server's process and the one that sees and writes say to each other. */
import { ErrorCode, EkphrasisError } from '../errors.js';
import type { Caption, CaptionOptions } from '../captioner/captioner.js';
import type { EncoderDescription, ImageFeatures } from '../vision/encoder.js';
import type { PlainEncoderOptions } from '../vision/open-encoder.js';

/** An error on its way; without a code it is a defect. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

/** One photo's features, or why it has none. */
export type EncodedPhoto = { readonly features: ImageFeatures } | { readonly failure: Failure };

/** Every call by its name: what goes over and what comes back. */
export interface Calls {
  /** The first call to a new process. */
  open: {
    request: { readonly encoder: PlainEncoderOptions; readonly checkpoint: string | undefined };
    reply: EncoderDescription;
  };
  encode: { request: { readonly photos: readonly Uint8Array[] }; reply: EncodedPhoto[] };
  /** HEIC or HEIF as JPEG. */
  render: { request: { readonly photo: Uint8Array }; reply: Uint8Array };
  caption: {
    request: {
      readonly checkpoint: string;
      readonly regions: readonly Uint16Array[];
      readonly options: Partial<CaptionOptions>;
      /** A search model's checkpoint, which judges how well captions fit. */
      readonly judge: string | undefined;
    };
    reply: Caption[][];
  };
  embedTexts: {
    request: { readonly checkpoint: string; readonly texts: readonly string[] };
    reply: (Float32Array | undefined)[];
  };
  embedImages: {
    request: { readonly checkpoint: string; readonly regions: readonly Uint16Array[] };
    reply: Float32Array[];
  };
}

export type CallName = keyof Calls;

/** One call at a time: a reply needs no number to be told apart. */
export type Request = { [Name in CallName]: { readonly call: Name } & Calls[Name]['request'] }[CallName];

export type Reply = { readonly value: Calls[CallName]['reply'] } | { readonly failure: Failure };

export function toFailure(error: unknown): Failure {
  if (error instanceof EkphrasisError) return { code: error.code, message: error.message, stack: error.stack };
  if (error instanceof Error) return { code: undefined, message: error.message, stack: error.stack };
  return { code: undefined, message: String(error), stack: undefined };
}

/** The error as it was thrown in the other process, its code and message kept. */
export function fromFailure({ code, message, stack }: Failure): Error {
  if (code !== undefined) return new EkphrasisError(code, message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

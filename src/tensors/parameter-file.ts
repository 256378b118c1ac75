/** A model in a file: safetensors with one tensor a parameter, and everything else of it as JSON in the metadata. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { languageSchema } from '../language/languages.js';
import { type TokeniserVersion, tokeniserVersionSchema } from '../language/tokeniser.js';
import { fromHalf, toHalf } from '../files/half.js';
import type { Shape } from './graph.js';
import { sizeOf } from './graph.js';
import type { StoredTensor } from './safetensors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** Each parameter's shape by its name. */
export type ParameterShapes = Readonly<Record<string, Shape>>;

const encoder = z.string().transform((id) => id as EncoderId);

/** What every model says of itself; each kind adds its `format` and its settings. */
export const modelHeaderSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** What the regions must come from. */
  encoder,
  /** Other encoders whose regions it was measured to do as well with, such as the same weights in another precision. */
  compatibleEncoders: z.array(encoder).default([]),
  vocabulary: z.array(z.string()).min(5),
  /** Whose words it knows; files of before there was more than one have none. See `tokeniserOf`. */
  tokeniser: tokeniserVersionSchema.optional(),
  /** What its texts are written in, a BCP 47 tag. Default: English. */
  language: languageSchema.optional(),
  /** How it was trained and how good it is: shown, never used to compute. */
  training: z.record(z.string(), z.json()),
});

/** By which rules the texts that a model was trained on were divided into words. */
export function tokeniserOf({
  tokeniser = 1,
}: {
  readonly tokeniser?: TokeniserVersion | undefined;
}): TokeniserVersion {
  return tokeniser;
}

export interface ParameterFile<Header> {
  readonly header: Header;
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** Half precision takes half the bytes and changes no result that a person would see. */
export type FilePrecision = 'fp16' | 'fp32';

/** The file's bytes. @param shapes of all the parameters */
export function writeParameterFile<Header>(
  { header, parameters }: ParameterFile<Header>,
  shapes: ParameterShapes,
  precision: FilePrecision,
): Uint8Array {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, values] of parameters) {
    const shape = shapes[name];
    if (!shape) throw new RangeError(`there is no parameter ${name}`);
    tensors.set(
      name,
      precision === 'fp32'
        ? { type: 'F32', shape: [...shape], data: new Float32Array(values) }
        : { type: 'F16', shape: [...shape], data: toHalf(values) },
    );
  }
  return encodeSafetensors(tensors, { ekphrasis: JSON.stringify(header) });
}

/**
 * Reads a model back.
 *
 * @param schema what the header must be
 * @param shapesOf the parameters that a header promises
 * @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or lacks a parameter
 */
export function readParameterFile<Header>(
  bytes: Uint8Array,
  schema: z.ZodType<Header>,
  shapesOf: (header: Header) => ParameterShapes,
): ParameterFile<Header> {
  const { header, numbers } = checkParameterFile(bytes, schema, shapesOf);
  return { header, parameters: new Map(numbers.map(([name, convert]) => [name, convert()])) };
}

/** As `readParameterFile`, for who asks only what the model is: converting its numbers takes most of the time. */
export function readModelHeader<Header>(
  bytes: Uint8Array,
  schema: z.ZodType<Header>,
  shapesOf: (header: Header) => ParameterShapes,
): Header {
  return checkParameterFile(bytes, schema, shapesOf).header;
}

function checkParameterFile<Header>(
  bytes: Uint8Array,
  schema: z.ZodType<Header>,
  shapesOf: (header: Header) => ParameterShapes,
) {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const header = parseHeader(metadata.ekphrasis, schema);
  const numbers = Object.entries(shapesOf(header)).map(([name, shape]) => {
    const tensor = tensors.get(name);
    if (!tensor || sizeOf(tensor.shape) !== sizeOf(shape)) {
      throw new EkphrasisError(
        ErrorCode.InvalidCheckpoint,
        `The checkpoint's parameter ${name} is missing or of another size.`,
      );
    }
    return [name, conversionOf(name, tensor)] as const;
  });
  return { header, numbers };
}

function parseHeader<Header>(json: string | undefined, schema: z.ZodType<Header>): Header {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '');
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidCheckpoint, 'The file is no Ekphrasis checkpoint.', { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new EkphrasisError(
      ErrorCode.InvalidCheckpoint,
      'The file is no Ekphrasis checkpoint of this kind in version 1.',
    );
  return parsed.data;
}

function conversionOf(name: string, tensor: StoredTensor): () => Float32Array {
  if (tensor.type === 'F32') return () => tensor.data;
  if (tensor.type === 'F16') return () => fromHalf(tensor.data);
  throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `The checkpoint's parameter ${name} is neither F16 nor F32.`);
}

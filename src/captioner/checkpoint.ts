/** A decoder in a file: safetensors, with vocabulary, settings and encoder identity in its metadata. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { sizeOf } from '../tensors/graph.js';
import { fromHalf, toHalf } from '../half.js';
import type { StoredTensor } from '../tensors/safetensors.js';
import { decodeSafetensors, encodeSafetensors } from '../tensors/safetensors.js';
import type { DecoderSettings, ParameterName } from './decoder.js';
import { parameterNames, parameterShapes } from './decoder.js';

const size = z.number().int().positive();

const headerSchema = z.object({
  format: z.literal('ekphrasis-captioner'),
  version: z.literal(1),
  name: z.string(),
  /** What the regions must come from. */
  encoder: z.string().transform((id) => id as EncoderId),
  /** Other encoders whose regions it was measured to caption as well, such as the same weights in another precision. */
  compatibleEncoders: z.array(z.string().transform((id) => id as EncoderId)).default([]),
  vocabulary: z.array(z.string()).min(5),
  settings: z.object({ regions: size, regionSize: size, embeddingSize: size, hiddenSize: size, attentionSize: size }),
  /** The model it was fine-tuned from; a training from nothing has none. */
  from: z.object({ id: z.string(), name: z.string(), sha256: z.string() }).optional(),
  /** How it was trained and how good it is: shown, never used to decode. */
  training: z.record(z.string(), z.json()),
});

export type CheckpointHeader = z.infer<typeof headerSchema>;

export interface Checkpoint {
  readonly header: CheckpointHeader;
  readonly parameters: ReadonlyMap<ParameterName, Float32Array>;
}

/** Sizes of the decoder a checkpoint holds. */
export function settingsOf(header: CheckpointHeader): DecoderSettings {
  return { ...header.settings, vocabularySize: header.vocabulary.length };
}

/** The file's bytes; in half precision they are half as many and the captions the same. */
export function writeCheckpoint({ header, parameters }: Checkpoint, precision: 'fp16' | 'fp32'): Uint8Array {
  const shapes = parameterShapes(settingsOf(header));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, values] of parameters) {
    const shape = [...shapes[name]];
    tensors.set(
      name,
      precision === 'fp32'
        ? { type: 'F32', shape, data: new Float32Array(values) }
        : { type: 'F16', shape, data: toHalf(values) },
    );
  }
  return encodeSafetensors(tensors, { ekphrasis: JSON.stringify(header) });
}

/** @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or does not hold this decoder */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const header = parseHeader(metadata.ekphrasis);
  const settings = settingsOf(header);
  const shapes = parameterShapes(settings);
  const parameters = new Map(
    parameterNames(settings).map((name) => {
      const tensor = tensors.get(name);
      if (!tensor || sizeOf(tensor.shape) !== sizeOf(shapes[name])) {
        throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `The checkpoint's parameter ${name} is missing or of another size.`);
      }
      return [name, toFloat32(name, tensor)];
    }),
  );
  return { header, parameters };
}

function parseHeader(json: string | undefined): CheckpointHeader {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '');
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidCheckpoint, 'The file is no Ekphrasis checkpoint.', { cause });
  }
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) throw new EkphrasisError(ErrorCode.InvalidCheckpoint, 'The file is no Ekphrasis checkpoint of version 1.');
  return parsed.data;
}

function toFloat32(name: string, tensor: StoredTensor): Float32Array {
  if (tensor.type === 'F32') return tensor.data;
  if (tensor.type === 'F16') return fromHalf(tensor.data);
  throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `The checkpoint's parameter ${name} is neither F16 nor F32.`);
}

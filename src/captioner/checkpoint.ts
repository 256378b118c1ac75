/** A decoder in a file: safetensors, with vocabulary, settings and encoder identity in its metadata. */
import { z } from 'zod';
import type { Shape } from '../tensors/graph.js';
import type { FilePrecision, ParameterFile } from '../tensors/parameter-file.js';
import { modelHeaderSchema, readParameterFile, writeParameterFile } from '../tensors/parameter-file.js';
import type { DecoderSettings } from './decoder.js';
import { memberPrefixes, parameterShapes } from './decoder.js';

const size = z.number().int().positive();

const headerSchema = modelHeaderSchema.extend({
  format: z.literal('ekphrasis-captioner'),
  settings: z.object({
    regions: size, regionSize: size, embeddingSize: size, hiddenSize: size, attentionSize: size,
    /** Decoders that write together, each with its own parameters; files of one alone may leave it out. */
    members: size.optional(),
  }),
  /** The model it was fine-tuned from; a training from nothing has none. */
  from: z.object({ id: z.string(), name: z.string(), sha256: z.string() }).optional(),
});

export type CheckpointHeader = z.infer<typeof headerSchema>;

export type Checkpoint = ParameterFile<CheckpointHeader>;

/** Sizes of the decoder a checkpoint holds, or of each of them. */
export function settingsOf({ settings, vocabulary }: CheckpointHeader): DecoderSettings {
  const { regions, regionSize, embeddingSize, hiddenSize, attentionSize } = settings;
  return { regions, regionSize, embeddingSize, hiddenSize, attentionSize, vocabularySize: vocabulary.length };
}

/** The shape of every parameter in the file. */
function shapesOf(header: CheckpointHeader): Readonly<Record<string, Shape>> {
  const own = Object.entries(parameterShapes(settingsOf(header)));
  return Object.fromEntries(memberPrefixes(header.settings.members ?? 1).flatMap((prefix) => own.map(([name, shape]) => [prefix + name, shape])));
}

/** The file's bytes; in half precision they are half as many and the captions the same. */
export function writeCheckpoint(checkpoint: Checkpoint, precision: FilePrecision): Uint8Array {
  return writeParameterFile(checkpoint, shapesOf(checkpoint.header), precision);
}

/** @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or does not hold this decoder */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  return readParameterFile(bytes, headerSchema, shapesOf);
}

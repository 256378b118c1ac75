/** A joint embedding in a file: safetensors, with vocabulary, settings and encoder identity in its metadata. */
import { z } from 'zod';
import type { FilePrecision, ParameterFile } from '../tensors/parameter-file.js';
import {
  modelHeaderSchema,
  readModelHeader,
  readParameterFile,
  writeParameterFile,
} from '../tensors/parameter-file.js';
import type { EmbeddingSettings } from './joint-embedding.js';
import { storedShapes } from './joint-embedding.js';
import { storedShape } from '../vision/vgg16/shape.js';

const size = z.number().int().positive();

const headerSchema = modelHeaderSchema.extend({
  format: z.literal('ekphrasis-search'),
  settings: z.object({ wordSize: size, hiddenSize: size, ...storedShape }),
});

export type SearchCheckpointHeader = z.infer<typeof headerSchema>;
export type SearchCheckpoint = ParameterFile<SearchCheckpointHeader>;

/** Sizes of the model a checkpoint holds. */
export function settingsOf(header: SearchCheckpointHeader): EmbeddingSettings {
  return { ...header.settings, vocabularySize: header.vocabulary.length };
}

export function writeSearchCheckpoint(checkpoint: SearchCheckpoint, precision: FilePrecision): Uint8Array {
  return writeParameterFile(checkpoint, shapesOf(checkpoint.header), precision);
}

/** @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or does not hold this model */
export function readSearchCheckpoint(bytes: Uint8Array): SearchCheckpoint {
  return readParameterFile(bytes, headerSchema, shapesOf);
}

/** @throws EkphrasisError as `readSearchCheckpoint` */
export function readSearchCheckpointHeader(bytes: Uint8Array): SearchCheckpointHeader {
  return readModelHeader(bytes, headerSchema, shapesOf);
}

function shapesOf(header: SearchCheckpointHeader) {
  return storedShapes(settingsOf(header));
}

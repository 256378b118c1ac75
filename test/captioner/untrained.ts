/**
 * A captioner before its first training step: small, and of any architecture. It writes nonsense, the same for the same
 * seed.
 */
import type { Checkpoint } from '../../src/captioner/checkpoint.js';
import { type ArchitectureSettings, createDecoder, DEFAULT_ARCHITECTURE } from '../../src/captioner/decoders/all.js';
import type { EncoderId } from '../../src/ids.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

export const SMALL: ArchitectureSettings = {
  ...DEFAULT_ARCHITECTURE,
  ...VGG16_SHAPE,
  embeddingSize: 8,
  hiddenSize: 8,
  attentionSize: 8,
};

export const FEW_WORDS: readonly string[] = [
  '<pad>',
  '<start>',
  '<end>',
  '<unknown>',
  'a',
  'dog',
  'runs',
  'red',
  'circle',
];

export function untrainedCheckpoint(
  encoder: EncoderId,
  {
    settings = SMALL,
    vocabulary = FEW_WORDS,
    seed = 1,
    name = 'untrained',
  }: {
    settings?: ArchitectureSettings;
    vocabulary?: readonly string[];
    seed?: number;
    name?: string;
  } = {},
): Checkpoint {
  return {
    header: {
      format: 'ekphrasis-captioner',
      version: 1,
      name,
      encoder,
      compatibleEncoders: [],
      vocabulary: [...vocabulary],
      settings,
      training: {},
    },
    parameters: initialParameters(createDecoder(settings, vocabulary.length), seed),
  };
}

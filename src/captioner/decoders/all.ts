/** The decoders there are. A new one is a file beside this and a line here. */
import { z } from 'zod';
import { CELLS } from '../../tensors/layers.js';
import type { Decoder, DecoderSettings } from '../decoder.js';
import { attentionDecoder } from './attention.js';
import { mergeDecoder } from './merge.js';
import { showAndTellDecoder } from './show-and-tell.js';

const decoders = {
  attention: attentionDecoder,
  'show-and-tell': showAndTellDecoder,
  merge: mergeDecoder,
} as const satisfies Record<string, (settings: DecoderSettings) => Decoder>;

export type Architecture = keyof typeof decoders;

export const ARCHITECTURES = Object.keys(decoders) as [Architecture, ...Architecture[]];

const size = z.number().int().positive();

/**
 * Which decoder it is, and its sizes but for the vocabulary: as checkpoints keep it. Older ones do not name an
 * architecture.
 */
export const architectureSchema = z.object({
  architecture: z.enum(ARCHITECTURES).default('attention'),
  cell: z.enum(CELLS).default('lstm'),
  regions: size,
  regionSize: size,
  embeddingSize: size,
  hiddenSize: size,
  attentionSize: size,
});

export type ArchitectureSettings = Readonly<z.infer<typeof architectureSchema>>;

/** What a training makes by default, of the regions that its encoder gives. */
export const DEFAULT_ARCHITECTURE: Omit<ArchitectureSettings, 'regions' | 'regionSize'> = {
  architecture: 'attention',
  cell: 'lstm',
  embeddingSize: 256,
  hiddenSize: 512,
  attentionSize: 256,
};

export function createDecoder({ architecture, ...sizes }: ArchitectureSettings, vocabularySize: number): Decoder {
  return decoders[architecture]({ ...sizes, vocabularySize });
}

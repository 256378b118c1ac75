import type { EncoderId } from '../ids.js';
import { DEFAULT_LANGUAGE } from '../language/languages.js';
import type { Vocabulary } from '../language/vocabulary.js';
import type { TrainingData } from './data.js';
import type { TrainingRun } from './run.js';

/**
 * What the file of every trained model says of itself.
 *
 * @param earlier the header of the captioner that the training begins with
 */
export function modelHeader(
  { name, settings }: Pick<TrainingRun, 'name' | 'settings'>,
  { encoder, tokeniser }: Pick<TrainingData, 'encoder' | 'tokeniser'>,
  vocabulary: Vocabulary,
  earlier: { readonly language?: string | undefined } | undefined,
) {
  const language = settings.language ?? earlier?.language ?? DEFAULT_LANGUAGE;
  const compatibleEncoders: EncoderId[] = [];
  return {
    version: 1 as const,
    name,
    encoder,
    compatibleEncoders,
    vocabulary: [...vocabulary.words],
    tokeniser,
    language,
  };
}

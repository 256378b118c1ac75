/** What is learned from packed data: words, captions as word ids, and what it is measured by. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { tokenise } from '../language/tokeniser.js';
import type { Vocabulary } from '../language/vocabulary.js';
import type { TrainingExample } from './batch-order.js';
import type { TrainingData } from './data.js';

export interface Examples {
  readonly vocabulary: Vocabulary;
  /** Images of the train split with captions. */
  readonly examples: TrainingExample[];
  /** Each example's captions as words, the rare ones as well. */
  readonly tokens: string[][][];
  /** Places of the dev split's images with captions. */
  readonly dev: number[];
}

/**
 * Words and word ids of the train split, and the places of the dev split.
 *
 * @param vocabularyOf is given the tokens of all captions of the train split
 * @throws EkphrasisError INVALID_DATASET when either split has no image with captions
 */
export function examplesOf(data: TrainingData, vocabularyOf: (captions: readonly string[][]) => Vocabulary): Examples {
  const tokens = data.images.map((image) => (image.split === 'train' ? image.captions.map(tokenise) : []));
  const vocabulary = vocabularyOf(tokens.flat());
  const examples = tokens.flatMap((captions, index) =>
    captions.length > 0 ? [{ index, views: data.images[index]?.views ?? 1, captions: captions.map((caption) => vocabulary.encode(caption)) }] : [],
  );
  const dev = data.images.flatMap((image, index) => (image.split === 'dev' && image.captions.length > 0 ? [index] : []));
  if (examples.length === 0 || dev.length === 0) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, 'Training needs images with captions in the train split and in the dev split.');
  }
  return { vocabulary, examples, tokens: tokens.filter((captions) => captions.length > 0), dev };
}

/** What is learned from packed data: words, captions as word ids, and what it is measured by. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { tokenise } from '../language/tokeniser.js';
import { Vocabulary } from '../language/vocabulary.js';
import type { TrainingExample } from './batch-order.js';
import type { TrainingData } from './data.js';

export interface Examples {
  readonly vocabulary: Vocabulary;
  /** What is to be told of it, a sentence. */
  readonly wordsNotice: string | undefined;
  /** Images of the train split with captions. */
  readonly examples: TrainingExample[];
  /** Each example's captions as words, the rare ones as well. */
  readonly tokens: string[][][];
  /** Places of the dev split's images with captions. */
  readonly dev: number[];
}

/** Words that are there before a training learns. */
export interface WordsBefore {
  /** Those of a training that goes on: it learns no others. */
  readonly goesOn?: readonly string[] | undefined;
  /** Those of a model to begin with: others come after them. */
  readonly earlier?: readonly string[] | undefined;
}

/**
 * The share of all words said that the vocabulary is to have, else rarer ones are learned. In Flickr8k it is 0.97 with
 * the usual minimum.
 */
const KNOWN_SHARE = 0.75;

/**
 * Words and word ids of the train split, and the places of the dev split.
 *
 * @param minimumWordCount how often a word must be said to be learned
 * @throws EkphrasisError INVALID_DATASET when either split has no image with captions, or no caption to learn from has
 *   a word
 */
export function examplesOf(data: TrainingData, minimumWordCount: number, before: WordsBefore = {}): Examples {
  const words = (caption: string) => tokenise(caption, data.tokeniser);
  const tokens = data.images.map((image) => (image.split === 'train' ? image.captions.map(words) : []));
  const { vocabulary, minimum } = vocabularyOf(tokens.flat(), minimumWordCount, before);
  const examples = tokens.flatMap((captions, index) =>
    captions.length > 0
      ? [
          {
            index,
            views: data.images[index]?.views ?? 1,
            captions: captions.map((caption) => vocabulary.encode(caption)),
          },
        ]
      : [],
  );
  const dev = data.images.flatMap((image, index) =>
    image.split === 'dev' && image.captions.length > 0 ? [index] : [],
  );
  if (examples.length === 0 || dev.length === 0) {
    throw new EkphrasisError(
      ErrorCode.InvalidDataset,
      'Training needs images with captions in the train split and in the dev split.',
    );
  }
  if (tokens.flat().every((caption) => caption.length === 0)) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, 'No caption of the train split has a word to learn.');
  }
  const wordsNotice =
    minimum === minimumWordCount
      ? undefined
      : `There are few captions: words are learned that are said ${minimum === 1 ? 'once' : `${minimum} times`}, not only those said ${minimumWordCount} times.`;
  return { vocabulary, wordsNotice, examples, tokens: tokens.filter((captions) => captions.length > 0), dev };
}

/**
 * The words of a training that goes on; else those of an earlier model with what is missing, or those of the captions
 * alone.
 */
function vocabularyOf(
  captions: readonly string[][],
  asked: number,
  { goesOn, earlier }: WordsBefore,
): { vocabulary: Vocabulary; minimum: number } {
  if (goesOn) return { vocabulary: new Vocabulary(goesOn), minimum: asked };
  const said = captions.flat();
  for (let minimum = asked; ; minimum--) {
    const vocabulary = earlier
      ? new Vocabulary(earlier).extend(captions, minimum)
      : Vocabulary.build(captions, minimum);
    if (minimum <= 1 || said.filter((word) => vocabulary.has(word)).length >= KNOWN_SHARE * said.length)
      return { vocabulary, minimum };
  }
}

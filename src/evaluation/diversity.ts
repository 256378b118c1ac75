import type { Tokens } from '../metrics/ngrams.js';

/** How much captions differ from each other and from what the model has read. */
export interface Diversity {
  /** Captions of which no two are equal. */
  readonly distinctCaptions: number;
  /**
   * Distinct words and distinct pairs of words, over all of them (distinct-1 and distinct-2; Li et al. 2016, section
   * 5.1), 0..1.
   */
  readonly distinct1: number;
  readonly distinct2: number;
  /** Words that are used. */
  readonly vocabulary: number;
  /** Share of captions that no one wrote of a training photo, 0..1; null without training captions. */
  readonly novel: number | null;
  /** Words a caption. */
  readonly meanLength: number;
  /** How many captions have 0, 1, 2, ... words. */
  readonly lengths: readonly number[];
}

/** Equal for captions that say the same words in the same order. */
export function sentenceKey(words: Tokens): string {
  return words.join(' ');
}

/**
 * @param captions at least one
 * @param known those of them that people wrote of training photos, by `sentenceKey`; undefined without training photos
 */
export function diversityOf(captions: readonly Tokens[], known: ReadonlySet<string> | undefined): Diversity {
  const texts = captions.map(sentenceKey);
  const unigrams = captions.flat();
  const bigrams = captions.flatMap((words) => words.slice(1).map((word, index) => `${words[index] ?? ''} ${word}`));
  const lengths = Array.from({ length: Math.max(...captions.map((words) => words.length)) + 1 }, () => 0);
  for (const { length } of captions) lengths[length] = (lengths[length] ?? 0) + 1;
  const vocabulary = new Set(unigrams).size;
  return {
    distinctCaptions: new Set(texts).size,
    distinct1: vocabulary / Math.max(1, unigrams.length),
    distinct2: new Set(bigrams).size / Math.max(1, bigrams.length),
    vocabulary,
    novel: known === undefined ? null : texts.filter((text) => !known.has(text)).length / texts.length,
    meanLength: unigrams.length / captions.length,
    lengths,
  };
}

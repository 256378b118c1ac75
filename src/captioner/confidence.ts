/** How far to believe a model's sentence. */

/**
 * The logistic curve that turns the mean natural logarithm of a caption's probabilities into the share of its content
 * words that one of five people used too. Fitted on what the shipped model writes for Flickr8k's 1,000 dev photos
 * (`bench/alt-text`, docs/lab-notes/search.md): fitted on one half, it misses the other half's tenths by 0.03 on
 * average. Other models may differ.
 */
export const CONFIDENCE_CURVE = { offset: 2.462, slope: 2.62 };

/**
 * How far to believe a model's sentence, 0 to 1: the share of its content words that people would use, by its
 * probability. `AltTextQueue` computes the same in the database.
 *
 * @param caption its words, and the natural logarithm of the probability of the whole
 */
export function captionConfidence({
  words,
  logProbability,
}: {
  readonly words: readonly unknown[];
  readonly logProbability: number;
}): number {
  // The end of the sentence has a probability, too.
  const mean = logProbability / (words.length + 1);
  return 1 / (1 + Math.exp(-(CONFIDENCE_CURVE.offset + CONFIDENCE_CURVE.slope * mean)));
}

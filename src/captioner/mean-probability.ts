/** How sure a model is of a caption: the geometric mean of the probabilities of its words and of its end, 0 to 1. */
export function meanProbability({
  words,
  logProbability,
}: {
  readonly words: readonly unknown[];
  readonly logProbability: number;
}): number {
  return Math.exp(logProbability / (words.length + 1));
}

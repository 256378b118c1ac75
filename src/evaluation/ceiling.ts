import type { Tokens } from '../metrics/ngrams.js';
import { type Figures, ScoreTable, scoreCaptions } from '../metrics/scores.js';

/** Rounds at most: Flickr8k and COCO have five captions a photo. */
const MOST_ROUNDS = 5;

/**
 * What people reach by the same measure: every round takes one caption of each image for the candidate and leaves the
 * others as its references; the figures are the mean of the rounds. A model is compared with one reference more, which
 * favours it.
 *
 * @returns undefined when no image has two captions
 */
export function humanCeiling(references: readonly (readonly Tokens[])[]): Figures | undefined {
  const several = references.filter((own) => own.length > 1);
  if (several.length === 0) return undefined;
  const rounds = Math.min(MOST_ROUNDS, Math.max(...several.map((own) => own.length)));
  const figures = Array.from({ length: rounds }, (_, round) => {
    const candidates = several.map((own) => own[round % own.length] ?? []);
    const others = several.map((own) => own.filter((_, place) => place !== round % own.length));
    return new ScoreTable(scoreCaptions(candidates, others)).figures();
  });
  const mean = (key: string) => figures.reduce((sum, one) => sum + (one[key] ?? NaN), 0) / rounds;
  return Object.fromEntries(Object.keys(figures[0] ?? {}).map((key) => [key, mean(key)]));
}

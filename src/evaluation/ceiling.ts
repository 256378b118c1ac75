import type { Tokens } from './ngrams.js';
import { type Figures, ScoreTable, scoreCaptions } from './scores.js';

/** Rounds at most: Flickr8k and COCO have five captions a photo. */
const MOST_ROUNDS = 5;

/**
 * What people reach by the same measure: every round takes one caption of each image for the candidate and leaves the others as its
 * references; the figures are the mean of the rounds. A model is compared with one reference more, which favours it.
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
  const mean = (value: (one: Figures) => number) => figures.reduce((sum, one) => sum + value(one), 0) / rounds;
  return {
    bleu: [mean((one) => one.bleu[0]), mean((one) => one.bleu[1]), mean((one) => one.bleu[2]), mean((one) => one.bleu[3])],
    brevityPenalty: mean((one) => one.brevityPenalty),
    cider: mean((one) => one.cider),
    rougeL: mean((one) => one.rougeL),
    meteorStem: mean((one) => one.meteorStem),
  };
}

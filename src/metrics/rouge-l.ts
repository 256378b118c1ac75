import { meanMetric } from './metric.js';
import type { Tokens } from './ngrams.js';
import { checkCorpus } from './ngrams.js';

/** How much more recall counts than precision: pycocoevalcap's choice. */
const BETA = 1.2;

/**
 * ROUGE-L (Lin 2004, section 3.1) as pycocoevalcap computes it for captions: the best precision and the best recall of
 * the longest common subsequence over an image's references, in one F-measure with beta 1.2.
 *
 * @returns the corpus mean and each image's score, 0..1
 * @throws RangeError when an image lacks a candidate or references
 */
export function rougeL(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
): { score: number; perImage: Float64Array } {
  checkCorpus(candidates, references);
  const perImage = Float64Array.from(candidates, (candidate, index) => {
    const own = references[index] ?? [];
    if (candidate.length === 0) return 0;
    const common = own.map((reference) => commonSubsequence(candidate, reference));
    const precision = Math.max(...common.map((length) => length / candidate.length));
    const recall = Math.max(...common.map((length, place) => length / Math.max(1, own[place]?.length ?? 0)));
    return precision === 0 || recall === 0
      ? 0
      : ((1 + BETA * BETA) * precision * recall) / (recall + BETA * BETA * precision);
  });
  return { score: perImage.reduce((sum, value) => sum + value, 0) / Math.max(1, perImage.length), perImage };
}

/** Length of the longest sequence of words that both have in this order, not necessarily side by side. */
function commonSubsequence(a: Tokens, b: Tokens): number {
  let row = new Int32Array(b.length + 1);
  for (const word of a) {
    const next = new Int32Array(b.length + 1);
    b.forEach((other, place) => {
      next[place + 1] = word === other ? (row[place] ?? 0) + 1 : Math.max(row[place + 1] ?? 0, next[place] ?? 0);
    });
    row = next;
  }
  return row[b.length] ?? 0;
}

export const rougeLMetric = meanMetric({
  key: 'rougeL',
  name: 'ROUGE-L',
  description: 'ROUGE-L, 0 to 1.',
  highest: 1,
  perCaption: (candidates, references) => rougeL(candidates, references).perImage,
});

import type { NgramCounts, Tokens } from './ngrams.js';
import { checkCorpus, countNgrams } from './ngrams.js';

export interface BleuScore {
  /** BLEU-1 to BLEU-4, 0..1. */
  readonly scores: readonly [number, number, number, number];
  /** Modified n-gram precisions for n = 1..4, 0..1. */
  readonly precisions: readonly [number, number, number, number];
  /** exp(1 - references / candidates) where the candidates are shorter, else 1; 0 when they have no words. */
  readonly brevityPenalty: number;
  /** Words of all candidates. */
  readonly candidateLength: number;
  /** Words of the reference closest in length to each candidate, in all. */
  readonly referenceLength: number;
}

/**
 * Corpus BLEU without smoothing (Papineni et al. 2002, sections 2.1.1 to 2.3): counts are summed over the corpus first.
 * The effective reference length is the closest one; of two equally close ones the shorter, as sacreBLEU and
 * pycocoevalcap do. A corpus without any n-gram of an order scores 0 there.
 *
 * @param candidates one for each image
 * @param references those of each image, at least one
 * @throws RangeError when an image lacks one or the other
 */
export function bleu(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): BleuScore {
  checkCorpus(candidates, references);
  const matches = [0, 0, 0, 0];
  const totals = [0, 0, 0, 0];
  let candidateLength = 0;
  let referenceLength = 0;
  for (const [index, candidate] of candidates.entries()) {
    const own = references[index] ?? [];
    const counted = own.map(countNgrams);
    candidateLength += candidate.length;
    referenceLength += closestLength(candidate.length, own);
    for (const [order, counts] of countNgrams(candidate).entries()) {
      for (const [ngram, count] of counts) {
        matches[order] = (matches[order] ?? 0) + Math.min(count, mostIn(counted, order, ngram));
        totals[order] = (totals[order] ?? 0) + count;
      }
    }
  }
  const brevityPenalty = candidateLength === 0 ? 0 : Math.min(1, Math.exp(1 - referenceLength / candidateLength));
  const precision = (n: number) => ((totals[n - 1] ?? 0) === 0 ? 0 : (matches[n - 1] ?? 0) / (totals[n - 1] ?? 1));
  const precisions = [precision(1), precision(2), precision(3), precision(4)] as const;
  const score = (n: number) => brevityPenalty * Math.exp(precisions.slice(0, n).reduce((sum, p) => sum + Math.log(p), 0) / n);
  return { scores: [score(1), score(2), score(3), score(4)], precisions, brevityPenalty, candidateLength, referenceLength };
}

function closestLength(length: number, references: readonly Tokens[]): number {
  const lengths = references.map((reference) => reference.length).sort((a, b) => a - b);
  return lengths.reduce((best, other) => (Math.abs(other - length) < Math.abs(best - length) ? other : best), lengths[0] ?? 0);
}

/** The most often an n-gram occurs in any one reference: what a candidate's count is clipped to. */
function mostIn(references: readonly NgramCounts[], order: number, ngram: string): number {
  return references.reduce((most, counts) => Math.max(most, counts[order]?.get(ngram) ?? 0), 0);
}

import type { Metric } from './metric.js';
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
 * All that BLEU needs to know of a caption, [10]: clipped matches of n-grams for n = 1..4, n-grams of the caption for n
 * = 1..4, its words, the words of the closest reference. The counts of several captions are their sums.
 */
export type BleuCounts = readonly number[];

/** Numbers in `BleuCounts`. */
const BLEU_COUNTS = 10;
const ORDERS = 4;
/** The keys of BLEU-1 to BLEU-4. */
const KEYS = ['bleu1', 'bleu2', 'bleu3', 'bleu4'] as const;

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
  const sum = new Float64Array(BLEU_COUNTS);
  candidates.forEach((candidate, index) => {
    bleuCounts(candidate, references[index] ?? []).forEach((count, place) => {
      sum[place] = (sum[place] ?? 0) + count;
    });
  });
  return bleuOf(sum);
}

/** The counts of one caption. */
export function bleuCounts(candidate: Tokens, references: readonly Tokens[]): BleuCounts {
  const counts = Array.from({ length: BLEU_COUNTS }, () => 0);
  const counted = references.map(countNgrams);
  for (const [order, ngrams] of countNgrams(candidate).entries()) {
    for (const [ngram, count] of ngrams) {
      counts[order] = (counts[order] ?? 0) + Math.min(count, mostIn(counted, order, ngram));
      counts[ORDERS + order] = (counts[ORDERS + order] ?? 0) + count;
    }
  }
  counts[2 * ORDERS] = candidate.length;
  counts[2 * ORDERS + 1] = closestLength(candidate.length, references);
  return counts;
}

/** Corpus BLEU from summed counts [10]. */
export function bleuOf(counts: ArrayLike<number>): BleuScore {
  const at = (place: number) => counts[place] ?? 0;
  const precision = (n: number) => (at(ORDERS + n - 1) === 0 ? 0 : at(n - 1) / at(ORDERS + n - 1));
  return fromPrecisions([precision(1), precision(2), precision(3), precision(4)], at(2 * ORDERS), at(2 * ORDERS + 1));
}

/**
 * BLEU-4 of one caption, which without smoothing is mostly 0: one is added to matches and n-grams for n > 1 (Lin & Och
 * 2004, "ORANGE", section 4), sacreBLEU's `add-k` with k = 1.
 *
 * @returns 0..1
 */
export function sentenceBleu(counts: BleuCounts): number {
  const at = (place: number) => counts[place] ?? 0;
  const precision = (n: number) =>
    n === 1 ? at(0) / Math.max(1, at(ORDERS)) : (at(n - 1) + 1) / (at(ORDERS + n - 1) + 1);
  return fromPrecisions([precision(1), precision(2), precision(3), precision(4)], at(2 * ORDERS), at(2 * ORDERS + 1))
    .scores[3];
}

function fromPrecisions(
  precisions: BleuScore['precisions'],
  candidateLength: number,
  referenceLength: number,
): BleuScore {
  const brevityPenalty = candidateLength === 0 ? 0 : Math.min(1, Math.exp(1 - referenceLength / candidateLength));
  const score = (n: number) =>
    brevityPenalty * Math.exp(precisions.slice(0, n).reduce((sum, p) => sum + Math.log(p), 0) / n);
  return {
    scores: [score(1), score(2), score(3), score(4)],
    precisions,
    brevityPenalty,
    candidateLength,
    referenceLength,
  };
}

function closestLength(length: number, references: readonly Tokens[]): number {
  const lengths = references.map((reference) => reference.length).sort((a, b) => a - b);
  return lengths.reduce(
    (best, other) => (Math.abs(other - length) < Math.abs(best - length) ? other : best),
    lengths[0] ?? 0,
  );
}

/** The most often an n-gram occurs in any one reference: what a candidate's count is clipped to. */
function mostIn(references: readonly NgramCounts[], order: number, ngram: string): number {
  return references.reduce((most, counts) => Math.max(most, counts[order]?.get(ngram) ?? 0), 0);
}

export const bleuMetric: Metric = {
  key: 'bleu',
  name: 'BLEU',
  figures: KEYS.map((key, place) => ({
    key,
    name: `BLEU-${place + 1}`,
    description: `BLEU-${place + 1}, 0 to 1${key === 'bleu4' ? '; of a single caption with add-one smoothing' : ''}.`,
    highest: 1,
    corpus: (sums) => bleuOf(sums).scores[place] ?? 0,
    ...(key === 'bleu4' && { caption: sentenceBleu }),
  })),
  perCaption: (candidates, references) =>
    candidates.map((candidate, index) => bleuCounts(candidate, references[index] ?? [])),
};

/** BLEU-1 to BLEU-4 among figures by their keys. */
export function bleuAmong<Value>(figures: Readonly<Record<string, Value>>): Value[] {
  return KEYS.flatMap((key) => figures[key] ?? []);
}

/** BLEU-1 to BLEU-4 by their keys. */
export function bleuByKey(scores: BleuScore['scores']): Readonly<Record<string, number>> {
  return Object.fromEntries(KEYS.map((key, place) => [key, scores[place] ?? 0]));
}

/** Words of a caption. */
export function lengthOf(counts: BleuCounts): number {
  return counts[2 * ORDERS] ?? 0;
}

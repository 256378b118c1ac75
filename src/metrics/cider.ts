import { meanMetric } from './metric.js';
import type { NgramCounts, Tokens } from './ngrams.js';
import { checkCorpus, countNgrams } from './ngrams.js';

/** Width of the Gaussian over the difference of lengths, in words. */
const SIGMA = 6;
/** The published scale: a caption that equals all its references scores 10. */
const SCALE = 10;

/** A sentence as what CIDEr compares. */
export interface NgramVectors {
  /** Weight by n-gram, its count times what one of it weighs, for n = 1..4. */
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** Number of bigrams, which pycocoevalcap takes for the length. */
  readonly length: number;
}

/**
 * CIDEr-D against the references of one corpus (Vedantam et al. 2015, arXiv:1411.5726, section 5), as pycocoevalcap
 * computes it: document frequencies from these references, n-grams of 1 to 4 words, scale 0..10. Papers often print a
 * hundred times the figure: 52.7 for 0.527.
 */
export class CiderReferences {
  private readonly weigh: (ngram: string) => number;
  private readonly vectors: readonly (readonly NgramVectors[])[];

  /** @param references those of each image, at least one */
  constructor(references: readonly (readonly Tokens[])[]) {
    const counted = references.map((own) => own.map(countNgrams));
    const documents = documentFrequencies(counted);
    const logCount = Math.log(references.length);
    this.weigh = (ngram) => logCount - Math.log(Math.max(1, documents.get(ngram) ?? 0));
    this.vectors = counted.map((own) => own.map((counts) => toVectors(counts, this.weigh)));
  }

  /** How well a caption says what people said of an image, 0..10. @param image its place among the references */
  score(caption: Tokens, image: number): number {
    const own = this.vectors[image] ?? [];
    const written = toVectors(countNgrams(caption), this.weigh);
    return (SCALE * own.reduce((sum, reference) => sum + similarity(written, reference), 0)) / own.length;
  }
}

/**
 * CIDEr-D of a corpus; see `CiderReferences`.
 *
 * @returns the corpus mean and each image's score
 * @throws RangeError when an image lacks a candidate or references
 */
export function ciderD(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
): { score: number; perImage: Float64Array } {
  checkCorpus(candidates, references);
  const corpus = new CiderReferences(references);
  const perImage = Float64Array.from(candidates, (candidate, index) => corpus.score(candidate, index));
  return { score: perImage.reduce((sum, value) => sum + value, 0) / Math.max(1, perImage.length), perImage };
}

/** In how many images' references each n-gram occurs. */
function documentFrequencies(references: readonly (readonly NgramCounts[])[]): Map<string, number> {
  const documents = new Map<string, number>();
  for (const own of references) {
    const seen = new Set<string>();
    for (const counts of own) for (const order of counts) for (const ngram of order.keys()) seen.add(ngram);
    for (const ngram of seen) documents.set(ngram, (documents.get(ngram) ?? 0) + 1);
  }
  return documents;
}

/** @param weigh what one n-gram weighs: the logarithm of how rare it is, or 1 */
export function toVectors(counts: NgramCounts, weigh: (ngram: string) => number): NgramVectors {
  const norms: number[] = [];
  let length = 0;
  const weights = counts.map((ngrams, order) => {
    const weighted = new Map<string, number>();
    let squares = 0;
    for (const [ngram, count] of ngrams) {
      const weight = count * weigh(ngram);
      weighted.set(ngram, weight);
      squares += weight * weight;
      if (order === 1) length += count;
    }
    norms.push(Math.sqrt(squares));
    return weighted;
  });
  return { weights, norms, length };
}

/** Mean over n of the clipped cosine, lessened by the difference of lengths: 0..1. */
export function similarity(candidate: NgramVectors, reference: NgramVectors): number {
  const difference = candidate.length - reference.length;
  const penalty = Math.exp(-(difference * difference) / (2 * SIGMA * SIGMA));
  const cosines = candidate.weights.map((weights, n) => {
    const other = reference.weights[n];
    const norms = (candidate.norms[n] ?? 0) * (reference.norms[n] ?? 0);
    if (!other || norms === 0) return 0;
    let product = 0;
    for (const [ngram, weight] of weights) {
      const referenceWeight = other.get(ngram) ?? 0;
      product += Math.min(weight, referenceWeight) * referenceWeight;
    }
    return product / norms;
  });
  return (penalty * cosines.reduce((sum, cosine) => sum + cosine, 0)) / cosines.length;
}

export const ciderMetric = meanMetric({
  key: 'cider',
  name: 'CIDEr-D',
  description: 'CIDEr-D, 0 to 10.',
  highest: SCALE,
  perCaption: (candidates, references) => ciderD(candidates, references).perImage,
});

/**
 * What a field costs, in tenths of a millisecond of a processor; server/limits.ts says how much is served. A value of an
 * answer counts as one, which is more than it takes: a hundred photos with all captions and words, 9,000 values, take
 * 108 ms. What takes long by itself has a price, measured by bench/prices (docs/figures.md).
 */
import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';

export const PRICES = {
  /** A photo that is sent: decoded, seen, captioned, judged and stored. */
  captionImage: 14_000,
  /** A photo that is sent: decoded and seen. */
  seePhoto: 6_500,
  /** The beam search for a stored photo, and its judge. */
  candidates: 6_000,
  /** A caption of one photo among several that are captioned together, and most of which have been before. */
  sample: 2_000,
  search: 1_300,
  similar: 250,
  /** 500 photos compared with all others. */
  duplicates: 15_000,
  recommendations: 1_500,
  /** The captions of a collection read and hashed, of Flickr8k. */
  trainingData: 10_000,
} as const;

/** The longest page. */
const LONGEST_PAGE = 100;
/** A page of which nobody says how long it is. */
export const USUAL_PAGE = 20;

/** Cost of a field that returns a page: that of its content as often as asked for, by `first` or by `last`. */
export function timesFirst({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const asked = [args['first'], args['last']].filter((count) => typeof count === 'number');
  const entries = asked.length === 0 ? USUAL_PAGE : Math.max(...asked);
  return 1 + childComplexity * Math.min(Math.max(entries, 1), LONGEST_PAGE);
}

/** Cost of a list that has about this many entries. */
export function times(entries: number) {
  return ({ childComplexity }: ComplexityEstimatorArgs): number => 1 + entries * Math.max(childComplexity, 1);
}

/** Cost of a page before which something is computed. */
export function timesFirstAfter(price: number) {
  return (asked: ComplexityEstimatorArgs): number => price + timesFirst(asked);
}

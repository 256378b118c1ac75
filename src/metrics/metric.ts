/**
 * The port of metrics: what says how good captions are beside what people wrote of the same photos. Each stands in one
 * file, with a line in all.ts; evaluations, intervals, comparisons, the database, the API, the command line and the
 * page loop over that table.
 */
import type { Tokens } from './ngrams.js';

/** One number that a metric gives of captions. */
export interface Figure {
  /** In camel case, such as `bleu4`: its name in JSON and in the database. The API makes BLEU_4 of it. */
  readonly key: string;
  /** As people write it, such as BLEU-4. */
  readonly name: string;
  /** One or two sentences with the range of its values. */
  readonly description: string;
  /** The best value there is; null where there is no end. */
  readonly highest: number | null;
  /**
   * The figure of captions together.
   *
   * @param sums of the numbers that `perCaption` gives of each
   * @param captions how many they are
   */
  readonly corpus: (sums: ArrayLike<number>, captions: number) => number;
  /** The figure of a caption by itself; for metrics that judge one. @param numbers what `perCaption` gives of it */
  readonly caption?: (numbers: readonly number[]) => number;
}

export interface Metric {
  /** In camel case: what its numbers of each caption are kept under. */
  readonly key: string;
  readonly name: string;
  /** At most one of them is of single captions too. */
  readonly figures: readonly Figure[];
  /**
   * What is kept of each caption: numbers, equally many of each, whose sums over any set of captions give the figures
   * of that set.
   *
   * @param candidates one of each image
   * @param references those of each image, at least one
   */
  readonly perCaption: (
    candidates: readonly Tokens[],
    references: readonly (readonly Tokens[])[],
  ) => readonly (readonly number[])[];
}

/**
 * A metric that judges every caption by itself, and several by the mean.
 *
 * @param perCaption the value of each caption
 */
export function meanMetric({
  perCaption,
  ...about
}: Omit<Figure, 'corpus' | 'caption'> & {
  readonly perCaption: (candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]) => ArrayLike<number>;
}): Metric {
  const mean = (sums: ArrayLike<number>, captions: number) => (sums[0] ?? 0) / Math.max(1, captions);
  return {
    key: about.key,
    name: about.name,
    figures: [{ ...about, corpus: mean, caption: ([value = 0]) => value }],
    perCaption: (candidates, references) => Array.from(perCaption(candidates, references), (value) => [value]),
  };
}

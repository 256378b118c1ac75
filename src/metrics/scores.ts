/** The scores of single captions, and the figures of any set of them. */
import { METRICS } from './all.js';
import type { Metric } from './metric.js';
import { checkCorpus, type Tokens } from './ngrams.js';

/** What is kept of one caption beside its references: the numbers of each metric, by its key. */
export type CaptionScores = Readonly<Record<string, readonly number[]>>;

/** What captions are worth, by the keys of `FIGURES`. Those measured before a metric was added lack it. */
export type Figures = Readonly<Record<string, number>>;

/**
 * Scores every caption of a corpus.
 *
 * @param metrics Default: all.
 * @throws RangeError when an image lacks a candidate or references
 */
export function scoreCaptions(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
  metrics: readonly Metric[] = METRICS,
): CaptionScores[] {
  checkCorpus(candidates, references);
  const columns = metrics.map(({ key, perCaption }) => ({ key, numbers: perCaption(candidates, references) }));
  return candidates.map((_, index) =>
    Object.fromEntries(columns.map(({ key, numbers }) => [key, numbers[index] ?? []])),
  );
}

/** The figures of one caption, by the metrics that judge one. */
export function captionFigures(scores: CaptionScores): Figures {
  const own = METRICS.flatMap(({ key: metric, figures }) => {
    const numbers = scores[metric];
    return numbers ? figures.flatMap(({ key, caption }) => (caption ? [[key, caption(numbers)] as const] : [])) : [];
  });
  return Object.fromEntries(own);
}

/** Captions' scores as one table, a row of numbers each. Sums of rows give figures. */
export class ScoreTable {
  /** [captions, width], row by row. */
  private readonly values: Float64Array;
  /**
   * From where to where each metric's numbers stand in a row, by its key; metrics that a caption lacks are left out.
   */
  private readonly columns = new Map<string, readonly [start: number, end: number]>();
  private readonly width: number;
  readonly length: number;

  constructor(scores: readonly CaptionScores[]) {
    this.length = scores.length;
    let width = 0;
    for (const { key } of METRICS.filter((metric) => scores.every((one) => one[metric.key] !== undefined))) {
      const start = width;
      width += scores[0]?.[key]?.length ?? 0;
      this.columns.set(key, [start, width]);
    }
    this.width = width;
    const keys = [...this.columns.keys()];
    this.values = Float64Array.from(scores.flatMap((one) => keys.flatMap((key) => one[key] ?? [])));
  }

  /** Figures of the captions at these rows, any of them as often as it is named. */
  figuresOf(rows: ArrayLike<number>): Figures {
    const sums = this.sum(rows);
    const figures = METRICS.flatMap(({ key: metric, figures: given }) => {
      const column = this.columns.get(metric);
      return column
        ? given.map(({ key, corpus }) => [key, corpus(sums.subarray(...column), rows.length)] as const)
        : [];
    });
    return Object.fromEntries(figures);
  }

  /** Figures of all captions. */
  figures(): Figures {
    return this.figuresOf(this.allRows());
  }

  /** The sums of a metric's numbers over all captions; empty where a caption lacks them. */
  sumsOf(metric: string): Float64Array {
    return this.sum(this.allRows()).subarray(...(this.columns.get(metric) ?? [0, 0]));
  }

  private sum(rows: ArrayLike<number>): Float64Array {
    const sums = new Float64Array(this.width);
    for (let place = 0; place < rows.length; place++) {
      const start = (rows[place] ?? 0) * this.width;
      for (let column = 0; column < this.width; column++)
        sums[column] = (sums[column] ?? 0) + (this.values[start + column] ?? 0);
    }
    return sums;
  }

  private allRows(): Uint32Array {
    return Uint32Array.from({ length: this.length }, (_, row) => row);
  }
}

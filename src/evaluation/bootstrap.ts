/** How far figures can be trusted: the images of a split are a sample, and another sample would give other figures. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Figures, ScoreTable } from '../metrics/scores.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An interval of every figure, by its key. */
export type Intervals = Readonly<Record<string, Interval>>;

/** How much better one model is than another on the same images. */
export interface PairedDifference {
  /** Of the first model less that of the second. */
  readonly difference: number;
  /** 95 % interval of the difference. */
  readonly interval: Interval;
  /** In which share of the samples the first model is better; a tie counts half. Koehn 2004 asks for 0.95. */
  readonly better: number;
  /** Two-sided: how often chance alone would show a difference as large, 0..1. */
  readonly pValue: number;
}

/** The same by a metric. */
export interface Difference extends PairedDifference {
  /** The figure's key. */
  readonly metric: string;
}

export interface BootstrapOptions {
  /** Samples drawn. */
  readonly samples: number;
  readonly seed: number;
}

export const DEFAULT_BOOTSTRAP: BootstrapOptions = { samples: 1000, seed: 1 };

/** Of the samples' figures. */
const CONFIDENCE = 0.95;

/**
 * 95 % intervals of every figure by the percentile bootstrap (Efron & Tibshirani 1993, section 13.3; for BLEU: Koehn
 * 2004, section 3): images are drawn with replacement, as many as there are, and the figures of the corpus taken again.
 */
export function intervalsOf(table: ScoreTable, options: BootstrapOptions = DEFAULT_BOOTSTRAP): Intervals {
  const figures = Array.from(samplesOf(table.length, options), (rows) => table.figuresOf(rows));
  return Object.fromEntries(
    Object.keys(table.figures()).map((key) => [key, percentileInterval(figures.map((drawn) => drawn[key] ?? NaN))]),
  );
}

/**
 * Paired bootstrap resampling (Koehn 2004, section 4): the same images are drawn for both models. The p-value shifts
 * the drawn differences to a mean of 0, as sacreBLEU does. A metric that one of the models was not measured by is left
 * out.
 *
 * @param first row by row of the same images as `second`
 * @throws RangeError when they differ in length
 */
export function compareModels(
  first: ScoreTable,
  second: ScoreTable,
  options: BootstrapOptions = DEFAULT_BOOTSTRAP,
): Difference[] {
  if (first.length !== second.length)
    throw new RangeError(`${first.length} captions cannot be paired with ${second.length}`);
  const pairs = Array.from(
    samplesOf(first.length, options),
    (rows) => [first.figuresOf(rows), second.figuresOf(rows)] as const,
  );
  const whole = [first.figures(), second.figures()] as const;
  const differenceOf = ([a, b]: readonly [Figures, Figures], key: string) => (a[key] ?? NaN) - (b[key] ?? NaN);
  return Object.keys(whole[0])
    .filter((key) => key in whole[1])
    .map((metric) => {
      return {
        metric,
        ...describeDifference(
          differenceOf(whole, metric),
          pairs.map((pair) => differenceOf(pair, metric)),
        ),
      };
    });
}

/**
 * The same for the means of a figure that every image has by itself.
 *
 * @param first in the order of the images of `second`, one at least
 */
export function compareMeans(
  first: readonly number[],
  second: readonly number[],
  options: BootstrapOptions = DEFAULT_BOOTSTRAP,
): PairedDifference {
  const differences = first.map((value, place) => value - (second[place] ?? NaN));
  const drawn = Array.from(
    samplesOf(first.length, options),
    (rows) => rows.reduce((sum, row) => sum + (differences[row] ?? NaN), 0) / rows.length,
  );
  return describeDifference(differences.reduce((sum, value) => sum + value, 0) / differences.length, drawn);
}

/** @param drawn the differences of the samples */
function describeDifference(difference: number, drawn: readonly number[]): PairedDifference {
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const asLarge = drawn.filter((value) => Math.abs(value - mean) >= Math.abs(difference)).length;
  const better = drawn.reduce((sum, value) => sum + (value > 0 ? 1 : value === 0 ? 0.5 : 0), 0) / drawn.length;
  return { difference, interval: percentileInterval(drawn), better, pValue: (asLarge + 1) / (drawn.length + 1) };
}

/** Rows of each sample, in one array that is filled anew every time. */
function* samplesOf(length: number, { samples, seed }: BootstrapOptions): Generator<Uint32Array> {
  const generator = xoroshiro128plus(seed);
  const rows = new Uint32Array(length);
  for (let sample = 0; sample < samples; sample++) {
    for (let place = 0; place < length; place++) rows[place] = uniformInt(generator, 0, length - 1);
    yield rows;
  }
}

function percentileInterval(values: readonly number[]): Interval {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) };
}

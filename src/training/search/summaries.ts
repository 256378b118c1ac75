/** The summaries of all photos of a training, which are small enough to stay in memory. */
import { STATISTICS } from '../../retrieval/joint-embedding.js';
import { summarise, SUMMARY_SIZE } from '../../retrieval/region-summary.js';
import type { TrainingData, ViewPlace } from '../data.js';

/** Views read at once. */
const CHUNK = 64;
/** Added to every deviation: a channel that is never active says nothing, however little it varies. */
const LEAST_DEVIATION = 1e-3;

export class Summaries {
  private constructor(
    private readonly values: Float32Array,
    /** The row of each image's first view. */
    private readonly starts: Uint32Array,
    /** Over the train split's views, by the names that the joint embedding gives them; [SUMMARY_SIZE] each. */
    readonly statistics: ReadonlyMap<string, Float32Array>,
  ) {}

  static async read(data: TrainingData): Promise<Summaries> {
    const places = data.images.flatMap(({ views }, index) => Array.from({ length: views }, (_, view) => ({ index, view })));
    const starts = new Uint32Array(data.images.length);
    places.forEach(({ index, view }, row) => { if (view === 0) starts[index] = row; });
    const values = new Float32Array(places.length * SUMMARY_SIZE);
    for (let first = 0; first < places.length; first += CHUNK) {
      const chunk = places.slice(first, first + CHUNK);
      const regions = await data.readRegions(chunk);
      const size = regions.length / chunk.length;
      chunk.forEach((_, place) => { values.set(summarise(regions.subarray(place * size, (place + 1) * size)), (first + place) * SUMMARY_SIZE); });
    }
    const trained = places.flatMap(({ index }, row) => (data.images[index]?.split === 'train' ? [row] : []));
    return new Summaries(values, starts, measure(values, trained));
  }

  /** [SUMMARY_SIZE] */
  of({ index, view }: ViewPlace): Float32Array {
    const row = (this.starts[index] ?? 0) + view;
    return this.values.subarray(row * SUMMARY_SIZE, (row + 1) * SUMMARY_SIZE);
  }
}

function measure(values: Float32Array, rows: readonly number[]): Map<string, Float32Array> {
  const over = (number: (value: number, column: number) => number) => {
    const sums = new Float64Array(SUMMARY_SIZE);
    for (const row of rows) {
      for (let column = 0; column < SUMMARY_SIZE; column++) sums[column] = (sums[column] ?? 0) + number(values[row * SUMMARY_SIZE + column] ?? 0, column);
    }
    return Float32Array.from(sums, (sum) => sum / rows.length);
  };
  const mean = over((value) => value);
  const variance = over((value, column) => (value - (mean[column] ?? 0)) ** 2);
  return new Map([[STATISTICS[0], mean], [STATISTICS[1], variance.map((square) => Math.sqrt(square) + LEAST_DEVIATION)]]);
}

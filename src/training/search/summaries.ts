/** The summaries of all photos of a training, made once: they take 4 KB a view and stay in memory. */
import { fromHalf, toHalf } from '../../half.js';
import { declareProjection, declareRegions, measureStatistics, summarise, SUMMARY_SIZE } from '../../retrieval/region-summary.js';
import { Graph } from '../../tensors/graph.js';
import { Session } from '../../tensors/session.js';
import type { ParameterValues } from '../engines/engine.js';
import type { TrainingData, ViewPlace } from '../data.js';

/** Views summarised at once. */
const CHUNK = 64;

export class Summaries {
  private constructor(
    /** float16 bits [views, SUMMARY_SIZE]. */
    private readonly bits: Uint16Array,
    /** The row of each image's first view. */
    private readonly starts: Uint32Array,
    /** What the summaries are standardised by, measured over the train split. */
    readonly statistics: ParameterValues,
  ) {}

  /** @param projection the parameters of `summarise` */
  static async make(data: TrainingData, projection: ParameterValues): Promise<Summaries> {
    const places = data.images.flatMap(({ views }, index) => Array.from({ length: views }, (_, view) => ({ index, view })));
    const starts = new Uint32Array(data.images.length);
    places.forEach(({ index, view }, row) => { if (view === 0) starts[index] = row; });
    const graph = new Graph();
    const session = await Session.create(graph, { summaries: summarise(declareProjection(graph), declareRegions(graph, CHUNK)) }, { fixed: projection });
    const bits = new Uint16Array(places.length * SUMMARY_SIZE);
    for (let first = 0; first < places.length; first += CHUNK) {
      const chunk = places.slice(first, first + CHUNK);
      const regions = await data.readRegions(chunk);
      const batch = new Float32Array((regions.length / chunk.length) * CHUNK);
      batch.set(fromHalf(regions));
      const made = (await session.run(new Map([['regions', batch]]))).get('summaries') ?? new Float32Array();
      bits.set(toHalf(made.subarray(0, chunk.length * SUMMARY_SIZE)), first * SUMMARY_SIZE);
    }
    await session.release();
    const row = (place: number) => fromHalf(bits.subarray(place * SUMMARY_SIZE, (place + 1) * SUMMARY_SIZE));
    const statistics = measureStatistics(function* () {
      for (const [place, { index }] of places.entries()) if (data.images[index]?.split === 'train') yield row(place);
    });
    return new Summaries(bits, starts, statistics);
  }

  /** [SUMMARY_SIZE] */
  of({ index, view }: ViewPlace): Float32Array {
    const row = (this.starts[index] ?? 0) + view;
    return fromHalf(this.bits.subarray(row * SUMMARY_SIZE, (row + 1) * SUMMARY_SIZE));
  }
}

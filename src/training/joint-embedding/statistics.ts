import { fromHalf } from '../../files/half.js';
import {
  declareProjection,
  declareRegions,
  declareWindow,
  glance,
  STATISTICS,
  summarySize,
} from '../../joint-embedding/region-summary.js';
import { windowsOf } from '../../joint-embedding/window.js';
import { Graph } from '../../tensors/graph.js';
import { Session } from '../../tensors/session.js';
import { regionValues } from '../../vision/encoder.js';
import type { TrainingData, ViewPlace } from '../data.js';
import type { ParameterValues } from '../engines/engine.js';

/** Photos summarised at once. */
const CHUNK = 32;
/** Photos measured at most: mean and deviation are known well enough from them. */
const MEASURED = 2000;
/** Added to every deviation: a channel that is never active says nothing, however little it varies. */
const LEAST_DEVIATION = 1e-3;

/** Summaries of whole photos [summarySize], in their order. */
export async function* summariesOf(
  data: TrainingData,
  projection: ParameterValues,
  places: readonly ViewPlace[],
): AsyncGenerator<Float32Array> {
  const graph = new Graph();
  const { shape } = data;
  const size = summarySize(shape);
  const { summary: summaries } = glance(
    declareProjection(graph, shape),
    declareRegions(graph, CHUNK, shape),
    declareWindow(graph, 'window', 1, shape),
  );
  const session = await Session.create(
    graph,
    { summaries },
    { fixed: new Map([...projection, ['window', windowsOf(shape.regions).whole]]) },
  );
  for (let first = 0; first < places.length; first += CHUNK) {
    const chunk = places.slice(first, first + CHUNK);
    const regions = new Float32Array(CHUNK * regionValues(shape));
    regions.set(fromHalf(await data.readRegions(chunk)));
    const made = (await session.run(new Map([['batch.regions', regions]]))).get('summaries') ?? new Float32Array();
    for (const row of chunk.keys()) yield made.subarray(row * size, (row + 1) * size);
  }
  await session.release();
}

/** What summaries are standardised by, measured on photos of the train split that are spread evenly over it. */
export async function measureStatistics(data: TrainingData, projection: ParameterValues): Promise<ParameterValues> {
  const train = data.images.flatMap(({ split }, index) => (split === 'train' ? [{ index, view: 0 }] : []));
  const every = Math.ceil(train.length / MEASURED);
  const summaries: Float32Array[] = [];
  for await (const summary of summariesOf(
    data,
    projection,
    train.filter((_, place) => place % every === 0),
  ))
    summaries.push(summary);
  const average = (number: (value: number, column: number) => number) =>
    Float32Array.from(
      { length: summarySize(data.shape) },
      (_, column) =>
        summaries.reduce((sum, summary) => sum + number(summary[column] ?? 0, column), 0) / summaries.length,
    );
  const means = average((value) => value);
  const variances = average((value, column) => (value - (means[column] ?? 0)) ** 2);
  return new Map([
    [STATISTICS[0], means],
    [STATISTICS[1], variances.map((square) => Math.sqrt(square) + LEAST_DEVIATION)],
  ]);
}

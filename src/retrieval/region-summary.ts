/**
 * What a photo's 49 regions come to: one vector of a fixed size. Nothing of it is learned by the search: the projection is a
 * captioner's, which has learned from captions what of a region can be put into words.
 */
import type { Parameters } from '../captioner/decoder.js';
import { PROJECTION, project } from '../captioner/decoder.js';
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import { concat, divide, max, mean, negate, relu, sqrt, subtract } from '../tensors/operations.js';
import { FEATURE_SIZE, REGIONS } from '../vision/features.js';

/** Numbers of a photo's summary. */
export const SUMMARY_SIZE = 4 * FEATURE_SIZE;

/** Mean and deviation of each number of the summary over the photos of a training. */
const STATISTICS = ['summary.mean', 'summary.deviation'] as const;

export type SummaryParameters = Readonly<Record<(typeof PROJECTION)[number] | (typeof STATISTICS)[number], Tensor>>;

/** The shape of each parameter of the summary. */
export const SUMMARY_SHAPES = {
  'regions.weight': [FEATURE_SIZE, FEATURE_SIZE],
  'regions.bias': [FEATURE_SIZE],
  'regions.gain': [FEATURE_SIZE],
  'regions.shift': [FEATURE_SIZE],
  'summary.mean': [SUMMARY_SIZE],
  'summary.deviation': [SUMMARY_SIZE],
} as const satisfies Record<keyof SummaryParameters, Shape>;

/** Declares the parameters of `summarise` as inputs of a graph. */
export function declareProjection(graph: Graph): Pick<Parameters, (typeof PROJECTION)[number]> {
  return Object.fromEntries(PROJECTION.map((name) => [name, graph.input(name, SUMMARY_SHAPES[name])])) as Pick<Parameters, (typeof PROJECTION)[number]>;
}

/** Photos as an input of a graph: [images, 49, 512]. */
export function declareRegions(graph: Graph, images: number): Tensor {
  return graph.input('regions', [images, REGIONS, FEATURE_SIZE]);
}

/**
 * What all regions have in common and what stands out in one: the mean and the maximum of each channel, of the regions as VGG16
 * sees them and as the captioner projects them. Each number is taken under its root, which makes a few loud channels less loud
 * (power normalisation; Perronnin et al. 2010, "Improving the Fisher kernel", section 3.1).
 *
 * @param regions [images, 49, 512]
 * @returns [images, SUMMARY_SIZE]
 */
export function summarise(p: Pick<Parameters, (typeof PROJECTION)[number]>, regions: Tensor): Tensor {
  const projected = project(p, regions);
  const pooled = [regions, projected].flatMap((values) => [mean(values, [1], false), max(values, [1], false)]);
  const all = concat(pooled, 1);
  return subtract(sqrt(relu(all)), sqrt(relu(negate(all))));
}

/** The summary's numbers with mean 0 and deviation 1 over the photos of the training. */
export function standardise(graph: Graph, summary: Tensor): Tensor {
  const [average, deviation] = STATISTICS.map((name) => graph.input(name, SUMMARY_SHAPES[name])) as [Tensor, Tensor];
  return divide(subtract(summary, average), deviation);
}

/** Added to every deviation: a channel that is never active says nothing, however little it varies. */
const LEAST_DEVIATION = 1e-3;

/** The parameters of `standardise`, measured. @param summaries [SUMMARY_SIZE] each; read twice */
export function measureStatistics(summaries: () => Iterable<Float32Array>): Map<(typeof STATISTICS)[number], Float32Array> {
  const average = (number: (value: number, column: number) => number) => {
    const sums = new Float64Array(SUMMARY_SIZE);
    let count = 0;
    for (const summary of summaries()) {
      count++;
      summary.forEach((value, column) => { sums[column] = (sums[column] ?? 0) + number(value, column); });
    }
    return Float32Array.from(sums, (sum) => sum / count);
  };
  const means = average((value) => value);
  const variances = average((value, column) => (value - (means[column] ?? 0)) ** 2);
  return new Map([[STATISTICS[0], means], [STATISTICS[1], variances.map((square) => Math.sqrt(square) + LEAST_DEVIATION)]]);
}

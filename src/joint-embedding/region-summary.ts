/**
 * What a photo's regions come to: one vector of a fixed size. Nothing of it is learned by the search: the projection is
 * a captioner's, which has learned from captions what of a region can be put into words.
 */
import type { Projection } from '../captioner/region-projection.js';
import { PROJECTION, project } from '../captioner/region-projection.js';
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import { add, concat, divide, max, multiply, negate, relu, sqrt, subtract, sum } from '../tensors/operations.js';
import type { RegionShape } from '../vision/encoder.js';

/** Mean and deviation of each number of the summary over photos of the training. */
export const STATISTICS = ['summary.mean', 'summary.deviation'] as const;

type Size = Pick<RegionShape, 'regionSize'>;

/** Numbers of a photo's summary. */
export function summarySize({ regionSize }: Size): number {
  return 4 * regionSize;
}

/** The shape of each parameter of the summary. */
export function summaryShapes({ regionSize }: Size) {
  const size = summarySize({ regionSize });
  return {
    'regions.weight': [regionSize, regionSize],
    'regions.bias': [regionSize],
    'regions.gain': [regionSize],
    'regions.shift': [regionSize],
    'summary.mean': [size],
    'summary.deviation': [size],
  } as const satisfies Record<keyof Projection | (typeof STATISTICS)[number], Shape>;
}

/** Declares the parameters of `glance` as inputs of a graph. */
export function declareProjection(graph: Graph, size: Size): Projection {
  const shapes = summaryShapes(size);
  return Object.fromEntries(PROJECTION.map((name) => [name, graph.input(name, shapes[name])])) as Projection;
}

/** Photos as an input of a graph: [images, regions, regionSize]. */
export function declareRegions(graph: Graph, images: number, { regions, regionSize }: RegionShape): Tensor {
  return graph.input('batch.regions', [images, regions, regionSize]);
}

/**
 * What of photos is looked at, as an input of a graph: [images, regions, 1], or [1, regions, 1] for the same of all;
 * see `window.ts`.
 */
export function declareWindow(
  graph: Graph,
  name: string,
  images: number,
  { regions }: Pick<RegionShape, 'regions'>,
): Tensor {
  return graph.input(name, [images, regions, 1]);
}

/** Subtracted from what is outside of the window, so that it is never the largest: far above any feature. */
const OUTSIDE = 1e4;

/** A photo as it is looked at. */
export interface Glance {
  /** What the captioner makes of its regions [images, regions, regionSize]. */
  readonly values: Tensor;
  /** Added to a region's score before a softmax: far below zero outside of the window [images or 1, regions, 1]. */
  readonly outside: Tensor;
  /** [images, summarySize] */
  readonly summary: Tensor;
}

/**
 * What the regions of a window have in common and what stands out in one: the mean and the maximum of each channel, of
 * the regions as the encoder sees them and as the captioner projects them. Each number is taken under its root, which
 * makes a few loud channels less loud (power normalisation; Perronnin et al. 2010, "Improving the Fisher kernel",
 * section 3.1).
 *
 * @param regions [images, regions, regionSize]
 * @param window [images, regions, 1] or [1, regions, 1]
 */
export function glance(p: Projection, regions: Tensor, window: Tensor): Glance {
  const share = divide(window, sum(window, [1]));
  const outside = multiply(subtract(window, 1), OUTSIDE);
  const values = project(p, regions);
  const pooled = [regions, values].flatMap((kind) => [
    sum(multiply(kind, share), [1], false),
    max(add(kind, outside), [1], false),
  ]);
  const all = concat(pooled, 1);
  return { values, outside, summary: subtract(sqrt(relu(all)), sqrt(relu(negate(all)))) };
}

/** The summary's numbers with mean 0 and deviation 1 over photos of the training. */
export function standardise(graph: Graph, summary: Tensor): Tensor {
  const [, size = 0] = summary.shape;
  const [average, deviation] = STATISTICS.map((name) => graph.input(name, [size])) as [Tensor, Tensor];
  return divide(subtract(summary, average), deviation);
}

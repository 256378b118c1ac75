/**
 * What a photo's 49 regions come to: one vector of a fixed size. Nothing of it is learned by the search: the projection is a
 * captioner's, which has learned from captions what of a region can be put into words.
 */
import type { Projection } from '../captioner/region-projection.js';
import { PROJECTION, project } from '../captioner/region-projection.js';
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import { add, concat, divide, max, multiply, negate, relu, sqrt, subtract, sum } from '../tensors/operations.js';
import { FEATURE_SIZE, REGIONS } from '../vision/features.js';

/** Numbers of a photo's summary. */
export const SUMMARY_SIZE = 4 * FEATURE_SIZE;

/** Mean and deviation of each number of the summary over photos of the training. */
export const STATISTICS = ['summary.mean', 'summary.deviation'] as const;

/** The shape of each parameter of the summary. */
export const SUMMARY_SHAPES = {
  'regions.weight': [FEATURE_SIZE, FEATURE_SIZE],
  'regions.bias': [FEATURE_SIZE],
  'regions.gain': [FEATURE_SIZE],
  'regions.shift': [FEATURE_SIZE],
  'summary.mean': [SUMMARY_SIZE],
  'summary.deviation': [SUMMARY_SIZE],
} as const satisfies Record<keyof Projection | (typeof STATISTICS)[number], Shape>;

/** Declares the parameters of `glance` as inputs of a graph. */
export function declareProjection(graph: Graph): Projection {
  return Object.fromEntries(PROJECTION.map((name) => [name, graph.input(name, SUMMARY_SHAPES[name])])) as Projection;
}

/** Photos as an input of a graph: [images, 49, 512]. */
export function declareRegions(graph: Graph, images: number): Tensor {
  return graph.input('batch.regions', [images, REGIONS, FEATURE_SIZE]);
}

/** What of photos is looked at, as an input of a graph: [images, 49, 1], or [1, 49, 1] for the same of all; see `window.ts`. */
export function declareWindow(graph: Graph, name: string, images: number): Tensor {
  return graph.input(name, [images, REGIONS, 1]);
}

/** Subtracted from what is outside of the window, so that it is never the largest: far above any feature. */
const OUTSIDE = 1e4;

/** A photo as it is looked at. */
export interface Glance {
  /** What the captioner makes of its regions [images, 49, 512]. */
  readonly values: Tensor;
  /** Added to a region's score before a softmax: far below zero outside of the window [images or 1, 49, 1]. */
  readonly outside: Tensor;
  /** [images, SUMMARY_SIZE] */
  readonly summary: Tensor;
}

/**
 * What the regions of a window have in common and what stands out in one: the mean and the maximum of each channel, of the
 * regions as VGG16 sees them and as the captioner projects them. Each number is taken under its root, which makes a few loud
 * channels less loud (power normalisation; Perronnin et al. 2010, "Improving the Fisher kernel", section 3.1).
 *
 * @param regions [images, 49, 512]
 * @param window [images, 49, 1] or [1, 49, 1]
 */
export function glance(p: Projection, regions: Tensor, window: Tensor): Glance {
  const share = divide(window, sum(window, [1]));
  const outside = multiply(subtract(window, 1), OUTSIDE);
  const values = project(p, regions);
  const pooled = [regions, values].flatMap((kind) => [sum(multiply(kind, share), [1], false), max(add(kind, outside), [1], false)]);
  const all = concat(pooled, 1);
  return { values, outside, summary: subtract(sqrt(relu(all)), sqrt(relu(negate(all)))) };
}

/** The summary's numbers with mean 0 and deviation 1 over photos of the training. */
export function standardise(graph: Graph, summary: Tensor): Tensor {
  const [average, deviation] = STATISTICS.map((name) => graph.input(name, SUMMARY_SHAPES[name])) as [Tensor, Tensor];
  return divide(subtract(summary, average), deviation);
}

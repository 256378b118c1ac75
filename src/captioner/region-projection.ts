/**
 * What a captioner makes of the encoder's regions before it looks at them. A search model takes it over from a
 * captioner.
 */
import type { Tensor } from '../tensors/graph.js';
import { add, divide, matmul, mean, multiply, relu, reshape, sqrt, subtract } from '../tensors/operations.js';

const LAYER_NORM_EPSILON = 1e-5;

/** The names of its parameters: a weight [regionSize, regionSize], and three vectors [regionSize]. */
export const PROJECTION = ['regions.weight', 'regions.bias', 'regions.gain', 'regions.shift'] as const;

export type Projection = Readonly<Record<(typeof PROJECTION)[number], Tensor>>;

/** Linear layer, ReLU and layer normalisation (Ba et al. 2016) of regions [images, regions, regionSize]. */
export function project(p: Projection, regions: Tensor): Tensor {
  const [images = 0, count = 0, size = 0] = regions.shape;
  const rows = reshape(regions, [images * count, size]);
  const projected = relu(add(matmul(rows, p['regions.weight']), p['regions.bias']));
  const centred = subtract(projected, mean(projected, [1]));
  const deviation = sqrt(add(mean(multiply(centred, centred), [1]), LAYER_NORM_EPSILON));
  const values = add(multiply(divide(centred, deviation), p['regions.gain']), p['regions.shift']);
  return reshape(values, [images, count, size]);
}

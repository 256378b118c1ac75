/**
 * Dropout (Srivastava et al. 2014), inverted: what is kept is scaled up by 1 / (1 - rate), so that the mean stays what
 * it was. Masks are drawn outside of the graph and fed as bytes.
 */
import type { Tensor } from '../tensors/graph.js';
import { cast, multiply } from '../tensors/operations.js';
import type { RandomStream } from './random.js';

/** Drawn with one bit a unit, and scaled by the mask itself. */
const HALF = 0.5;

/** What a mask has for a unit that is kept; for one that is dropped it has 0. */
const keptValue = (rate: number) => (rate === HALF ? 2 : 1);

/**
 * Which units are kept.
 *
 * @param rate the probability that a unit is dropped, above 0 and below 1
 */
export function dropoutMask(random: RandomStream, units: number, rate: number): Uint8Array {
  if (rate === HALF) return random.mask(units);
  const mask = new Uint8Array(units);
  for (let unit = 0; unit < units; unit++) mask[unit] = random.uniform() < rate ? 0 : keptValue(rate);
  return mask;
}

/** @param keep a mask of `dropoutMask` of the same rate; nothing is dropped without one */
export function drop(x: Tensor, keep: Tensor | undefined, rate: number): Tensor {
  if (!keep) return x;
  const kept = multiply(x, cast(keep, 'float32'));
  return rate === HALF ? kept : multiply(kept, 1 / ((1 - rate) * keptValue(rate)));
}

/** The decoder before its first training step. */
import type { Decoder } from '../captioner/decoder.js';
import { sizeOf } from '../tensors/graph.js';
import { RandomStream } from './random.js';

/**
 * Seeded starting values: matrices uniform in ±1/sqrt(inputs) (LeCun et al. 1998, "Efficient BackProp", section 4.6),
 * word vectors in ±0.1, vectors as the decoder says, otherwise 0.
 */
export function initialParameters(
  { shapes, inputs, initialVectors }: Decoder,
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      if (shape.length < 2) return [name, initialVectors.get(name)?.slice() ?? new Float32Array(sizeOf(shape))];
      const bound = name === 'embedding' ? 0.1 : 1 / Math.sqrt(inputs.get(name) ?? shape[0] ?? 1);
      return [name, uniformValues(sizeOf(shape), bound, seed, name)];
    }),
  );
}

/** Seeded numbers from -bound to bound, for the parameter of this name. */
export function uniformValues(size: number, bound: number, seed: number, name: string): Float32Array {
  const random = new RandomStream(seed, 'initial', name);
  return Float32Array.from({ length: size }, () => (random.uniform() * 2 - 1) * bound);
}

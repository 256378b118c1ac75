import { createHash } from 'node:crypto';

import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { VGG16_SHAPE } from './shape.js';

/** One 3x3 convolution with stride 1 and a border of one zero. */
export interface Convolution {
  /** Such as `features.0`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** [outputs, inputs, 3, 3] */
  readonly kernel: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
}

/** The thirteen convolutions of a network of VGG16's topology, in order. */
export interface Vgg16Weights {
  readonly convolutions: readonly Convolution[];
  /** SHA-256 over all tensors, kernel then bias, layer after layer: what the encoder's identity is made from. */
  readonly sha256: string;
}

/** How many convolutions stand before each of the five max-poolings. */
export const BLOCKS: readonly number[] = [2, 2, 3, 3, 3];

/** The weights with their hash. */
export function vgg16Weights(convolutions: readonly Convolution[]): Vgg16Weights {
  const hash = createHash('sha256');
  for (const { kernel, bias } of convolutions) hash.update(bytesOf(kernel)).update(bytesOf(bias));
  return { convolutions, sha256: hash.digest('hex') };
}

/** The numbers' bytes, not copied. */
export function bytesOf(numbers: Float32Array | Int32Array | Int8Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/**
 * Channels of the narrow network: an eighth of VGG16's, at the end as many, so that every consumer sees the usual
 * shape.
 */
const NARROW_OUTPUTS: readonly number[] = [8, 8, 16, 16, 32, 32, 32, 64, 64, 64, 64, 64, VGG16_SHAPE.regionSize];

/**
 * Makes up for the mean that a centred filter does not see: of a rectified normal variable it is 2 / pi of the mean
 * square.
 */
const CENTRING_GAIN = 1 / Math.sqrt(1 - 2 / Math.PI);

/**
 * A narrow network of VGG16's topology with seeded random weights, for tests and demonstrations on a machine without
 * the real ones. He's initialisation ("Delving deep into rectifiers", 2015, eq. 10) keeps the features' scale from
 * layer to layer. Each filter is centred to a sum of 0 (Huang et al. 2017, "Centered weight normalization"): what comes
 * out of a rectifier has a mean, and thirteen layers that pass it on see nothing else in the end. With it they tell
 * shapes apart.
 *
 * @param seed an integer; the same seed gives the same weights on every machine
 */
export function randomVgg16Weights(seed: number): Vgg16Weights {
  const generator = xoroshiro128plus(seed);
  let inputs = 3;
  const convolutions = NARROW_OUTPUTS.map((outputs, index): Convolution => {
    const size = inputs * 9;
    const limit = Math.sqrt(6 / size) * (index === 0 ? 1 : CENTRING_GAIN);
    const kernel = Float32Array.from({ length: outputs * size }, () => (2 * uniformFloat32(generator) - 1) * limit);
    for (let start = 0; start < kernel.length; start += size) centre(kernel.subarray(start, start + size));
    const convolution = { name: `random.${index}`, inputs, outputs, kernel, bias: new Float32Array(outputs) };
    inputs = outputs;
    return convolution;
  });
  return vgg16Weights(convolutions);
}

/** Subtracts the mean. */
function centre(numbers: Float32Array): void {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  numbers.forEach((value, index) => {
    numbers[index] = value - mean;
  });
}

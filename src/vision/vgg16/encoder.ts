/** VGG16 as an encoder: its convolutions, run by ONNX Runtime. */
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from '../../tensors/onnx-runtime.js';
import type { EncoderId } from '../../ids.js';
import { type Encoder, encoderOf, type ImageFeatures, type Network, regionValues } from '../encoder.js';
import type { EncoderInput, PhotoLimits } from '../photo.js';
import { halfBits } from '../../tensors/half-tensor.js';
import { VGG16_CALIBRATION } from './calibration.js';
import { type CalibrationRanges, INPUT_SIDE, vgg16Graph } from './graph.js';
import { integerOptions } from './integer-sums.js';
import { VGG16_MANIFEST } from './manifest.js';
import { VGG16_SHAPE } from './shape.js';
import { loadVgg16Weights, type WeightsOptions } from './weights-resolver.js';
import type { Vgg16Weights } from './weights.js';

/** float32 is the reference; int8 gives nearly the same features two to three times as fast. */
export type Precision = 'int8' | 'fp32';

export interface Vgg16Options extends WeightsOptions {
  /** `VGG16_PRECISION`. Random weights have no calibration: with them it is always fp32. */
  readonly precision: Precision;
  readonly photoLimits?: PhotoLimits;
  readonly threads?: number;
}

export interface Vgg16Settings {
  readonly precision: Precision;
  /** The ranges of the integer graph; those of torchvision's weights by default. */
  readonly calibration?: CalibrationRanges;
  readonly photoLimits?: PhotoLimits;
  /** Threads for one operation; ONNX Runtime's choice (the physical cores) by default. */
  readonly threads?: number;
}

/** The means and standard deviations of ImageNet's channels that torchvision's weights were trained with. */
export const VGG16_INPUT: EncoderInput = {
  side: INPUT_SIDE,
  channels: 'RGB',
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/**
 * Names what VGG16 computes: weights, precision, calibration and preprocessing are all in it, such as
 * `vgg16-fp32-40acdda7-fill224`.
 */
export function vgg16Id(
  weights: Vgg16Weights,
  { precision, calibration = VGG16_CALIBRATION }: Vgg16Settings,
): EncoderId {
  const quantisation =
    precision === 'int8' ? [createHash('sha256').update(JSON.stringify(calibration)).digest('hex').slice(0, 8)] : [];
  return ['vgg16', precision, weights.sha256.slice(0, 8), ...quantisation, 'fill224'].join('-') as EncoderId;
}

/**
 * Finds the weights and makes the encoder.
 *
 * @throws EkphrasisError as `loadVgg16Weights`
 */
export async function openVgg16Encoder(options: Vgg16Options): Promise<Encoder> {
  const weights = await loadVgg16Weights(options);
  const precision = weights.sha256 === VGG16_MANIFEST.sha256 ? options.precision : 'fp32';
  return createVgg16Encoder(weights, { ...options, precision });
}

/** Builds the network and compiles it: about a second, and 60 MB (int8: 15 MB) of weights. */
export async function createVgg16Encoder(weights: Vgg16Weights, settings: Vgg16Settings): Promise<Encoder> {
  const calibration = settings.precision === 'int8' ? (settings.calibration ?? VGG16_CALIBRATION) : undefined;
  const session = await InferenceSession.create(vgg16Graph(weights, { calibration }), {
    ...(settings.threads === undefined ? {} : { intraOpNumThreads: settings.threads }),
    ...(calibration === undefined ? {} : await integerOptions()),
    logSeverityLevel: 3,
  });
  const { regionSize } = VGG16_SHAPE;
  const description = { id: vgg16Id(weights, settings), ...VGG16_SHAPE, pooledSize: regionSize, input: VGG16_INPUT };
  return encoderOf(description, new Vgg16Network(session), settings.photoLimits);
}

class Vgg16Network implements Network {
  constructor(private readonly session: InferenceSession) {}

  async run(pixels: Float32Array, images: number): Promise<ImageFeatures[]> {
    const { pooled, regions } = await this.session.run({
      pixels: new Tensor('float32', pixels, [images, 3, INPUT_SIDE, INPUT_SIDE]),
    });
    const pooledNumbers = pooled?.data;
    if (!(pooledNumbers instanceof Float32Array) || regions === undefined)
      throw new TypeError('the network gave no features');
    const regionBits = halfBits(regions);
    const size = regionValues(VGG16_SHAPE);
    return Array.from({ length: images }, (_, index) => ({
      pooled: pooledNumbers.slice(index * VGG16_SHAPE.regionSize, (index + 1) * VGG16_SHAPE.regionSize),
      regions: regionBits.slice(index * size, (index + 1) * size),
    }));
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** Sees photos: VGG16's convolutions run by ONNX Runtime. */
import { createHash } from 'node:crypto';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import pLimit from 'p-limit';

import type { EncoderId } from '../ids.js';
import { VGG16_CALIBRATION } from './calibration.js';
import { FEATURE_SIZE, type ImageFeatures, REGIONS } from './features.js';
import { type CalibrationRanges, INPUT_SIDE, vgg16Graph } from './graph.js';
import { integerOptions } from './integer-sums.js';
import { decodePhoto, DEFAULT_PHOTO_LIMITS, normalise, type PhotoLimits } from './photo.js';
import { VGG16_MANIFEST } from './vgg16-manifest.js';
import { loadVgg16Weights, type WeightsOptions } from './weights-resolver.js';
import type { Vgg16Weights } from './weights.js';

/** float32 is the reference; int8 gives nearly the same features two to three times as fast. */
export type Precision = 'int8' | 'fp32';

export interface EncoderOptions extends WeightsOptions {
  /** `VGG16_PRECISION`. Random weights have no calibration: with them it is always fp32. */
  readonly precision: Precision;
  readonly photoLimits?: PhotoLimits;
  readonly threads?: number;
}

export interface EncoderSettings {
  readonly precision: Precision;
  /** The ranges of the integer graph; those of torchvision's weights by default. */
  readonly calibration?: CalibrationRanges;
  readonly photoLimits?: PhotoLimits;
  /** Threads for one operation; ONNX Runtime's choice (the physical cores) by default. */
  readonly threads?: number;
}

/** Photos computed at once: enough to keep two cores busy, few enough to stay under a few hundred megabytes. */
export const ENCODER_BATCH = 8;
/** sharp decodes in threads of its own; more at once only takes memory. */
const DECODERS = 4;

const INPUT_SIZE = 3 * INPUT_SIDE * INPUT_SIDE;

/**
 * Names what an encoder computes: two encoders of one name give the same features, up to rounding. Weights, precision,
 * calibration and preprocessing are all in it, such as `vgg16-fp32-40acdda7-fill224`.
 */
export function encoderId(weights: Vgg16Weights, { precision, calibration = VGG16_CALIBRATION }: EncoderSettings): EncoderId {
  const quantisation = precision === 'int8' ? [createHash('sha256').update(JSON.stringify(calibration)).digest('hex').slice(0, 8)] : [];
  return ['vgg16', precision, weights.sha256.slice(0, 8), ...quantisation, 'fill224'].join('-') as EncoderId;
}

export class Vgg16Encoder {
  private readonly limit = pLimit(DECODERS);

  private constructor(
    readonly id: EncoderId,
    private readonly session: InferenceSession,
    private readonly photoLimits: PhotoLimits,
  ) {}

  /**
   * Finds the weights and makes the encoder.
   *
   * @throws EkphrasisError as `loadVgg16Weights`
   */
  static async load(options: EncoderOptions): Promise<Vgg16Encoder> {
    const weights = await loadVgg16Weights(options);
    const precision = weights.sha256 === VGG16_MANIFEST.sha256 ? options.precision : 'fp32';
    return Vgg16Encoder.create(weights, { ...options, precision });
  }

  /** Builds the network and compiles it: about a second, and 60 MB (int8: 15 MB) of weights. */
  static async create(weights: Vgg16Weights, settings: EncoderSettings): Promise<Vgg16Encoder> {
    const calibration = settings.precision === 'int8' ? (settings.calibration ?? VGG16_CALIBRATION) : undefined;
    const session = await InferenceSession.create(vgg16Graph(weights, { calibration }), {
      ...(settings.threads === undefined ? {} : { intraOpNumThreads: settings.threads }),
      ...(calibration === undefined ? {} : await integerOptions()),
      logSeverityLevel: 3,
    });
    return new Vgg16Encoder(encoderId(weights, settings), session, settings.photoLimits ?? DEFAULT_PHOTO_LIMITS);
  }

  /**
   * The features of photos, in their order. It occupies the JavaScript thread while the network runs: a server calls it
   * through `InferenceClient`.
   *
   * @param photos whole files
   * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE when any of them cannot be read
   */
  async encode(photos: readonly Uint8Array[]): Promise<ImageFeatures[]> {
    const results = await this.encodeEach(photos);
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  /** As `encode`, but a photo that cannot be read fails alone. */
  async encodeEach(photos: readonly Uint8Array[]): Promise<PromiseSettledResult<ImageFeatures>[]> {
    const results: PromiseSettledResult<ImageFeatures>[] = [];
    for (let start = 0; start < photos.length; start += ENCODER_BATCH) {
      const batch = photos.slice(start, start + ENCODER_BATCH);
      const decoded = await Promise.allSettled(batch.map((photo) => this.limit(() => decodePhoto(photo, this.photoLimits))));
      const good = decoded.flatMap((result) => (result.status === 'fulfilled' ? [result.value.pixels] : []));
      const features = (await this.run(good)).values();
      for (const result of decoded) {
        if (result.status === 'rejected') {
          results.push(result);
          continue;
        }
        const next = features.next();
        if (!next.done) results.push({ status: 'fulfilled', value: next.value });
      }
    }
    return results;
  }

  /** Frees the network's memory. */
  close(): Promise<void> {
    return this.session.release();
  }

  private async run(batch: readonly Uint8Array[]): Promise<ImageFeatures[]> {
    if (batch.length === 0) return [];
    const input = new Float32Array(batch.length * INPUT_SIZE);
    batch.forEach((pixels, index) => {
      normalise(pixels, input.subarray(index * INPUT_SIZE, (index + 1) * INPUT_SIZE));
    });
    const { pooled, regions } = await this.session.run({ pixels: new Tensor('float32', input, [batch.length, 3, INPUT_SIDE, INPUT_SIDE]) });
    const pooledNumbers = pooled?.data;
    if (!(pooledNumbers instanceof Float32Array) || regions === undefined) throw new TypeError('the network gave no features');
    const regionBits = halfBits(regions);
    const size = REGIONS * FEATURE_SIZE;
    return batch.map((_, index) => ({
      pooled: pooledNumbers.slice(index * FEATURE_SIZE, (index + 1) * FEATURE_SIZE),
      regions: regionBits.slice(index * size, (index + 1) * size),
    }));
  }
}

/** The bits of a half-precision tensor: from Node 24 on ONNX Runtime hands out a Float16Array instead of a Uint16Array. */
function halfBits({ data }: Tensor): Uint16Array {
  if (!ArrayBuffer.isView(data)) throw new TypeError('the regions are no numbers');
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

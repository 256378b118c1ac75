/**
 * The port of encoders: what a network is asked to see photos for the rest of the program. VGG16 stands in `vgg16/`,
 * any network of an ONNX file in `onnx/`. How many numbers a photo comes to is said here alone: everything that keeps,
 * compares or learns from what is seen takes it from the encoder, or from the record that it was kept with.
 */
import pLimit from 'p-limit';
import type { EncoderId } from '../ids.js';
import { decodePhoto, DEFAULT_PHOTO_LIMITS, type EncoderInput, normalise, type PhotoLimits } from './photo.js';

/** What is seen of a photo: so many regions, each a vector. */
export interface RegionShape {
  /** Places of a photo. Where they make a square they are its rows from the top, each from the left. */
  readonly regions: number;
  /** Channels: numbers of a region. */
  readonly regionSize: number;
}

/** Whose regions they are. */
export interface RegionSource extends RegionShape {
  readonly id: EncoderId;
}

export interface EncoderDescription extends RegionSource {
  /** Names what is computed: two encoders of one name give the same features, up to rounding. */
  readonly id: EncoderId;
  /** Numbers of a photo as a whole: what photos are compared by. */
  readonly pooledSize: number;
  readonly input: EncoderInput;
}

export interface ImageFeatures {
  /** The photo as a whole [pooledSize]. */
  readonly pooled: Float32Array;
  /** float16 bits [regions * regionSize] */
  readonly regions: Uint16Array;
}

export interface Encoder extends EncoderDescription {
  /**
   * The features of photos, in their order. It occupies the JavaScript thread while the network runs: a server calls it
   * through `InferenceClient`.
   *
   * @param photos whole files
   * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE when any of them cannot be read
   */
  encode(photos: readonly Uint8Array[]): Promise<ImageFeatures[]>;
  /** As `encode`, but a photo that cannot be read fails alone. */
  encodeEach(photos: readonly Uint8Array[]): Promise<PromiseSettledResult<ImageFeatures>[]>;
  /** Frees the network's memory. */
  close(): Promise<void>;
}

/** How many numbers the regions of a photo are. */
export function regionValues({ regions, regionSize }: RegionShape): number {
  return regions * regionSize;
}

/** The description alone: it can be sent to another process. */
export function describeEncoder({
  id,
  regions,
  regionSize,
  pooledSize,
  input,
}: EncoderDescription): EncoderDescription {
  return { id, regions, regionSize, pooledSize, input };
}

/** A network that is open. */
export interface Network {
  /**
   * @param pixels [images, 3, side, side], as `EncoderInput` describes
   * @param images at least one, at most `ENCODER_BATCH`
   */
  run(pixels: Float32Array, images: number): Promise<ImageFeatures[]>;
  close(): Promise<void>;
}

/** Photos computed at once: enough to keep two cores busy, few enough to stay under a few hundred megabytes. */
export const ENCODER_BATCH = 8;
/** sharp decodes in threads of its own; more at once only takes memory. */
const DECODERS = 4;

/** An encoder of a network: photos are decoded side by side and seen in batches. */
export function encoderOf(
  description: EncoderDescription,
  network: Network,
  photoLimits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
): Encoder {
  const limit = pLimit(DECODERS);
  const { input } = description;
  const size = 3 * input.side * input.side;

  async function see(batch: readonly Uint8Array[]): Promise<ImageFeatures[]> {
    if (batch.length === 0) return [];
    const values = new Float32Array(batch.length * size);
    batch.forEach((pixels, index) => {
      normalise(pixels, input, values.subarray(index * size, (index + 1) * size));
    });
    return network.run(values, batch.length);
  }

  async function encodeEach(photos: readonly Uint8Array[]): Promise<PromiseSettledResult<ImageFeatures>[]> {
    const results: PromiseSettledResult<ImageFeatures>[] = [];
    for (let start = 0; start < photos.length; start += ENCODER_BATCH) {
      const batch = photos.slice(start, start + ENCODER_BATCH);
      const decoded = await Promise.allSettled(
        batch.map((photo) => limit(() => decodePhoto(photo, photoLimits, input.side))),
      );
      const good = decoded.flatMap((result) => (result.status === 'fulfilled' ? [result.value.pixels] : []));
      const features = (await see(good)).values();
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

  return {
    ...description,
    encodeEach,
    async encode(photos) {
      return (await encodeEach(photos)).map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    },
    close: () => network.close(),
  };
}

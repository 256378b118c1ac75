import {
  add,
  conv2d,
  maxPool,
  memory,
  relu,
  setBackend,
  tensor4d,
  tidy,
  transpose,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { Float16Array } from '@petamoriken/float16';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Encoder, ImageFeatures } from '../../../src/vision/encoder.js';
import type { CalibrationRanges } from '../../../src/vision/vgg16/graph.js';
import { decodePhoto, normalise } from '../../../src/vision/photo.js';
import { createVgg16Encoder, openVgg16Encoder, VGG16_INPUT, vgg16Id } from '../../../src/vision/vgg16/encoder.js';
import { BLOCKS, randomVgg16Weights } from '../../../src/vision/vgg16/weights.js';
import { cosine } from '../cosine.js';
import { drawnPicture } from '../pictures.js';

const weights = randomVgg16Weights(3);

describe('VGG16', () => {
  let encoder: Encoder;
  let photos: Uint8Array[];
  let features: ImageFeatures[];

  beforeAll(async () => {
    encoder = await createVgg16Encoder(weights, { precision: 'fp32' });
    photos = await Promise.all(Array.from({ length: 10 }, (_, seed) => drawnPicture(seed)));
    features = await encoder.encode(photos);
  });
  afterAll(() => encoder.close());

  it('gives 49 regions of 512 numbers and their mean for every photo', () => {
    expect(features).toHaveLength(10);
    for (const { pooled, regions } of features) {
      expect(pooled).toHaveLength(512);
      expect(regions).toHaveLength(49 * 512);
      const numbers = halves(regions);
      for (const channel of [0, 100, 511]) {
        let sum = 0;
        for (let region = 0; region < 49; region += 1) sum += numbers[region * 512 + channel] ?? 0;
        expect(pooled[channel]).toBeCloseTo(sum / 49, 2);
      }
    }
  });

  it('sees a photo alone as it sees it in a batch, and the same each time', async () => {
    for (const index of [0, 7, 9]) {
      const [alone] = await encoder.encode(photos.slice(index, index + 1));
      expect(cosine(alone?.pooled ?? [], features[index]?.pooled ?? [])).toBeGreaterThan(0.999999);
      const [again] = await encoder.encode(photos.slice(index, index + 1));
      expect(again).toEqual(alone);
    }
  });

  it('computes what another implementation computes (TensorFlow.js, its JavaScript backend)', async () => {
    const reference = await tensorflowFeatures(photos[4] ?? new Uint8Array(0));
    const numbers = halves(features[4]?.regions ?? new Uint16Array(0));
    let worst = 0;
    let largest = 0;
    reference.forEach((value, index) => {
      largest = Math.max(largest, value);
      worst = Math.max(worst, Math.abs(value - (numbers[index] ?? NaN)));
    });
    // Half precision keeps eleven bits.
    expect(worst).toBeLessThan(largest / 1000);
  });

  it('refuses a batch with a bad photo, or only that photo, as asked', async () => {
    const mixed = [photos[0] ?? new Uint8Array(0), Buffer.from('no photo'), photos[1] ?? new Uint8Array(0)];
    await expect(encoder.encode(mixed)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_IMAGE' }) as Error);
    const results = await encoder.encodeEach(mixed);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await encoder.encode([])).toEqual([]);
  });
});

describe("an encoder's identity", () => {
  const ranges = (largest: number): CalibrationRanges => ({
    input: { minimum: -2.2, maximum: 2.7 },
    convolutions: Array<number>(13).fill(largest),
  });

  it('names weights, precision, calibration and preprocessing', () => {
    const hash = weights.sha256.slice(0, 8);
    expect(vgg16Id(weights, { precision: 'fp32' })).toBe(`vgg16-fp32-${hash}-fill224`);
    expect(vgg16Id(weights, { precision: 'int8' })).toMatch(new RegExp(`^vgg16-int8-${hash}-[0-9a-f]{8}-fill224$`));
  });

  it('changes with each of them', () => {
    const ids = [
      vgg16Id(weights, { precision: 'fp32' }),
      vgg16Id(randomVgg16Weights(4), { precision: 'fp32' }),
      vgg16Id(weights, { precision: 'int8', calibration: ranges(9) }),
      vgg16Id(weights, { precision: 'int8', calibration: ranges(8) }),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('is float32 for random weights whatever was asked, because nobody has calibrated them', async () => {
    const encoder = await openVgg16Encoder({ weights: 'random:3', precision: 'int8', cacheDirectory: '/never-used' });
    expect(encoder.id).toBe(vgg16Id(weights, { precision: 'fp32' }));
    await encoder.close();
  });
});

function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(new Float16Array(bits.slice().buffer));
}

/** The last feature map [49 * 512] of the same network, built from TensorFlow.js's operators. */
async function tensorflowFeatures(photo: Uint8Array): Promise<Float32Array> {
  await setBackend('cpu');
  const { numTensors } = memory();
  const { pixels } = await decodePhoto(photo);
  const input = new Float32Array(3 * 224 * 224);
  normalise(pixels, VGG16_INPUT, input);
  const map = tidy(() => {
    let layer: Tensor4D = transpose(tensor4d(input, [1, 3, 224, 224]), [0, 2, 3, 1]);
    let next = 0;
    for (const count of BLOCKS) {
      for (const { kernel, bias, inputs, outputs } of weights.convolutions.slice(next, next + count)) {
        const filter: Tensor4D = transpose(tensor4d(kernel, [outputs, inputs, 3, 3]), [2, 3, 1, 0]);
        layer = relu(add<Tensor4D>(conv2d(layer, filter, 1, 'same'), tensor4d(bias, [1, 1, 1, outputs])));
      }
      layer = maxPool(layer, 2, 2, 'valid');
      next += count;
    }
    return layer;
  });
  const data = await map.data<'float32'>();
  map.dispose();
  expect(memory().numTensors).toBe(numTensors);
  return data;
}

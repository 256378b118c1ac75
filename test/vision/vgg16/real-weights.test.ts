/** Everything here needs torchvision's weights. */
import { Float16Array } from '@petamoriken/float16';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { Encoder, ImageFeatures } from '../../../src/vision/encoder.js';
import { createVgg16Encoder } from '../../../src/vision/vgg16/encoder.js';
import { VGG16_MANIFEST } from '../../../src/vision/vgg16/manifest.js';
import { loadVgg16Weights } from '../../../src/vision/vgg16/weights-resolver.js';
import type { Vgg16Weights } from '../../../src/vision/vgg16/weights.js';
import { cosine } from '../cosine.js';
import { drawnPicture } from '../pictures.js';

const where = inject('realWeights');

/**
 * The largest channels of a picture's pooled features, and the norm of all, as bench/vgg16/reference.py prints them.
 */
const PYTORCH = [
  [471, 7.684747695922852],
  [93, 6.937686443328857],
  [63, 4.808091640472412],
  [237, 4.493222713470459],
  [324, 4.415365695953369],
  [77, 3.785856008529663],
  [329, 3.741333246231079],
  [475, 3.3633828163146973],
] as const;
const PYTORCH_NORM = 18.20979118347168;

/** The picture that reference.py makes, pixel by pixel. */
function formulaPicture(): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, index) => {
    const [channel, column, row] = [index % 3, Math.floor(index / 3) % 224, Math.floor(index / (3 * 224))];
    return (column * 3 + row * 5 * (channel + 1) + ((column * row) >> 4)) & 255;
  });
  return sharp(pixels, { raw: { width: 224, height: 224, channels: 3 } })
    .png()
    .toBuffer();
}

describe.skipIf('missing' in where)('VGG16 with its real weights', () => {
  let weights: Vgg16Weights;
  const encoders: Encoder[] = [];
  let fp32: ImageFeatures[];
  let int8: ImageFeatures[];

  beforeAll(async () => {
    if ('missing' in where) return;
    weights = await loadVgg16Weights(where);
    const photos = await Promise.all([1, 2, 3].map((seed) => drawnPicture(seed)));
    encoders.push(
      await createVgg16Encoder(weights, { precision: 'fp32' }),
      await createVgg16Encoder(weights, { precision: 'int8' }),
    );
    fp32 = (await encoders[0]?.encode(photos)) ?? [];
    int8 = (await encoders[1]?.encode(photos)) ?? [];
  });
  afterAll(() => Promise.all(encoders.map((encoder) => encoder.close())));

  it('are those the manifest names', () => {
    expect(weights.sha256).toBe(VGG16_MANIFEST.sha256);
  });

  it('is known by an identity that features and models are stored with: it must not change', () => {
    expect(encoders.map(({ id }) => id)).toEqual([
      'vgg16-fp32-40acdda7-fill224',
      'vgg16-int8-40acdda7-039aa303-fill224',
    ]);
  });

  it('sees what PyTorch 2.13.0 sees with the same weights', async () => {
    const [seen] = (await encoders[0]?.encode([await formulaPicture()])) ?? [];
    for (const [channel, value] of PYTORCH)
      expect((seen?.pooled[channel] ?? NaN) / value, `channel ${channel}`).toBeCloseTo(1, 3);
    expect(Math.hypot(...(seen?.pooled ?? [])) / PYTORCH_NORM).toBeCloseTo(1, 3);
  });

  it('sees nearly the same in 8-bit integers as in float32', () => {
    const floats = (bits: Uint16Array) => new Float16Array(bits.slice().buffer);
    fp32.forEach(({ pooled, regions }, index) => {
      expect(cosine(pooled, int8[index]?.pooled ?? [])).toBeGreaterThan(0.99);
      expect(cosine(floats(regions), floats(int8[index]?.regions ?? new Uint16Array(0)))).toBeGreaterThan(0.99);
    });
  });

  it('tells different pictures apart', () => {
    expect(cosine(fp32[0]?.pooled ?? [], fp32[1]?.pooled ?? [])).toBeLessThan(0.98);
  });
});

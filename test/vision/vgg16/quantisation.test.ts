import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { activationScale, quantiseBias, quantiseKernel } from '../../../src/vision/vgg16/quantisation.js';

/** A scale is a float32: below this it would have too few bits of its own. No range of a network comes near. */
const TINY = 1e-30;
const orZero = (value: number) => (Math.abs(value) < TINY ? 0 : value);

describe('quantisation', () => {
  it('meets zero exactly and holds the whole range in a byte', () => {
    const finite = fc.double({ min: -1000, max: 1000, noNaN: true }).map(orZero);
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const range = { minimum: Math.min(a, b), maximum: Math.max(a, b) };
        const { scale, zeroPoint } = activationScale(range);
        expect(scale).toBeGreaterThan(0);
        expect(Number.isInteger(zeroPoint)).toBe(true);
        expect(zeroPoint).toBeGreaterThanOrEqual(0);
        expect(zeroPoint).toBeLessThanOrEqual(255);
        expect((255 - zeroPoint) * scale).toBeGreaterThanOrEqual(range.maximum - scale);
        expect(-zeroPoint * scale).toBeLessThanOrEqual(range.minimum + scale);
      }),
    );
  });

  it('gives a zero point of 0 to what ReLU has passed', () => {
    expect(activationScale({ minimum: 0, maximum: 51 })).toEqual({ scale: Math.fround(0.2), zeroPoint: 0 });
  });

  it('quantises each output channel by its own largest weight, to half a step', () => {
    const weight = fc.float({ min: -4, max: 4, noNaN: true }).map(orZero);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(weight),
        (outputs, size, stream) => {
          const kernel = Float32Array.from(stream.take(outputs * size));
          const { data, scales } = quantiseKernel(kernel, outputs);
          expect(scales).toHaveLength(outputs);
          kernel.forEach((value, index) => {
            const scale = scales[Math.floor(index / size)] ?? 0;
            expect(Math.abs(value - (data[index] ?? 0) * scale)).toBeLessThanOrEqual(scale * 0.501);
          });
        },
      ),
    );
  });

  it('keeps a channel of zeros at zero', () => {
    expect(quantiseKernel(Float32Array.of(0, 0, 3, -6), 2)).toEqual({
      data: Int8Array.of(0, 0, 64, -127),
      scales: Float32Array.of(1, 6 / 127),
    });
  });

  it('writes a bias in the scale of the sums, and never beyond 32 bits', () => {
    const { data, scales } = quantiseBias(Float32Array.of(1, -1, 1e9), 0.5, Float32Array.of(0.25, 0.125, 1e-6));
    expect(data).toEqual(Int32Array.of(8, -16, 0x7fffffff));
    expect(scales[1]).toBe(0.0625);
  });
});

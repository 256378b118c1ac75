import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropoutMask } from '../../src/training/dropout.js';
import { RandomStream } from '../../src/training/random.js';

const UNITS = 20_000;

test('a mask keeps the share that it is to keep', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0.05, max: 0.9, noNaN: true }), (seed, rate) => {
      const mask = dropoutMask(new RandomStream(seed), UNITS, rate);
      const kept = mask.filter((value) => value > 0).length / UNITS;
      // Six standard deviations.
      expect(Math.abs(kept - (1 - rate))).toBeLessThan(6 * Math.sqrt((rate * (1 - rate)) / UNITS));
      expect(new Set(mask).size).toBe(2);
    }),
    { numRuns: 30 },
  );
});

test('one half is drawn with one bit a unit, as it always was: trainings of before repeat', () => {
  expect(dropoutMask(new RandomStream(3, 'keep'), 1000, 0.5)).toEqual(new RandomStream(3, 'keep').mask(1000));
});

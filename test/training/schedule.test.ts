import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../src/training/schedule.js';

describe('the learning rate', () => {
  it('rises in a line to its highest value, then falls to a fiftieth of it', () => {
    const at = (step: number) => learningRateAt(step, 3740, 1.5e-3, 200);
    expect(at(1)).toBeCloseTo(1.5e-3 / 200, 10);
    expect(at(100)).toBeCloseTo(0.75e-3, 10);
    expect(at(200)).toBeCloseTo(1.5e-3, 10);
    expect(at(1970)).toBeCloseTo(1.5e-3 * (0.02 + 0.98 / 2), 6);
    expect(at(3740)).toBeCloseTo(3e-5, 10);
  });

  it('stays within its bounds in trainings of any length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, warmUp, share) => {
          const rate = learningRateAt(Math.max(1, Math.ceil(share * total)), total, 1, warmUp);
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SlidingRate } from '../../src/monitoring/rate.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('work that goes evenly has its own rate from two seconds on, whenever it was looked at and begun', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 50 }),
      (begun, perSecond, pauses) => {
        const rate = new SlidingRate(begun);
        let milliseconds = 0;
        for (const pause of pauses) {
          vi.advanceTimersByTime(pause);
          milliseconds += pause;
          rate.add(begun + (perSecond * milliseconds) / 1000);
          if (milliseconds < 2000) expect(rate.perSecond).toBeUndefined();
          else expect(rate.perSecond).toBeCloseTo(perSecond, 3);
        }
      },
    ),
  );
});

test('after half a minute only what was done lately counts', () => {
  const rate = new SlidingRate();
  for (let second = 1; second <= 60; second += 1) {
    vi.advanceTimersByTime(1000);
    rate.add(second <= 20 ? 100 * second : 2000 + 10 * (second - 20));
  }
  expect(rate.perSecond).toBeCloseTo(10);
  expect(rate.secondsFor(50)).toBeCloseTo(5);
  expect(rate.secondsFor(0)).toBe(0);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParameterAverage } from '../../src/training/parameter-average.js';

const NAME = 'output.bias';
const valuesOf = (numbers: readonly number[]) => new Map([[NAME, Float32Array.from(numbers)]] as const);

function averageOf(steps: readonly number[], decay: number): number {
  const average = ParameterAverage.from(valuesOf([1000]), decay);
  steps.forEach((value, index) => {
    average.add(valuesOf([value]), index + 1);
  });
  return average.parameters.get(NAME)?.[0] ?? NaN;
}

const numbers = fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 30 });

test('the first steps count alike, and the starting values not at all', () => {
  fc.assert(
    fc.property(numbers, (steps) => {
      const mean = steps.reduce((sum, value) => sum + value, 0) / steps.length;
      expect(averageOf(steps, 0.999)).toBeCloseTo(mean, 3);
    }),
  );
});

test('later each step takes its share, and what came before fades by the decay', () => {
  const decay = 0.5;
  const steps = [3, -1, 4, 1, -5, 9];
  const expected = steps.reduce(
    (before, value, index) => before + Math.max(1 - decay, 1 / (index + 1)) * (value - before),
    0,
  );
  expect(averageOf(steps, decay)).toBeCloseTo(expected, 5);
});

test('without decay it is the last step', () => {
  fc.assert(
    fc.property(numbers, (steps) => {
      expect(averageOf(steps, 0)).toBeCloseTo(steps.at(-1) ?? NaN, 6);
    }),
  );
});

test('what it starts from is not written to', () => {
  const values = valuesOf([1]);
  ParameterAverage.from(values, 0.9).add(valuesOf([2]), 1);
  expect(values.get(NAME)).toEqual(Float32Array.of(1));
});

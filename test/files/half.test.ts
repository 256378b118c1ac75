import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../src/files/half.js';

/**
 * The value of a half-precision number by its definition (IEEE 754-2019, section 3.4): sign, 5 bits of exponent, 10 of
 * fraction.
 */
function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const everyHalf = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits);

test('every half-precision number has the value that its bits define', () => {
  const mistakes = [...fromHalf(everyHalf)].filter((value, bits) => !Object.is(value, valueOf(bits)));
  expect(mistakes).toEqual([]);
});

test('every half-precision number comes back as the same bits', () => {
  const numbers = everyHalf.filter((bits) => !Number.isNaN(valueOf(bits)));
  expect(toHalf(fromHalf(numbers))).toEqual(numbers);
});

test('a number becomes the nearest there is', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_000, max: 65_000, noNaN: true }), (number) => {
      const [bits = 0] = toHalf([number]);
      const distance = Math.abs(valueOf(bits) - number);
      for (const neighbour of [bits - 1, bits + 1]) {
        const other = Math.abs(valueOf(neighbour & 0xffff) - number);
        if (!Number.isNaN(other)) expect(distance).toBeLessThanOrEqual(other);
      }
    }),
  );
});

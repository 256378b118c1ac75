import { expect, test } from 'vitest';
import { windowsOf } from '../../src/joint-embedding/window.js';

const inside = (window: Float32Array) => [...window.keys()].filter((region) => window[region] === 1);

test('the whole photo is all regions, a framing a square of them', () => {
  const { whole, corners } = windowsOf(9);
  expect(inside(whole)).toHaveLength(9);
  expect(corners.map(inside)).toEqual([
    [0, 1, 3, 4],
    [1, 2, 4, 5],
    [3, 4, 6, 7],
    [4, 5, 7, 8],
  ]);
});

test('of 7 x 7 regions framings differ, have 36 or 25 regions, and every region is in one', () => {
  const { framings, corners } = windowsOf(49);
  const all = framings.map(inside);
  expect(new Set(all.map((regions) => regions.join())).size).toBe(4 + 9);
  expect(new Set(all.map(({ length }) => length))).toEqual(new Set([36, 25]));
  expect(new Set(all.flat()).size).toBe(49);
  expect(corners.every((corner) => framings.includes(corner) && inside(corner).length === 36)).toBe(true);
});

test.each([1, 4, 12])(
  '%d regions are looked at as a whole only: a part would be half of the photo or less, or there is no grid',
  (regions) => {
    expect(windowsOf(regions)).toEqual({ whole: new Float32Array(regions).fill(1), framings: [], corners: [] });
  },
);

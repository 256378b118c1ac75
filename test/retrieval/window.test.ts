import { expect, test } from 'vitest';
import { CORNERS, FRAMINGS, WHOLE, windowOf } from '../../src/retrieval/window.js';

const inside = (window: Float32Array) => [...window.keys()].filter((region) => window[region] === 1);

test('the whole photo is all regions, a framing a square of them', () => {
  expect(inside(windowOf(WHOLE))).toHaveLength(49);
  expect(inside(windowOf({ top: 1, left: 2, side: 2 }))).toEqual([9, 10, 16, 17]);
});

test('framings differ, have 36 or 25 regions, and every region is in one', () => {
  const all = FRAMINGS.map((square) => inside(windowOf(square)));
  expect(new Set(all.map((regions) => regions.join())).size).toBe(4 + 9);
  expect(new Set(all.map(({ length }) => length))).toEqual(new Set([36, 25]));
  expect(new Set(all.flat()).size).toBe(49);
  expect(CORNERS.every((corner) => FRAMINGS.includes(corner) || inside(windowOf(corner)).length === 36)).toBe(true);
});

import { expect, test } from 'vitest';
import { fuseRankings } from '../../src/search/fusion.js';

test('what both rankings have stands ahead of what only one has, as the paper reckons', () => {
  const fused = fuseRankings([
    ['a', 'b', 'c'],
    ['c', 'd'],
  ]);
  expect(fused.map(({ id }) => id)).toEqual(['c', 'a', 'b', 'd']);
  expect(fused[0]).toEqual({ id: 'c', score: 1 / 63 + 1 / 61, ranks: [3, 1] });
  expect(fused[3]).toEqual({ id: 'd', score: 1 / 62, ranks: [undefined, 2] });
});

test('equals stand in the order of their ids, and an empty ranking adds nothing', () => {
  expect(fuseRankings([['b'], ['a']]).map(({ id }) => id)).toEqual(['a', 'b']);
  expect(fuseRankings([[], ['b', 'a']]).map(({ id, ranks }) => [id, ...ranks])).toEqual([
    ['b', undefined, 1],
    ['a', undefined, 2],
  ]);
  expect(fuseRankings([[], []])).toEqual([]);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreement, EVIDENCE_POWER, withoutEchoes } from '../../src/captioner/consensus.js';

/** CIDEr-D's similarity of two sentences with all weights 1, written out anew. */
function alike(a: readonly number[], b: readonly number[]): number {
  const counts = (words: readonly number[], n: number) => {
    const found = new Map<string, number>();
    for (let start = 0; start + n <= words.length; start++) {
      const key = words.slice(start, start + n).join();
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    return found;
  };
  const norm = (found: Map<string, number>) => Math.hypot(...found.values());
  let total = 0;
  for (const n of [1, 2, 3, 4]) {
    const [mine, other] = [counts(a, n), counts(b, n)];
    if (mine.size === 0 || other.size === 0) continue;
    let product = 0;
    for (const [key, count] of mine) product += Math.min(count, other.get(key) ?? 0) * (other.get(key) ?? 0);
    total += product / (norm(mine) * norm(other));
  }
  // The length is the number of bigrams.
  const length = (words: readonly number[]) => Math.max(0, words.length - 1);
  return (total / 4) * Math.exp(-((length(a) - length(b)) ** 2) / 72);
}

test('agreement is the mean similarity to all captions, by the power of their probabilities', () => {
  const caption = fc.record({
    words: fc.array(fc.integer({ min: 4, max: 8 }), { minLength: 1, maxLength: 8 }),
    logProbability: fc.double({ min: -30, max: -1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(caption, { minLength: 1, maxLength: 6 }), (candidates) => {
      const weights = candidates.map(({ logProbability }) => Math.exp(logProbability) ** EVIDENCE_POWER);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const expected = candidates.map(({ words }) =>
        candidates.reduce((sum, other, place) => sum + ((weights[place] ?? 0) / total) * alike(words, other.words), 0),
      );
      agreement(candidates).forEach((value, place) => {
        expect(value).toBeCloseTo(expected[place] ?? NaN, 9);
      });
    }),
  );
});

test('what several captions say comes before one that stands alone, however probable it is by a little', () => {
  const candidates = [
    { words: [9, 10, 11, 12], logProbability: -5 },
    { words: [4, 5, 6, 7], logProbability: -5.2 },
    { words: [4, 5, 6, 8], logProbability: -5.3 },
    { words: [4, 5, 6], logProbability: -5.4 },
  ];
  const scores = agreement(candidates);
  expect(Math.max(...scores)).not.toBe(scores[0]);
});

test('a caption that joins a thing with its like is passed over, unless every one does', () => {
  const echoes = [
    'a woman and a woman are smiling',
    'a white and white dog runs',
    'a man in a hat and hat',
    'a dog and another dog play',
  ];
  const sound = [
    'a woman and a man are smiling',
    'a black and white dog',
    'two women',
    'a dog and a doghouse',
    'a hand and a handle',
  ];
  expect(withoutEchoes([...echoes, ...sound], (text) => text)).toEqual(sound);
  expect(withoutEchoes(echoes, (text) => text)).toEqual(echoes);
  expect(withoutEchoes([], String)).toEqual([]);
});

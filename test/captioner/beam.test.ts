import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BeamSettings } from '../../src/captioner/beam.js';
import { BeamSearch } from '../../src/captioner/beam.js';
import { END } from '../../src/language/vocabulary.js';

const VOCABULARY = 7;
/** The words that may be said: 4, 5, 6 and the end. */
const SAYABLE = [END, 4, 5, 6];

/** A language model made of numbers: log-probabilities of the next word that depend on all words before it. */
function modelOf(numbers: readonly number[]): (words: readonly number[]) => Float32Array {
  return (words) => {
    const place = words.reduce((sum, word) => (sum * 31 + word) % 1009, 7);
    const raw = Array.from({ length: VOCABULARY }, (_, word) =>
      Math.exp(numbers[(place + word * 17) % numbers.length] ?? 0),
    );
    const total = raw.reduce((sum, value) => sum + value, 0);
    return Float32Array.from(raw, (value) => Math.log(value / total));
  };
}

function search(model: (words: readonly number[]) => Float32Array, settings: BeamSettings) {
  const beam = new BeamSearch(settings);
  while (!beam.done) {
    const rows = beam.hypotheses.map(({ words }) => model(words));
    const scores = new Float32Array(rows.length * VOCABULARY);
    rows.forEach((row, index) => {
      scores.set(row, index * VOCABULARY);
    });
    beam.advance(scores, VOCABULARY);
  }
  return beam.results();
}

/** The best score of all captions there are, by trying them all. */
function exhaustive(model: (words: readonly number[]) => Float32Array, settings: BeamSettings): number {
  const visit = (words: readonly number[], logProbability: number): number => {
    const row = model(words);
    const ended =
      words.length === 0
        ? -Infinity
        : (logProbability + (row[END] ?? 0)) / (words.length + 1) ** settings.lengthExponent;
    if (words.length === settings.maximumLength) return ended;
    const longer = SAYABLE.slice(1).map((word) => visit([...words, word], logProbability + (row[word] ?? 0)));
    return Math.max(ended, ...longer);
  };
  return visit([], 0);
}

const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 20, maxLength: 60 });

describe('beam search', () => {
  it('finds the best caption of all when the beam is wide enough to hold them', () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom(0, 0.7, 1), (values, lengthExponent) => {
        const settings = { beamWidth: 200, lengthExponent, maximumLength: 3 };
        expect(search(modelOf(values), settings)[0]?.score).toBeCloseTo(exhaustive(modelOf(values), settings), 4);
      }),
      { numRuns: 50 },
    );
  });

  it('with a width of one takes the most probable word each time', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const model = modelOf(values);
        const settings = { beamWidth: 1, lengthExponent: 0.7, maximumLength: 2 };
        const words: number[] = [];
        while (words.length < settings.maximumLength) {
          const row = model(words);
          const word = SAYABLE.slice(words.length === 0 ? 1 : 0).reduce((best, other) =>
            (row[other] ?? 0) > (row[best] ?? 0) ? other : best,
          );
          if (word === END) break;
          words.push(word);
        }
        expect(search(model, settings)[0]?.words).toEqual(words);
      }),
    );
  });

  it('gives captions best first, none twice, with probabilities that multiply to the whole', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 5 }), (values, beamWidth) => {
        const results = search(modelOf(values), { beamWidth, lengthExponent: 0.7, maximumLength: 8 });
        expect(results.length).toBeGreaterThan(0);
        expect(results.length).toBeLessThanOrEqual(beamWidth);
        expect(new Set(results.map(({ words }) => words.join())).size).toBe(results.length);
        results.forEach(({ score, logProbability, logProbabilities, words }, index) => {
          expect(score).toBeLessThanOrEqual(results[index - 1]?.score ?? Infinity);
          expect(logProbabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logProbability, 4);
          expect(logProbabilities).toHaveLength(words.length + 1);
          expect(words.length).toBeGreaterThan(0);
          expect(words.every((word) => SAYABLE.slice(1).includes(word))).toBe(true);
        });
      }),
    );
  });

  it('says no three words twice', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        for (const { words } of search(modelOf(values), { beamWidth: 3, lengthExponent: 1, maximumLength: 14 })) {
          const threes = words.slice(2).map((word, index) => [words[index], words[index + 1], word].join());
          expect(new Set(threes).size).toBe(threes.length);
        }
      }),
    );
  });
});

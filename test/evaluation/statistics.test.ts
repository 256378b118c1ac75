import { describe, expect, it } from 'vitest';
import { compareModels, intervalsOf } from '../../src/evaluation/bootstrap.js';
import { humanCeiling } from '../../src/evaluation/ceiling.js';
import { agreedContentWords } from '../../src/evaluation/content-words.js';
import { kendall, spearman } from '../../src/evaluation/correlation.js';
import { diversityOf } from '../../src/evaluation/diversity.js';
import { bleuAmong } from '../../src/metrics/bleu.js';
import { scoreCaptions, ScoreTable } from '../../src/metrics/scores.js';
import { tokenise } from '../../src/language/tokeniser.js';

const NOUNS = ['dog', 'cat', 'man', 'girl', 'boat', 'horse', 'bird', 'child'];
const VERBS = ['runs', 'sleeps', 'jumps', 'sits', 'waits'];
const sentence = (index: number) =>
  `a ${NOUNS[index % 8] ?? ''} ${VERBS[index % 5] ?? ''} near a ${NOUNS[(index * 3 + 1) % 8] ?? ''}`;
const references = Array.from({ length: 120 }, (_, index) =>
  [sentence(index), sentence(index + 40)].map((text) => tokenise(text)),
);
/** Captions of which every `wrong`th is another image's. */
const captions = (wrong: number) =>
  new ScoreTable(
    scoreCaptions(
      Array.from({ length: 120 }, (_, index) => tokenise(sentence(index % wrong === 0 ? index + 3 : index))),
      references,
    ),
  );

describe('a 95 % interval', () => {
  it('holds the figure itself, and is the same for the same seed', () => {
    const table = captions(3);
    const intervals = intervalsOf(table);
    const figures = Object.entries(table.figures());
    expect(Object.keys(intervals)).toEqual(figures.map(([key]) => key));
    for (const [key, figure] of figures) {
      expect(intervals[key]?.low).toBeLessThan(figure);
      expect(intervals[key]?.high).toBeGreaterThan(figure);
    }
    expect(intervalsOf(table)).toEqual(intervals);
    expect(intervalsOf(table, { samples: 1000, seed: 2 })).not.toEqual(intervals);
  });

  it('of a mean is about 1.96 standard errors on either side', () => {
    const table = captions(3);
    const values = Array.from({ length: table.length }, (_, row) => table.figuresOf([row]).cider ?? NaN);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length ** 2);
    const { low, high } = intervalsOf(table).cider ?? { low: NaN, high: NaN };
    expect((high - low) / (2 * 1.96 * error)).toBeCloseTo(1, 1);
  });
});

describe('two models compared on the same images', () => {
  it('the one that is wrong less often is better, beyond chance', () => {
    for (const { difference, better, pValue, interval } of compareModels(captions(10), captions(2))) {
      expect(difference).toBeGreaterThan(0);
      expect(interval.low).toBeGreaterThan(0);
      expect(better).toBe(1);
      expect(pValue).toBeLessThan(0.01);
    }
  });

  it('a model is not better than itself', () => {
    for (const { difference, better, pValue } of compareModels(captions(4), captions(4))) {
      expect({ difference, better, pValue }).toEqual({ difference: 0, better: 0.5, pValue: 1 });
    }
  });

  it('models that are wrong as often as each other, about other images, cannot be told apart', () => {
    const shifted = new ScoreTable(
      scoreCaptions(
        Array.from({ length: 120 }, (_, index) => tokenise(sentence(index % 4 === 2 ? index + 3 : index))),
        references,
      ),
    );
    for (const { pValue } of compareModels(captions(4), shifted)) expect(pValue).toBeGreaterThan(0.05);
  });
});

describe('people measured against each other', () => {
  it('reach the highest figures where they all write the same, and low ones where no two agree', () => {
    const agreed = humanCeiling(
      [
        ['a dog runs on grass', 'a dog runs on grass'],
        ['two boats on the sea', 'two boats on the sea'],
      ].map((own) => own.map((text) => tokenise(text))),
    );
    expect(bleuAmong(agreed ?? {})).toEqual([1, 1, 1, 1]);
    expect(agreed?.rougeL).toBeCloseTo(1, 12);
    const apart = humanCeiling([['a dog runs', 'one brown animal']].map((own) => own.map((text) => tokenise(text))));
    expect(apart).toMatchObject({ rougeL: 0, meteorStem: 0, cider: 0 });
  });

  it('are measured only where a photo has more than one caption', () => {
    expect(humanCeiling([[tokenise('a dog')]])).toBeUndefined();
  });
});

describe('diversity', () => {
  it('counts what is said once only, what was read before, and how long captions are', () => {
    const said = ['a dog runs', 'a dog runs', 'a cat sleeps here'].map((text) => tokenise(text));
    expect(diversityOf(said, new Set(['a dog runs', 'a boat']))).toEqual({
      distinctCaptions: 2,
      distinct1: 6 / 10,
      distinct2: 5 / 7,
      vocabulary: 6,
      novel: 1 / 3,
      meanLength: 10 / 3,
      lengths: [0, 0, 0, 2, 1],
    });
    expect(diversityOf(said, undefined).novel).toBeNull();
  });
});

describe('how much there is to say about a photo', () => {
  it('is the number of things that at least two people name, whatever their form', () => {
    const own = ['Two dogs run on the beach', 'a dog running along the beach', 'a puppy near the sea'].map((text) =>
      tokenise(text),
    );
    expect(agreedContentWords(own)).toBe(3);
    expect(agreedContentWords([tokenise('a dog on the grass')])).toBe(2);
    expect(agreedContentWords([tokenise('it is')])).toBe(0);
  });
});

describe('rank correlations', () => {
  it('are 1 for the same order, -1 for the reverse, and none where nothing differs', () => {
    const values = [3, 1, 4, 1.5, 9];
    for (const correlation of [spearman, kendall]) {
      expect(
        correlation(
          values,
          values.map((value) => value ** 3),
        ),
      ).toBeCloseTo(1, 12);
      expect(
        correlation(
          values,
          values.map((value) => -value),
        ),
      ).toBeCloseTo(-1, 12);
      expect(correlation(values, [2, 2, 2, 2, 2])).toBeNaN();
    }
  });
});

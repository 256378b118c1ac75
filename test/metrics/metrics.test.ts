import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bleu, bleuAmong, bleuCounts, sentenceBleu } from '../../src/metrics/bleu.js';
import { intervalsOf } from '../../src/evaluation/bootstrap.js';
import { ciderD } from '../../src/metrics/cider.js';
import { kendall, spearman } from '../../src/evaluation/correlation.js';
import { evaluateCaptions } from '../../src/evaluation/report.js';
import { CAPTION_FIGURES, FIGURES, METRICS } from '../../src/metrics/all.js';
import { meteorStem } from '../../src/metrics/meteor-stem.js';
import { rougeL } from '../../src/metrics/rouge-l.js';
import { captionFigures, scoreCaptions, ScoreTable } from '../../src/metrics/scores.js';

const numbers = z.array(z.number());
/** Figures of the reference implementations, made by bench/metrics/recompute.py; their versions stand in the file. */
const fixture = z
  .object({
    versions: z.record(z.string(), z.string()),
    nltk: z.object({ bleu: numbers, meteorStem: z.number(), meteorStemPerImage: numbers }),
    sacrebleu: z.object({ bleu: numbers, halfInterval: numbers, sentenceBleuPerImage: numbers }),
    pycocoevalcap: z.object({ cider: z.number(), ciderPerImage: numbers, rougeL: z.number(), rougeLPerImage: numbers }),
    scipy: z.object({ spearman: z.number(), kendall: z.number() }),
    corpus: z.array(z.object({ candidate: z.string(), references: z.array(z.string()), rating: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/captions.json', import.meta.url), 'utf8')));

const words = (text: string) => text.split(' ');
const candidates = fixture.corpus.map(({ candidate }) => words(candidate));
const references = fixture.corpus.map((entry) => entry.references.map(words));

it('BLEU by hand in docs/how-it-works.md comes to what is computed', () => {
  const text = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');
  const [caption = '', ...people] = [...text.matchAll(/^ {4}(?:caption|person \d) +(.+)$/gm)].map(
    ([, line = '']) => line,
  );
  const { scores, precisions, brevityPenalty } = bleu([words(caption)], [people.map(words)]);
  const rows = [...text.matchAll(/^\| BLEU-\d \| (\d+) \/ (\d+) +\| .* = ([\d.]+) +\|$/gm)];
  expect(people).toHaveLength(3);
  expect(rows.map(([, matches, all]) => Number(matches) / Number(all))).toEqual(precisions);
  expect(rows.map(([, , , score]) => score)).toEqual(scores.map((score) => score.toFixed(3)));
  expect(text).toContain(`exp(1 - 10 / 9) = ${brevityPenalty.toFixed(3)}`);
});

describe('on a corpus of captions', () => {
  it('BLEU-1..4 are those of NLTK and of sacreBLEU', () => {
    const { scores } = bleu(candidates, references);
    scores.forEach((score, index) => {
      expect(score).toBeCloseTo(fixture.nltk.bleu[index] ?? NaN, 9);
      expect(score).toBeCloseTo(fixture.sacrebleu.bleu[index] ?? NaN, 9);
    });
  });

  it('CIDEr-D is that of pycocoevalcap, for every image', () => {
    const { score, perImage } = ciderD(candidates, references);
    expect(score).toBeCloseTo(fixture.pycocoevalcap.cider, 9);
    perImage.forEach((value, index) => {
      expect(value).toBeCloseTo(fixture.pycocoevalcap.ciderPerImage[index] ?? NaN, 9);
    });
  });

  it('ROUGE-L is that of pycocoevalcap, for every image', () => {
    const { score, perImage } = rougeL(candidates, references);
    expect(score).toBeCloseTo(fixture.pycocoevalcap.rougeL, 9);
    perImage.forEach((value, index) => {
      expect(value).toBeCloseTo(fixture.pycocoevalcap.rougeLPerImage[index] ?? NaN, 9);
    });
  });

  it('METEOR without synonyms is that of NLTK without WordNet, for every image', () => {
    const { score, perImage } = meteorStem(candidates, references);
    expect(score).toBeCloseTo(fixture.nltk.meteorStem, 9);
    perImage.forEach((value, index) => {
      expect(value).toBeCloseTo(fixture.nltk.meteorStemPerImage[index] ?? NaN, 9);
    });
  });

  it("a single caption's BLEU is that of sacreBLEU with add-one smoothing", () => {
    candidates.forEach((candidate, index) => {
      const score = sentenceBleu(bleuCounts(candidate, references[index] ?? []));
      expect(score).toBeCloseTo(fixture.sacrebleu.sentenceBleuPerImage[index] ?? NaN, 9);
    });
  });

  it('the scores of single captions add up to the figures of all', () => {
    const figures = new ScoreTable(scoreCaptions(candidates, references)).figures();
    expect(bleuAmong(figures)).toEqual(bleu(candidates, references).scores);
    expect(figures.cider).toBeCloseTo(fixture.pycocoevalcap.cider, 9);
    expect(figures.rougeL).toBeCloseTo(fixture.pycocoevalcap.rougeL, 9);
    expect(figures.meteorStem).toBeCloseTo(fixture.nltk.meteorStem, 9);
  });

  it('captions that were scored before a metric was added have the figures of the others', () => {
    const scores = scoreCaptions(candidates, references);
    const [first, ...others] = scores.map(({ rougeL: added = [], ...before }, index) =>
      index === 0 ? before : { ...before, rougeL: added },
    );
    const table = new ScoreTable(first ? [first, ...others] : []);
    const { rougeL: lacking, ...rest } = new ScoreTable(scores).figures();
    expect(lacking).toBeGreaterThan(0);
    expect(table.figures()).toEqual(rest);
    expect(Object.keys(captionFigures(first ?? {}))).toEqual(['bleu4', 'cider', 'meteorStem']);
  });

  it("rank correlations with people's ratings are those of SciPy, ties among the ratings included", () => {
    const { perImage } = ciderD(candidates, references);
    const ratings = fixture.corpus.map(({ rating }) => rating);
    expect(spearman([...perImage], ratings)).toBeCloseTo(fixture.scipy.spearman, 9);
    expect(kendall([...perImage], ratings)).toBeCloseTo(fixture.scipy.kendall, 9);
  });

  it('95 % intervals of BLEU are as wide as those of sacreBLEU', () => {
    const table = new ScoreTable(scoreCaptions(candidates, references));
    const intervals = intervalsOf(table, { samples: 4000, seed: 1 });
    fixture.sacrebleu.halfInterval.forEach((half, index) => {
      const { low, high } = intervals[`bleu${index + 1}`] ?? { low: NaN, high: NaN };
      // Both draw 4,000 times, with other random numbers.
      expect((high - low) / 2 / half).toBeCloseTo(1, 1);
    });
  });
});

describe('BLEU', () => {
  it('clips repeated words, as in the paper: "the" seven times has a precision of 2/7', () => {
    const { precisions } = bleu(
      [words('the the the the the the the')],
      [[words('the cat is on the mat'), words('there is a cat on the mat')]],
    );
    expect(precisions[0]).toBeCloseTo(2 / 7, 12);
  });

  it('gives the figure of the README of sacreBLEU: 49.1919566 for three sentences with two references', () => {
    const system = ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'];
    const first = ['The dog bit the man.', 'It was not unexpected.', 'The man bit him first.'];
    const second = ['The dog had bit the man.', 'No one was surprised.', 'The man had bitten the dog.'];
    const { scores } = bleu(
      system.map(words),
      system.map((_, index) => [words(first[index] ?? ''), words(second[index] ?? '')]),
    );
    expect(100 * scores[3]).toBeCloseTo(49.1919566, 6);
  });

  it('takes the shorter of two references that are equally close in length', () => {
    expect(bleu([words('a b c')], [[words('a b c d'), words('a b')]]).referenceLength).toBe(2);
  });

  it('punishes captions that are too short by the brevity penalty', () => {
    const { brevityPenalty, scores } = bleu([words('a b')], [[words('a b c d')]]);
    expect(brevityPenalty).toBeCloseTo(Math.exp(-1), 12);
    expect(scores[0]).toBeCloseTo(Math.exp(-1), 12);
  });

  it.each([[['A boy plays with a ball']], [['A boy plays with a ball', '', '.', '👍', ' \u3164']]])(
    'of "a" is 0.0067 against %j: references without a word are none',
    (own) => {
      const { figures } = evaluateCaptions([{ caption: 'a', references: own }], {
        decoding: 'greedy',
        known: undefined,
      });
      // One word in place of six: exp(1 - 6/1).
      expect(figures.bleu1).toBeCloseTo(0.0067, 4);
    },
  );

  it('is 0 for empty captions, not a number that is none', () => {
    expect(bleu([[]], [[words('a b')]]).scores).toEqual([0, 0, 0, 0]);
  });
});

const sentence = fc.array(fc.constantFrom('a', 'dog', 'runs', 'on', 'grass', 'red'), { minLength: 1, maxLength: 9 });
const corpus = fc.array(
  fc.record({ candidate: sentence, references: fc.array(sentence, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('the table of metrics', () => {
  it('names every metric and every figure once, and at most one figure of single captions a metric', () => {
    for (const keys of [METRICS.map(({ key }) => key), FIGURES.map(({ key }) => key), FIGURES.map(({ name }) => name)])
      expect(new Set(keys).size).toBe(keys.length);
    for (const { figures } of METRICS) expect(figures.filter(({ caption }) => caption).length).toBeLessThanOrEqual(1);
    for (const { key } of FIGURES) expect(key).toMatch(/^[a-z][A-Za-z]*\d?$/);
    expect(CAPTION_FIGURES.map(({ key }) => key)).toEqual(['bleu4', 'cider', 'rougeL', 'meteorStem']);
  });
});

describe('every metric', () => {
  const all = (entries: readonly { candidate: string[]; references: string[][] }[]) => {
    const figures = new ScoreTable(
      scoreCaptions(
        entries.map(({ candidate }) => candidate),
        entries.map((entry) => entry.references),
      ),
    ).figures();
    return FIGURES.map(({ key }) => figures[key] ?? NaN);
  };

  it('lies between 0 and its highest value', () => {
    fc.assert(
      fc.property(corpus, (entries) => {
        for (const [index, score] of all(entries).entries()) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual((FIGURES[index]?.highest ?? Infinity) + 1e-9);
        }
      }),
    );
  });

  it('does not depend on the order of the images', () => {
    fc.assert(
      fc.property(corpus, (entries) => {
        const reversed = all([...entries].reverse());
        all(entries).forEach((score, index) => {
          expect(reversed[index]).toBeCloseTo(score, 9);
        });
      }),
    );
  });

  it('is highest for captions that equal their only reference', () => {
    const entries = [words('a dog runs on grass'), words('red grass on a dog')].map((own) => ({
      candidate: own,
      references: [own],
    }));
    const [b1, b2, b3, b4, , rouge] = all(entries);
    for (const score of [b1, b2, b3, b4, rouge]) expect(score).toBeCloseTo(1, 9);
  });
});

describe('a report', () => {
  it('says how its figures were made', () => {
    const report = evaluateCaptions([{ caption: 'A dog runs.', references: ['a dog runs', 'the dog'] }], {
      decoding: 'beam:5|exp:0.7',
      known: new Set(['a dog runs']),
    });
    expect(report.signature).toBe('nrefs:2|case:lc|tok:a-z0-9|smooth:none|len:closest|beam:5|exp:0.7');
    expect(report.figures.bleu1).toBeCloseTo(1, 12);
    expect(report.images).toBe(1);
    expect(report.details.diversity.novel).toBe(0);
  });

  it('names the tokeniser of all scripts by its version where a text has other letters than English', () => {
    const { signature, figures } = evaluateCaptions([{ caption: 'собака бежит', references: ['Собака бежит.'] }], {
      decoding: 'beam:5',
      known: undefined,
    });
    expect(signature).toBe('nrefs:1|case:lc|tok:unicode-2|smooth:none|len:closest|beam:5');
    expect(figures.bleu2).toBeCloseTo(1, 12);
  });

  it('of one word against six, which is right as far as it goes, has the brevity penalty for BLEU-1', () => {
    const { figures, brevityPenalty } = evaluateCaptions([{ caption: 'a', references: ['A boy plays with a ball'] }], {
      decoding: '',
      known: undefined,
    });
    expect(brevityPenalty).toBeCloseTo(Math.exp(1 - 6), 12);
    expect(figures.bleu1).toBeCloseTo(0.0067379, 7);
  });
});

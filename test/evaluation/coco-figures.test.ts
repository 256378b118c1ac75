/** Figures of captions, beside those that pycocoevalcap gave for them. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { cocoFigures } from '../../src/evaluation/coco-figures.js';
import { cocoAnnotations, cocoResults } from '../../src/evaluation/coco-results.js';
import { bleuAmong } from '../../src/metrics/bleu.js';

const fixtureSchema = z.object({
  figures: z.object({ bleu: z.array(z.number()).length(4), cider: z.number(), rougeL: z.number() }),
  corpus: z.array(z.object({ caption: z.string(), references: z.array(z.string()) })),
});

test('equal those of pycocoevalcap, contractions, hyphens and an empty caption among them', async () => {
  const json: unknown = JSON.parse(await readFile('test/evaluation/foreign-captions.json', 'utf8'));
  const { figures: expected, corpus } = fixtureSchema.parse(json);
  const { figures, intervals } = cocoFigures(corpus);
  bleuAmong(figures).forEach((value, n) => {
    expect(value).toBeCloseTo(expected.bleu[n] ?? NaN, 6);
  });
  expect(figures.cider).toBeCloseTo(expected.cider, 6);
  expect(figures.rougeL).toBeCloseTo(expected.rougeL, 6);
  expect(Object.keys(intervals)).toEqual(Object.keys(figures));
  expect(figures).not.toHaveProperty('meteorStem');
});

test("ids in COCO's files are numbers where names are, and never the same for two photos", () => {
  const files = ['COCO_val2014_000000391895.jpg', '42.jpg', 'a_b.jpg', 'dog.jpg', 'dog.png'];
  const results = cocoResults(files.map((file) => ({ file, caption: 'a dog' })));
  expect(results.map((result) => (result as { image_id: unknown }).image_id)).toEqual([
    391895,
    42,
    'a_b',
    'dog.jpg',
    'dog.png',
  ]);
  const annotations = cocoAnnotations(files.map((file) => ({ file, references: ['one', 'two'] })));
  expect(annotations).toMatchObject({
    images: [{ id: 391895, file_name: files[0] }, {}, {}, {}, {}],
    annotations: { length: 10, 2: { id: 3, image_id: 42, caption: 'one' } },
  });
});

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { toHalf } from '../../src/files/half.js';
import type { EncoderId } from '../../src/ids.js';
import type { SearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { readSearchCheckpoint, writeSearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { EMBEDDING_LENGTH } from '../../src/joint-embedding/joint-embedding.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { RandomStream } from '../../src/training/random.js';
import { smallSearchCheckpoint } from './small-search-model.js';
import { untrainedCheckpoint } from '../captioner/untrained.js';

const WORDS = ['a', 'black', 'dog', 'runs', 'over', 'snow', 'two', 'children', 'play'];
const checkpoint = smallSearchCheckpoint('encoder-of-tests' as EncoderId, WORDS);
const model = SearchModel.load(checkpoint);
afterAll(() => model.close());

function photo(seed: number): Uint16Array {
  const random = new RandomStream(seed, 'photo');
  return toHalf(Array.from({ length: 49 * 512 }, () => Math.max(0, random.uniform() - 0.6)));
}

const length = (vector: Float32Array | undefined) => Math.hypot(...(vector ?? []));
/** Largest difference of two vectors' numbers. */
const distance = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  Math.max(...Array.from(a ?? [NaN], (value, i) => Math.abs(value - (b?.[i] ?? NaN))));
const sentences = fc
  .array(fc.constantFrom(...WORDS, 'zeppelin'), { minLength: 1, maxLength: 60 })
  .map((words) => words.join(' '));

test('likeness is the cosine of a photo and each of its sentences, 0 where no word is known', async () => {
  const [photos, texts] = [
    [photo(1), photo(2)],
    [['a black dog', 'zeppelin', 'two children play'], ['snow']],
  ];
  const likeness = await model.likeness(photos, texts);
  const [images, [first, , third]] = [await model.embedImages(photos), await model.embedTexts(texts.flat())];
  const cosine = (a: Float32Array | undefined, b: Float32Array | undefined) =>
    Array.from(a ?? []).reduce((sum, value, place) => sum + value * (b?.[place] ?? NaN), 0);
  expect(likeness.map((own) => own.length)).toEqual([3, 1]);
  expect(likeness[0]).toEqual([
    expect.closeTo(cosine(images[0], first), 5),
    0,
    expect.closeTo(cosine(images[0], third), 5),
  ]);
});

describe('the vector of a sentence', () => {
  it('has unit length, and is the same alone as among others, whatever their lengths', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sentences, { minLength: 1, maxLength: 12 }), fc.nat(), async (texts, which) => {
        const together = await model.embedTexts(texts);
        const place = which % texts.length;
        const [alone] = await model.embedTexts(texts.slice(place, place + 1));
        expect(together).toHaveLength(texts.length);
        if (alone === undefined) {
          expect(together[place]).toBeUndefined();
          return;
        }
        expect(alone).toHaveLength(EMBEDDING_LENGTH);
        expect(length(together[place])).toBeCloseTo(1, 4);
        expect(distance(together[place], alone)).toBeLessThan(1e-5);
      }),
      { numRuns: 25 },
    );
  });

  it('is none where no word is known, and any other word is passed over by no rule but its own', async () => {
    const [nothing, empty, some, mixed] = await model.embedTexts([
      'zeppelin über alles',
      '?!',
      'a dog',
      'a zeppelin dog',
    ]);
    expect([nothing, empty]).toEqual([undefined, undefined]);
    expect(length(mixed)).toBeCloseTo(1, 4);
    expect(distance(some, mixed)).toBeGreaterThan(1e-3);
  });

  it('follows the order of the words, not their case or punctuation', async () => {
    const [one, same, turned] = await model.embedTexts([
      'a dog runs over snow',
      'A dog runs, over SNOW!',
      'snow runs over a dog',
    ]);
    expect(same).toEqual(one);
    expect(distance(one, turned)).toBeGreaterThan(1e-4);
  });
});

describe('the vector of a photo', () => {
  it('has unit length, and is the same alone as among others', async () => {
    const photos = Array.from({ length: 11 }, (_, seed) => photo(seed));
    const together = await model.embedImages(photos);
    expect(together).toHaveLength(11);
    for (const vector of together) expect(length(vector)).toBeCloseTo(1, 4);
    const [alone] = await model.embedImages(photos.slice(4, 5));
    expect(distance(alone, together[4])).toBeLessThan(1e-5);
    expect(distance(alone, together[5])).toBeGreaterThan(1e-3);
  });
});

describe('a checkpoint', () => {
  const withoutClose = (one: SearchCheckpoint) => SearchModel.load(one);

  it('comes back from its file: exact in single precision, the same vectors within a thousandth in half', async () => {
    expect(isDeepStrictEqual(readSearchCheckpoint(writeSearchCheckpoint(checkpoint, 'fp32')), checkpoint)).toBe(true);
    const halved = withoutClose(readSearchCheckpoint(writeSearchCheckpoint(checkpoint, 'fp16')));
    const [[before], [after]] = await Promise.all([
      model.embedTexts(['a black dog']),
      halved.embedTexts(['a black dog']),
    ]);
    await halved.close();
    expect(distance(before, after)).toBeLessThan(1e-3);
  });

  it('of a captioner is refused, as is one that lacks a parameter', () => {
    const { vocabulary, encoder } = checkpoint.header;
    const captioner = writeCheckpoint(untrainedCheckpoint(encoder, { vocabulary }), 'fp16');
    const refusal: unknown = expect.objectContaining({ code: 'INVALID_CHECKPOINT' });
    expect(() => SearchModel.open(captioner)).toThrow(refusal);
    const larger = { ...checkpoint.header, settings: { ...checkpoint.header.settings, hiddenSize: 999 } };
    const file = Buffer.from(writeSearchCheckpoint(checkpoint, 'fp16')).toString('latin1');
    const claimed = file.replace(
      JSON.stringify(JSON.stringify(checkpoint.header)).slice(1, -1),
      JSON.stringify(JSON.stringify(larger)).slice(1, -1),
    );
    expect(() => SearchModel.open(Buffer.from(claimed, 'latin1'))).toThrow(refusal);
  });

  it('shows the words it knows', () => {
    expect(model.vocabulary.words.slice(4)).toEqual(WORDS);
    expect(model.encoder).toBe('encoder-of-tests');
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncoderId, ImageId } from '../../src/ids.js';
import { countSearchHits, searchImages, type SearchHit } from '../../src/search/search-images.js';
import { similarImages } from '../../src/search/similar-images.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addCaptioned, addModel, direction, ENCODER } from '../store/records.js';

let store: Store;
const ids = new Map<string, ImageId>();

const PHOTOS = {
  'dogs.jpg': ['two dogs run through tall grass', 'animals outside'],
  'dog-sleeps.jpg': ['a dog sleeps', 'a tired pet'],
  'beach.jpg': ['a man who owns a dog and a cat and a boat was seen this morning running along the beach', 'a man at the sea'],
  'snow.jpg': ['a dog running in the snow', 'a brown dog runs'],
  'city.jpg': ['people walk through a city', 'a crowd'],
};

beforeAll(async () => {
  store = await openTestStore();
  for (const [name, captions] of Object.entries(PHOTOS)) ids.set(name, await addCaptioned(store, name, captions));
  const model = await addModel(store);
  const uncaptioned = await addCaptioned(store, 'machine.jpg', []);
  ids.set('machine.jpg', uncaptioned);
  await store.captions.putGenerated({
    imageId: uncaptioned, modelId: model.id, words: [], logProbability: -3,
    text: 'a black dog is running on the green grass of a field',
  });
});
afterAll(() => store.close());

const names = (hits: readonly { imageId: ImageId }[]) =>
  hits.map(({ imageId }) => [...ids].find(([, id]) => id === imageId)?.[0]);
const search = (text: string, limit?: number, after?: string) => searchImages({ text, limit, after }, store);

describe('searching by words', () => {
  test('"dog running" finds dogs that run, in people\'s captions and in models\', the closest words first', async () => {
    const { hits, hasNext } = await search('dog running');
    expect(names(hits).slice(0, 1)).toEqual(['snow.jpg']);
    expect(names(hits).at(-1)).toBe('beach.jpg');
    expect(new Set(names(hits))).toEqual(new Set(['snow.jpg', 'dogs.jpg', 'machine.jpg', 'beach.jpg']));
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
    expect(hasNext).toBe(false);
    expect(await countSearchHits('dog running', store)).toBe(4);
  });

  test('an image is found once, by its best caption, with what matched marked', async () => {
    const { hits } = await search('dog running');
    const hit = hits.find(({ imageId }) => imageId === ids.get('dogs.jpg'));
    expect(hit).toMatchObject({ caption: 'two dogs run through tall grass', origin: 'reference' });
    expect(hit?.parts).toEqual([
      { text: 'two ', matches: false },
      { text: 'dogs', matches: true },
      { text: ' ', matches: false },
      { text: 'run', matches: true },
      { text: ' through tall grass', matches: false },
    ]);
    expect(hits.find(({ imageId }) => imageId === ids.get('machine.jpg'))?.origin).toBe('generated');
  });

  test('phrases, alternatives and exclusions are understood', async () => {
    expect(names((await search('"brown dog"')).hits)).toEqual(['snow.jpg']);
    expect(new Set(names((await search('crowd or sea')).hits))).toEqual(new Set(['city.jpg', 'beach.jpg']));
    expect(names((await search('dog -running -run')).hits)).toEqual(['dog-sleeps.jpg']);
  });

  test('words that are nowhere, and words that mean nothing alone, find nothing', async () => {
    expect((await search('zeppelin')).hits).toEqual([]);
    expect((await search('the of a')).hits).toEqual([]);
    expect((await search(`'); DROP TABLE "Image"; -- & | ! ( : * <->`)).hits).toEqual([]);
  });

  test('pages of one give the same list as one page', async () => {
    const whole = (await search('dog')).hits;
    const paged: SearchHit[] = [];
    for (let after: string | undefined; ; ) {
      const page = await search('dog', 1, after);
      paged.push(...page.hits);
      after = page.hits[0]?.cursor;
      if (!page.hasNext) break;
    }
    expect(whole.length).toBeGreaterThan(3);
    expect(paged).toEqual(whole);
  });

  test.each([
    ['an empty text', '', 'empty'],
    ['blanks', ' \t\n', 'empty'],
    ['a zero byte', '\0', 'empty'],
    ['two thousand characters', 'x'.repeat(2000), '2000 characters; at most 500'],
  ])('%s is refused with a reason', async (_, text, reason) => {
    const message = expect.stringContaining(reason) as string;
    await expect(search(text)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message });
  });

  test('a limit out of range and a strange cursor are refused', async () => {
    for (const limit of [0, -1, 1.5, 101, NaN]) {
      await expect(search('dog', limit)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    for (const cursor of ['', 'nonsense', Buffer.from('1/2').toString('base64url')]) {
      await expect(search('dog', 5, cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('searching by likeness', () => {
  const id = (name: string) => ids.get(name) ?? ('' as ImageId);

  beforeAll(async () => {
    await store.features.put([
      { imageId: id('dogs.jpg'), encoder: ENCODER, vector: direction(0) },
      { imageId: id('snow.jpg'), encoder: ENCODER, vector: direction(0, 0.1) },
      { imageId: id('beach.jpg'), encoder: ENCODER, vector: direction(0, 0.7) },
      { imageId: id('city.jpg'), encoder: 'another' as EncoderId, vector: direction(0) },
    ]);
  });

  test('the most similar come first, without the image itself and without other encoders', async () => {
    const found = await similarImages(id('dogs.jpg'), 5, ENCODER, store);
    expect(names(found)).toEqual(['snow.jpg', 'beach.jpg']);
    expect(found[0]?.similarity).toBeCloseTo(Math.cos(0.1), 5);
    expect(await similarImages(id('dogs.jpg'), 1, ENCODER, store)).toHaveLength(1);
  });

  test('an unknown image, and one that only another encoder saw, are told apart', async () => {
    await expect(similarImages('nothing' as ImageId, 5, ENCODER, store)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(similarImages(id('city.jpg'), 5, ENCODER, store)).rejects.toMatchObject({ code: 'ENCODER_MISMATCH' });
    await expect(similarImages(id('dogs.jpg'), 0, ENCODER, store)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

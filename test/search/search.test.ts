import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncoderId, ImageId, ModelId } from '../../src/ids.js';
import { searchImages, type SearchContext, type SearchHit, type SearchMode } from '../../src/search/search-images.js';
import { recommendations } from '../../src/search/recommendations.js';
import { similarImages, type WeightedImage } from '../../src/search/similar-images.js';
import type { ImageFilter } from '../../src/store/image-filter.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addCaptioned, addModel, direction, ENCODER, NO_DATASET } from '../store/records.js';

let store: Store;
const ids = new Map<string, ImageId>();

const PHOTOS = {
  'dogs.jpg': ['two dogs run through tall grass', 'animals outside'],
  'dog-sleeps.jpg': ['a dog sleeps', 'a tired pet'],
  'beach.jpg': [
    'a man who owns a dog and a cat and a boat was seen this morning running along the beach',
    'a man at the sea',
  ],
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
    imageId: uncaptioned,
    modelId: model.id,
    words: [],
    logProbability: -3,
    text: 'a black dog is running on the green grass of a field',
  });
});
afterAll(() => store.close());

const names = (hits: readonly { imageId: ImageId }[]) =>
  hits.map(({ imageId }) => [...ids].find(([, id]) => id === imageId)?.[0]);
const search = (text: string, limit?: number, after?: string, mode?: SearchMode, filter?: ImageFilter) =>
  searchImages(
    { text, limit, after, mode, filter },
    { store, space: () => Promise.resolve('There is no search model.') },
  );

describe('searching by words', () => {
  test('"dog running" finds dogs that run, in people\'s captions and in models\', the closest words first', async () => {
    const { hits, hasNext, count } = await search('dog running');
    expect(names(hits).slice(0, 1)).toEqual(['snow.jpg']);
    expect(names(hits).at(-1)).toBe('beach.jpg');
    expect(new Set(names(hits))).toEqual(new Set(['snow.jpg', 'dogs.jpg', 'machine.jpg', 'beach.jpg']));
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
    expect(hasNext).toBe(false);
    expect(await count()).toEqual({ count: 4, isEstimate: false });
    expect(hits.map(({ signals }) => signals)).toEqual(
      hits.map(({ score }, index) => [{ name: 'words', rank: index + 1, score }]),
    );
  });

  test('an image is found once, by its best caption, with what matched marked', async () => {
    const { hits } = await search('dog running');
    const hit = hits.find(({ imageId }) => imageId === ids.get('dogs.jpg'));
    expect(hit?.caption).toMatchObject({ text: 'two dogs run through tall grass', origin: 'reference' });
    expect(hit?.caption?.parts).toEqual([
      { text: 'two ', matches: false },
      { text: 'dogs', matches: true },
      { text: ' ', matches: false },
      { text: 'run', matches: true },
      { text: ' through tall grass', matches: false },
    ]);
    expect(hits.find(({ imageId }) => imageId === ids.get('machine.jpg'))?.caption?.origin).toBe('generated');
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

  test('a misspelt word is searched for as it was probably meant, and that is said', async () => {
    const { hits, spelling } = await search('brwon dog');
    expect(names(hits)).toEqual(['snow.jpg']);
    expect(spelling).toMatchObject({ text: 'brown dog', corrections: [{ word: 'brwon', replacement: 'brown' }] });
    expect(hits[0]?.caption?.parts.filter(({ matches }) => matches).map(({ text }) => text)).toEqual(['brown', 'dog']);
  });

  test('without a search model both is words alone, and says so; meaning alone is refused', async () => {
    expect(await search('dog')).toMatchObject({
      mode: 'text',
      notice: expect.stringContaining('no search model') as string,
    });
    await expect(search('dog', 5, undefined, 'semantic')).rejects.toMatchObject({ code: 'NO_MODEL' });
  });

  test('photos are chosen by who wrote of them', async () => {
    const found = async (hasPersonCaption: boolean) =>
      names((await search('dog running', 20, undefined, 'text', { hasPersonCaption })).hits);
    expect(await found(false)).toEqual(['machine.jpg']);
    expect(new Set(await found(true))).toEqual(new Set(['snow.jpg', 'dogs.jpg', 'beach.jpg']));
  });

  test('pages of one give the same list as one page', async () => {
    const whole = (await search('dog')).hits;
    const paged: SearchHit[] = [];
    for (let after: string | undefined; ;) {
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

  const similar = (images: readonly WeightedImage[], limit = 5, after?: string) =>
    similarImages({ like: { images }, limit, after }, store, () => Promise.resolve(ENCODER));
  const only = (name: string) => [{ imageId: id(name), weight: 1 }];

  test('the most similar come first, without the image itself and without other encoders', async () => {
    const { hits, hasNext, count } = await similar(only('dogs.jpg'));
    expect(names(hits)).toEqual(['snow.jpg', 'beach.jpg']);
    expect(hits[0]?.similarity).toBeCloseTo(Math.cos(0.1), 5);
    expect(hits.map(({ isNearDuplicate }) => isNearDuplicate)).toEqual([true, false]);
    expect({ hasNext, count: await count() }).toEqual({ hasNext: false, count: { count: 2, isEstimate: false } });
    const first = await similar(only('dogs.jpg'), 1);
    expect(first).toMatchObject({ hasNext: true, hits: [{ imageId: id('snow.jpg') }] });
    expect(names((await similar(only('dogs.jpg'), 1, first.hits[0]?.cursor)).hits)).toEqual(['beach.jpg']);
  });

  test('a photo that only the encoder that runs has seen is compared with what that one saw', async () => {
    const found = await similarImages({ like: { images: only('city.jpg') } }, store, () =>
      Promise.resolve('another' as EncoderId),
    );
    expect(found.hits).toEqual([]);
  });

  test('more like one and less like another turns the order round', async () => {
    await store.features.put([{ imageId: id('dog-sleeps.jpg'), encoder: ENCODER, vector: direction(0, 0.4) }]);
    const like = (weight: number) =>
      similar([
        { imageId: id('dog-sleeps.jpg'), weight: 1 },
        { imageId: id('dogs.jpg'), weight },
      ]);
    expect(names((await like(1)).hits)).toEqual(['snow.jpg', 'beach.jpg']);
    expect(names((await like(-0.9)).hits)).toEqual(['beach.jpg', 'snow.jpg']);
  });

  test.each([
    ['no photo', [], 'Between 1 and 50'],
    ['only unlike', [-1], 'above 0'],
    ['a weight out of range', [1000], 'between -100 and 100'],
    ['a weight that is no number', [NaN], 'between -100 and 100'],
    ['the same photo twice', [1, -1], 'named twice'],
  ])('%s is refused with a reason', async (_, weights, reason) => {
    const images = weights.map((weight) => ({ imageId: id('dogs.jpg'), weight }));
    await expect(similar(images)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(reason) as string,
    });
  });

  test('an unknown image, and one that only another encoder saw, are told apart', async () => {
    await expect(similar([{ imageId: 'nothing' as ImageId, weight: 1 }])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(similar(only('city.jpg'))).rejects.toMatchObject({ code: 'ENCODER_MISMATCH' });
    await expect(similar(only('dogs.jpg'), 0)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('recommendations are like what was liked, without it and without near-duplicates, and not all alike', async () => {
    const liked = await addCaptioned(store, 'liked', []);
    // Around a liked photo: its duplicate, three that are nearly one picture, and another that is a little less like
    // it.
    const leans = { duplicate: 0.01, one: 0.5, again: 0.505, 'and again': 0.51, varied: -0.55 };
    await store.features.put([{ imageId: liked, encoder: ENCODER, vector: direction(10) }]);
    for (const [name, lean] of Object.entries(leans)) {
      const imageId = await addCaptioned(store, name, []);
      ids.set(name, imageId);
      await store.features.put([{ imageId, encoder: ENCODER, vector: direction(10, lean) }]);
    }
    const found = await recommendations({ forImageIds: [liked], limit: 3 }, store, () => Promise.resolve(ENCODER));
    expect(names(found).slice(0, 2)).toEqual(['one', 'varied']);
    expect(found[0]).toMatchObject({ likeImageId: liked, similarity: expect.closeTo(Math.cos(0.5), 5) as number });
    expect(names(found)).not.toContain('again');
    expect(
      names(
        await recommendations({ forImageIds: [liked, id('dogs.jpg')], limit: 20 }, store, () =>
          Promise.resolve(ENCODER),
        ),
      ),
    ).not.toContain('dogs.jpg');
    await expect(recommendations({ forImageIds: [] }, store, () => Promise.resolve(ENCODER))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('searching by words and meaning', () => {
  let modelId: ModelId;
  // A search model whose space is known: "dog" points along the first axis.
  const space: SearchContext['space'] = () =>
    Promise.resolve({ modelId, embed: (text) => Promise.resolve(text.includes('dog') ? direction(0) : undefined) });
  const find = (mode: SearchMode, limit = 20, after?: string, filter?: ImageFilter) =>
    searchImages({ text: 'dog', mode, limit, after, filter }, { store, space });
  const LEANS = { 'city.jpg': 0.1, 'snow.jpg': 0.2, 'dogs.jpg': 0.3, 'dog-sleeps.jpg': 1.2 };

  beforeAll(async () => {
    ({ id: modelId } = await addModel(store, 'search'));
    for (const [name, lean] of Object.entries(LEANS)) {
      await store.embeddings.put([{ imageId: ids.get(name) ?? ('' as ImageId), modelId, vector: direction(0, lean) }]);
    }
  });

  test('a photo that no caption says it of is found by meaning', async () => {
    const { hits, mode, count } = await find('semantic');
    expect(names(hits)).toEqual(['city.jpg', 'snow.jpg', 'dogs.jpg', 'dog-sleeps.jpg']);
    expect(hits[0]).toMatchObject({
      caption: undefined,
      signals: [{ name: 'semantic', rank: 1, score: expect.closeTo(Math.cos(0.1), 5) as number }],
    });
    expect({ mode, count: await count() }).toEqual({ mode: 'semantic', count: { count: 4, isEstimate: false } });
  });

  test('a text none of whose words the model knows is told so, and words alone find it', async () => {
    const ask = (mode: SearchMode) => searchImages({ text: 'crowd', mode }, { store, space });
    expect(await ask('semantic')).toMatchObject({
      hits: [],
      hasNext: false,
      notice: expect.stringContaining('none of these words') as string,
    });
    expect(names((await ask('hybrid')).hits)).toEqual(['city.jpg']);
  });

  test.each(['hybrid', 'semantic', 'text'] as const)(
    '%s: a word that captions or the model know is not taken for misspelt; what is searched is what is told',
    async (mode) => {
      const embedded: string[] = [];
      const knowing: SearchContext['space'] = () =>
        Promise.resolve({
          modelId,
          embed(text) {
            embedded.push(text);
            return Promise.resolve(/cab|crowd/.test(text) ? direction(0) : undefined);
          },
        });
      const ask = (text: string, exact?: boolean) => searchImages({ text, mode, exact }, { store, space: knowing });
      expect((await ask('cab crwod')).spelling).toEqual({
        text: 'cab crowd',
        corrections: [{ word: 'crwod', replacement: 'crowd' }],
        unknownWords: ['cab'],
      });
      if (mode !== 'text') expect(embedded.at(-1)).toBe('cab crowd');
      expect(names((await ask('crwod')).hits)).toContain('city.jpg');
      const typed = await ask('crwod', true);
      expect(typed.hits).toEqual([]);
      expect(typed.spelling).toEqual({ text: 'crwod', corrections: [], unknownWords: [] });
    },
  );

  test('what both signals find stands first, and each hit says why it was found', async () => {
    const { hits, mode, notice } = await find('hybrid');
    expect({ mode, notice }).toEqual({ mode: 'hybrid', notice: undefined });
    const reasons = new Map(
      hits.map(({ imageId, signals }) => [names([{ imageId }])[0], signals.map(({ name }) => name)]),
    );
    expect(reasons.get('snow.jpg')).toEqual(['words', 'semantic']);
    expect(reasons.get('city.jpg')).toEqual(['semantic']);
    expect(reasons.get('machine.jpg')).toEqual(['words']);
    expect(names(hits).indexOf('snow.jpg')).toBeLessThan(names(hits).indexOf('city.jpg'));
    const snow = hits.find(({ imageId }) => imageId === ids.get('snow.jpg'));
    expect(snow?.score).toBeCloseTo(
      (snow?.signals ?? []).reduce((sum, { rank }) => sum + 1 / (60 + rank), 0),
      12,
    );
    expect(snow?.caption?.parts.some(({ matches }) => matches)).toBe(true);
  });

  test.each([
    ['hybrid', 2],
    ['semantic', 3],
    ['text', 4],
  ] as const)(
    'pages of %s are the whole list, though a photo that is better than all is added between them',
    async (mode, times) => {
      const whole = names((await find(mode)).hits);
      const read: (string | undefined)[] = [];
      let after: string | undefined;
      do {
        const { hits, hasNext } = await find(mode, 2, after);
        read.push(...names(hits));
        if (after === undefined) {
          const imageId = await addCaptioned(store, `newer, ${mode}`, ['dog '.repeat(times)]);
          await store.embeddings.put([{ imageId, modelId, vector: direction(0) }]);
        }
        after = hasNext ? hits.at(-1)?.cursor : undefined;
      } while (after !== undefined);
      expect(read).toEqual(whole);
      expect((await find(mode)).hits.length).toBe(whole.length + 1);
    },
  );

  test('a cursor of another mode is refused; a list that was begun by words goes on by words', async () => {
    const { hits } = await find('semantic', 1);
    await expect(find('text', 1, hits[0]?.cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(find('hybrid', 1, hits[0]?.cursor)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const begun = await search('dog', 1);
    expect(await find('hybrid', 1, begun.hits[0]?.cursor)).toMatchObject({ mode: 'text' });
  });

  test('a filter holds for both signals', async () => {
    for (const mode of ['hybrid', 'semantic', 'text'] as const) {
      expect(names((await find(mode, 20, undefined, { dataset: NO_DATASET })).hits)).toEqual([]);
      expect(names((await find(mode, 20, undefined, { hasPersonCaption: true })).hits)).not.toContain('machine.jpg');
    }
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
import { MARK_END, MARK_START } from '../../src/store/caption-search.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, addModel } from './records.js';

let store: Store;
let beach: ImageId;
let grass: ImageId;
let written: ImageId;
beforeAll(async () => {
  store = await openTestStore();
  beach = await addCaptioned(store, 'beach', ['two dogs run on the beach', 'the dogs']);
  grass = await addCaptioned(store, 'grass', [
    'a brown dog on the green grass of a very large park is running after a ball',
  ]);
  await addCaptioned(store, 'child', ['a child eats an apple']);
  written = await addCaptioned(store, 'written', []);
  const { id: modelId } = await addModel(store);
  await store.captions.putGenerated({
    imageId: written,
    modelId,
    text: 'a man rides a horse',
    words: [],
    logProbability: -3,
  });
});
afterAll(() => store.close());

const found = async (text: string, limit = 10) =>
  (await store.captionSearch.search({ text, limit })).map(({ imageId }) => imageId);

test('words are found in every form, those that stand near to each other first', async () => {
  expect(await found('dog running')).toEqual([beach, grass]);
  expect(await found('the dogs ran')).toEqual([]);
  expect(await store.captionSearch.count({ text: 'dog running' })).toEqual({ count: 2, isEstimate: false });
});

test('quoted phrases, or and -not are understood; punctuation and SQL are only text', async () => {
  expect(await found('"brown dog"')).toEqual([grass]);
  expect(new Set(await found('beach or park'))).toEqual(new Set([beach, grass]));
  expect(await found('dog -ball')).toEqual([beach]);
  for (const text of ['the', "'", '" & | ! :*', '\'); DROP TABLE "Image"; --', '\\'])
    expect(await found(text)).toEqual([]);
});

test('an image stands once, by its best caption, with what matched marked', async () => {
  const [hit, more] = await store.captionSearch.search({ text: 'dog beach', limit: 10 });
  expect(more).toBeUndefined();
  expect(hit).toMatchObject({ imageId: beach, caption: 'two dogs run on the beach', modelId: null });
  const marked = await store.captionSearch.mark('dog beach', [
    { caption: 'nothing', language: 'en' },
    { caption: hit?.caption ?? '', language: 'en' },
  ]);
  expect(marked).toEqual(['nothing', `two ${MARK_START}dogs${MARK_END} run on the ${MARK_START}beach${MARK_END}`]);
});

test("a model's captions are searched like people's", async () => {
  expect(await store.captionSearch.search({ text: 'horse riding', limit: 10 })).toMatchObject([
    { imageId: written, caption: 'a man rides a horse', source: null, modelId: expect.any(String) as string },
  ]);
});

test('pages continue behind a hit without gaps or repeats, also where ranks are equal', async () => {
  const ids: ImageId[] = [];
  for (let index = 0; index < 5; index += 1) ids.push(await addCaptioned(store, `boat ${index}`, ['a boat on a lake']));
  ids.push(await addCaptioned(store, 'boats', ['boat and boat']));
  const pages: ImageId[] = [];
  for (let after = undefined, page = 0; page < 4; page += 1) {
    const hits = await store.captionSearch.search({ text: 'boats', limit: 2, after });
    pages.push(...hits.map(({ imageId }) => imageId));
    after = hits.at(-1);
    if (!after) break;
  }
  expect(pages[0]).toBe(ids[5]);
  expect(pages).toHaveLength(ids.length);
  expect(new Set(pages)).toEqual(new Set(ids));
});

test('the words of captions are known from the moment they are written, those of rewritten captions too', async () => {
  const { id: modelId } = await addModel(store, 'another');
  const write = (text: string) =>
    store.captions.putGenerated({ imageId: written, modelId, text, words: [], logProbability: -3 });
  await write('a zebra grazes');
  await write("the zeppelin's shadow");
  expect(await store.captionSearch.vocabulary(8, 8)).toContain('zeppelin');
  expect(await store.captionSearch.vocabulary(5, 5)).toEqual(expect.arrayContaining(['zebra', 'beach', 'rides']));
  // What is said no more is not found.
  const frequencies = await store.captionSearch.frequencies(['zebra', 'zeppelin', 'dogs', 'the'], 2);
  expect([...frequencies].sort()).toEqual([
    ['dogs', 2],
    ['zeppelin', 1],
  ]);
});

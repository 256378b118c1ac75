import { afterAll, beforeAll, expect, test } from 'vitest';
import { alignmentDistance, correctSpelling } from '../../src/search/spelling.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addCaptioned } from '../store/records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
  await addCaptioned(store, 'a', [
    'a dog is running through the snow',
    'the brown dog runs',
    'two dogs on a frozen beach',
  ]);
  await addCaptioned(store, 'b', ['a surfer rides a wave', 'a dig in the sand', 'a snowboarder jumps']);
});
afterAll(() => store.close());

const correct = (text: string) => correctSpelling(text, store.captionSearch);

test.each([
  [
    'runing dgo',
    'running dog',
    [
      ['runing', 'running'],
      ['dgo', 'dog'],
    ],
  ],
  [
    '"bron dog" or surfr -snwo',
    '"brown dog" or surfer -snow',
    [
      ['bron', 'brown'],
      ['surfr', 'surfer'],
      ['snwo', 'snow'],
    ],
  ],
  ['SNOWBORDER', 'snowboarder', [['snowborder', 'snowboarder']]],
])('%s is taken for %s, and quotes, or and minus stay', async (typed, meant, corrections) => {
  expect(await correct(typed)).toEqual({
    text: meant,
    corrections: corrections.map(([word, replacement]) => ({ word, replacement })),
    unknownWords: [],
  });
});

test('a word that some caption has, in some form, is left as it is', async () => {
  for (const text of ['dogs running', 'ride the waves', 'a dig', 'the of it'])
    expect(await correct(text)).toEqual({ text, corrections: [], unknownWords: [] });
});

test('a word that is like none is named and left', async () => {
  expect(await correct('a zeppelin over the snow')).toEqual({
    text: 'a zeppelin over the snow',
    corrections: [],
    unknownWords: ['zeppelin'],
  });
});

test('a word whose captions are gone is not suggested', async () => {
  const id = await addCaptioned(store, 'gone', ['a giraffe']);
  expect((await correct('girafe')).text).toBe('giraffe');
  await store.images.delete(id);
  expect((await correct('girafe')).unknownWords).toEqual(['girafe']);
});

test.each([
  ['', '', 0],
  ['dog', '', 3],
  ['dog', 'dog', 0],
  ['dgo', 'dog', 1],
  ['ca', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['dog', 'frog', 2],
])('from %j to %j it is %i steps', (a, b, distance) => {
  expect(alignmentDistance(a, b)).toBe(distance);
  expect(alignmentDistance(b, a)).toBe(distance);
});

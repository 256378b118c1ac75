/** Captions of all letters and languages, through the store. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
import { MARK_END, MARK_START } from '../../src/store/caption-search.js';
import { markOriginal, searchQuery, searchText } from '../../src/store/caption-words.js';
import { foldCaptions } from '../../src/store/fold-captions.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, addModel } from './records.js';

const CAPTIONS = {
  ferret: ['en', 'A black/white ferret with his/her owner'],
  lynx: ['en', 'A lynx.The otter swims'],
  zebra: ['en', 'A zebra drinks at the river'],
  cafe: ['de', 'Ein Café an der Straße'],
  fete: ['en', 'A nai\u0308ve fe\u0302te'],
  houses: ['de-AT', 'Zwei Häuser und eine Katze'],
  dogs: ['ru', 'Собаки бегут по снегу'],
  chinese: ['zh', '两匹斑马在河边喝水'],
  japanese: ['ja', '白いカーテンの前に猫がいる'],
  thai: ['th', 'สุนัขวิ่งบนชายหาด'],
  hindi: ['hi', 'मछली पानी में तैरती है'],
} as const;

let store: Store;
const names = new Map<ImageId, string>();
beforeAll(async () => {
  store = await openTestStore();
  const { id: modelId } = await addModel(store);
  for (const [name, [language, text]] of Object.entries(CAPTIONS)) {
    const imageId = await addCaptioned(store, name, []);
    names.set(imageId, name);
    // People's, data sets' and models' captions are written by different ways and found alike.
    if (name === 'cafe')
      await store.captions.putGenerated({ imageId, modelId, text, language, words: [], logProbability: -1 });
    else if (name === 'houses') await store.peopleCaptions.add(imageId, text, 'people/written', language);
    else {
      const { id } = await store.datasets.open({
        name: language,
        origin: `/data/${language}`,
        format: 'folder',
        language,
      });
      await store.datasetPhotos.put(id, [{ imageId, path: name, split: null, captions: [text] }]);
    }
  }
});
afterAll(() => store.close());

const found = async (text: string) =>
  (await store.captionSearch.search({ text, limit: 20 })).map(({ imageId }) => names.get(imageId));

test.each([
  ['black ferret', 'ferret'],
  ['white', 'ferret'],
  ['"his her owner"', 'ferret'],
  ['lynx', 'lynx'],
  ['otters', 'lynx'],
  ['zebra/river', 'zebra'],
  ['zebra,river', 'zebra'],
  ['cafe', 'cafe'],
  ['CAFE\u0301', 'cafe'],
  ['strasse', 'cafe'],
  ['Straßen', 'cafe'],
  ['na\u00efve', 'fete'],
  ['naive', 'fete'],
  ['nai\u0308ve FÊTE', 'fete'],
  ['haus', 'houses'],
  ['katzen', 'houses'],
  ['собака', 'dogs'],
  ['斑马', 'chinese'],
  ['河边 喝水', 'chinese'],
  ['斑马 or walruses', 'chinese'],
  ['zebra or 斑马 -河边', 'zebra'],
  ['カーテン', 'japanese'],
  ['猫', 'japanese'],
  ['สุนัข', 'thai'],
  ['ชายหาด', 'thai'],
  ['पानी', 'hindi'],
])('%j finds %s', async (query, name) => {
  expect(await found(query)).toEqual([name]);
});

test('what stands in another order, or is excluded, is not found', async () => {
  for (const query of ['马斑', '边河', '斑马 -河边', 'zebra -river', 'cafe/river'])
    expect(await found(query)).toEqual([]);
});

test.each([
  ['strasse cafe', 'de', 'Ein Café an der Straße', 'Ein [Café] an der [Straße]'],
  ['naive', 'en', 'A nai\u0308ve fe\u0302te', 'A [nai\u0308ve] fe\u0302te'],
  ['white ferrets', 'en', 'A black/white ferret', 'A black/[white] [ferret]'],
  ['斑马', 'zh', '两匹斑马在河边', '两匹[斑马]在河边'],
  ['white', 'en', 'a black-and-white dog', 'a black-and-[white] dog'],
])('%j is marked in the caption as it was written', async (query, language, caption, marked) => {
  const [text] = await store.captionSearch.mark(query, [{ caption, language }]);
  expect(text?.replaceAll(MARK_START, '[').replaceAll(MARK_END, ']')).toBe(marked);
});

test('words of every alphabet are known, folded', async () => {
  expect(await store.captionSearch.vocabulary(4, 7)).toEqual(
    expect.arrayContaining(['cafe', 'strasse', 'naive', 'собаки', 'lynx']),
  );
});

test('a text that is changed without its words is found at once, and folded later', async () => {
  const imageId = await addCaptioned(store, 'changed', ['a walrus']);
  names.set(imageId, 'changed');
  await store.executeSql(
    `UPDATE "ReferenceCaption" SET "text" = 'A Pelican near the façade' WHERE "imageId" = $1::uuid`,
    [imageId],
  );
  expect([await found('walrus'), await found('pelican'), await found('facade')]).toEqual([[], ['changed'], []]);
  await foldCaptions((text, values) => store.executeSql(text, values));
  expect(await found('facade')).toEqual(['changed']);
});

test('English captions have the lexemes, places and ranks that they had before', async () => {
  const text =
    "Two dogs' owner, aged 3.5, runs with a black-and-white dog (it is big) on the t-shirt - well-known, isn't it?";
  const { rows } = await store.executeSql(
    `SELECT to_tsvector('english', $1)::text AS before, to_tsvector('english', $2)::text AS after`,
    [text, searchText(text)],
  );
  const [{ before, after }] = rows as [{ before: string; after: string }];
  expect(after).toBe(before);
});

test('plain searches are parsed as they were', async () => {
  for (const query of [
    'dog running',
    '"brown dog" or beach -ball',
    'dog -"brown dog"',
    "dog's -the",
    'well-known dog',
    'OR dog',
    '- dog',
    'dog "brown',
  ]) {
    const { rows } = await store.executeSql(
      `SELECT websearch_to_tsquery('english', $1)::text AS before, websearch_to_tsquery('english', $2)::text AS after`,
      [query, searchQuery(query)],
    );
    const [{ before, after }] = rows as [{ before: string; after: string }];
    expect(after, query).toBe(before);
  }
});

test('marks of every word are put around the same words, whatever the text, and nothing else is changed', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !value.includes(MARK_START) && !value.includes(MARK_END));
  fc.assert(
    fc.property(text, (caption) => {
      const words = searchText(caption).split(' ').filter(Boolean);
      const marked = markOriginal(
        caption,
        words.map((word) => `${MARK_START}${word}${MARK_END}`).join(' '),
        MARK_START,
        MARK_END,
      );
      expect(marked.replaceAll(MARK_START, '').replaceAll(MARK_END, '')).toBe(caption);
      const inside = marked
        .split(MARK_START)
        .slice(1)
        .map((piece) => searchText(piece.split(MARK_END)[0] ?? ''))
        .join(' ');
      expect(inside).toBe(words.join(' '));
    }),
  );
});

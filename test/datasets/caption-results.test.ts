/** Files of captions that other programs wrote: which layouts are read, and what is said of what does not fit. */
import { describe, expect, test } from 'vitest';
import { namesOfIds, readCaptionResults } from '../../src/datasets/caption-results.js';
import { type KnownPhoto, matchResults } from '../../src/datasets/match-results.js';
import { ProblemList } from '../../src/datasets/problems.js';
import { TextFile } from '../../src/datasets/text-files.js';
import type { ImageId } from '../../src/ids.js';

const fileOf = (name: string, content: string | Uint8Array) => TextFile.decode(name, name, Buffer.from(content));

function read(name: string, content: string | Uint8Array, annotations?: string) {
  const problems = new ProblemList();
  const names = annotations === undefined ? undefined : namesOfIds(fileOf('annotations.json', annotations));
  return { results: readCaptionResults(fileOf(name, content), problems, names), problems: problems.list() };
}

describe('the same two captions', () => {
  const entries = [
    { image_id: 42, caption: 'a dog' },
    { image_id: 7, caption: 'a cat' },
  ];
  test.each([
    ['COCO results', 'results.json', JSON.stringify(entries)],
    ['annotations', 'annotations.json', JSON.stringify({ images: [], annotations: entries })],
    ['JSON lines', 'results.jsonl', entries.map((entry) => JSON.stringify(entry)).join('\n')],
    ['CSV', 'results.csv', 'image_id,caption\r\n42,a dog\r\n7,a cat\r\n'],
    ['a table with tabs', 'results.tsv', 'caption\timage_id\na dog\t42\na cat\t7\n'],
    ['UTF-16 with a mark', 'results.csv', Buffer.from('\ufeffimage_id,caption\n42,a dog\n7,a cat\n', 'utf16le')],
  ])('are read from %s', (_, name, content) => {
    const { results, problems } = read(name, content);
    expect(results.map(({ names, caption }) => [names[0], caption])).toEqual([
      ['42', 'a dog'],
      ['7', 'a cat'],
    ]);
    expect(problems).toEqual([]);
  });
});

test('a name is asked for before an id, and annotations say the names of ids', () => {
  const content = JSON.stringify([
    { image_id: 1, file_name: 'b.jpg', caption: 'a dog' },
    { image_id: '002', caption: '' },
  ]);
  const annotations = JSON.stringify({ images: [{ id: 2, file_name: 'a.jpg' }] });
  expect(read('r.json', content, annotations).results).toMatchObject([
    { names: ['b.jpg', '1'], caption: 'a dog' },
    { names: ['a.jpg', '002'], caption: '' },
  ]);
});

test('entries that say nothing are named, each by its place', () => {
  const { results, problems } = read(
    'r.json',
    JSON.stringify([{ image_id: 1 }, { image_id: 2, caption: 'a' }, 3, { caption: 'b' }]),
  );
  expect(results).toHaveLength(1);
  expect(problems).toMatchObject([{ kind: 'bad line', count: 3 }]);
  expect(problems[0]?.message).toContain('entry 1 of r.json, entry 3 of r.json, entry 4 of r.json');
});

test.each([
  ['broken JSON', '[{"image_id": 1, "caption": "a"', 'no JSON: '],
  ['an object of something else', '{"dogs": 3}', 'no list of captions'],
  ['a table of something else', 'dogs,cats\n1,2\n', 'no list of captions'],
  ['nothing', ' \n', 'empty'],
  ['an empty list', '[]', 'There is no caption in r.json'],
])('%s is refused with what to do', (_, content, said) => {
  expect(() => read('r.json', content)).toThrow(said);
});

const id = (n: number) => `00000000-0000-7000-8000-00000000000${n}` as ImageId;
const PHOTOS: readonly KnownPhoto[] = [
  { id: id(1), path: 'Images/1000268201_693b08cb0e.jpg', split: 'dev' },
  { id: id(2), path: 'COCO_val2014_000000391895.jpg', split: 'dev' },
  { id: id(3), path: 'other.JPG', split: 'test' },
  { id: id(4), path: 'a/same.jpg', split: 'dev' },
  { id: id(5), path: 'b/same.jpg', split: 'dev' },
  { id: id(6), path: 'b/lonely.jpg', split: null },
];

function match(...given: readonly (readonly [name: string, caption: string])[]) {
  const problems = new ProblemList();
  const results = given.map(([name, caption], index) => ({ names: [name], caption, place: `entry ${index + 1}` }));
  const found = matchResults(results, PHOTOS, 'dev', problems);
  return { found: [...found].map(([photo, { caption }]) => [photo, caption]), problems: problems.list() };
}

test('photos are known by name, by path, by the number in the name and by their own ids', () => {
  const { found, problems } = match(
    ['1000268201_693b08cb0e', 'one'],
    ['391895', 'two'],
    ['b/same.jpg', 'five'],
    [id(4).toUpperCase(), 'four'],
  );
  expect(found).toEqual([
    [id(1), 'one'],
    [id(2), 'two'],
    [id(5), 'five'],
    [id(4), 'four'],
  ]);
  expect(problems).toEqual([]);
});

test('what does not fit is told by kind and place', () => {
  const { found, problems } = match(
    ['391895', 'first'],
    ['COCO_val2014_000000391895.jpg', 'second'],
    ['391895', 'first'],
    ['nowhere.jpg', 'x'],
    ['same.jpg', 'x'],
    ['other.jpg', 'x'],
    ['lonely.jpg', 'x'],
    ['1000268201_693b08cb0e.jpg', ''],
  );
  expect(found).toEqual([
    [id(2), 'first'],
    [id(1), ''],
  ]);
  expect(problems.map(({ kind, count }) => [kind, count])).toEqual([
    ['two captions', 1],
    ['said twice', 1],
    ['no photo', 1],
    ['ambiguous name', 1],
    ['of the test split', 1],
    ['of no split', 1],
    ['empty caption', 1],
  ]);
  expect(problems[2]?.message).toBe('1 entry names no photo that is here: nowhere.jpg (entry 4).');
});

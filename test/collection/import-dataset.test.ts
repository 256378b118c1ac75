import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importDataset } from '../../src/collection/import-dataset.js';
import type { Dataset, DatasetItem, Problem } from '../../src/datasets/dataset.js';
import { sha256Of } from '../store/records.js';
import { openTestCollection, picture, type TestCollection } from './seeing.js';

let collection: TestCollection;
beforeEach(async () => {
  collection = await openTestCollection();
});
afterEach(() => collection.close());

async function* iterate(items: readonly DatasetItem[]) {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

function dataset(items: readonly DatasetItem[], problems: readonly Problem[] = []): Dataset {
  const summary = { format: 'pictures', photos: items.length, captions: items.length, splits: null };
  return {
    name: 'pictures',
    origin: '/data/pictures',
    format: 'folder',
    summary,
    items: iterate(items),
    count: items.length,
    problems,
  };
}

const item = (
  name: string,
  read: () => Promise<Uint8Array>,
  captions: readonly string[] = [`about ${name}`],
): DatasetItem => ({
  path: name,
  name,
  read,
  split: 'train',
  captions,
});
async function captionsByName(): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for await (const { name, captions } of collection.store.captions.captioned(['train', 'dev', 'test']))
    found.set(name, captions);
  return found;
}

const pictures = (count: number) =>
  Array.from({ length: count }, (_, index) => item(`${index}.png`, () => picture(index)));

test('every photo comes in with its captions, split, features and regions, and progress counts to the end', async () => {
  const done: number[] = [];
  const report = await importDataset(dataset(pictures(40)), collection, {
    onProgress: (count, total) => done.push(count / total),
  });
  expect(report).toMatchObject({
    dataset: 'pictures',
    imported: 40,
    alreadyThere: 0,
    duplicates: 0,
    captionsAdded: 40,
    captionsChanged: 0,
    gonePhotos: 0,
    problems: [],
  });
  expect(done.at(-1)).toBe(1);
  const found = [];
  for await (const image of collection.store.captions.captioned(['train'])) found.push(image);
  expect(found.map(({ name }) => name).sort()).toEqual(
    pictures(40)
      .map(({ name }) => name)
      .sort(),
  );
  expect(found[0]?.captions).toEqual([`about ${found[0]?.name ?? ''}`]);
  expect((await collection.store.features.countByOwner()).get(collection.inference.encoder.id)).toBe(40);
});

test('importing again changes nothing and sees nothing again', async () => {
  await importDataset(dataset(pictures(20)), collection);
  const encoded = collection.encoded();
  expect(await importDataset(dataset(pictures(20)), collection)).toMatchObject({
    imported: 0,
    alreadyThere: 20,
    problems: [],
  });
  expect(collection.encoded()).toBe(encoded);
  expect((await collection.store.images.count()).count).toBe(20);
});

test('an import that broke off is made up for by the next', async () => {
  const broken = {
    ...collection,
    inference: { ...collection.inference, encode: () => Promise.reject(new Error('crashed')) },
  };
  await expect(importDataset(dataset(pictures(20)), broken)).rejects.toThrow('crashed');
  const report = await importDataset(dataset(pictures(20)), collection);
  expect(report.imported + report.alreadyThere).toBe(20);
  expect((await collection.store.features.countByOwner()).get(collection.inference.encoder.id)).toBe(20);
  const [image] = (await collection.store.images.list({ limit: 1 })).items;
  expect(image && (await collection.store.captions.referencesOf([image.id])).get(image.id)).toHaveLength(1);
});

test('duplicates, unreadable and missing files are reported by name, and stop nothing', async () => {
  const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  const items = [
    ...pictures(3),
    item('copy.png', () => picture(1), ['a caption of the copy']),
    item('broken.jpg', () => Promise.resolve(new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3]))),
    item('missing.jpg', () => Promise.reject(missing)),
  ];
  const odd = { kind: 'no list', message: 'There is no list of the dev split.', count: 1 };
  const report = await importDataset(dataset(items, [odd]), collection);
  expect(report).toMatchObject({ imported: 3, alreadyThere: 0, duplicates: 1 });
  const [first, ...others] = report.problems;
  expect(first).toEqual(odd);
  expect(others.map(({ message }) => message).sort()).toEqual([
    'One file is the same photo as another: copy.png (as 1.png).',
    'One photo was left out. The file is missing. In question: missing.jpg.',
    expect.stringMatching(/^One photo was left out\. .*damaged.*broken\.jpg\.$/),
  ]);
  // What the copy says is that photo's, too, and stays so.
  const copied = async () => (await captionsByName()).get('1.png');
  expect(await copied()).toEqual(['about 1.png', 'a caption of the copy']);
  expect(await importDataset(dataset(items), collection)).toMatchObject({
    captionsAdded: 0,
    captionsChanged: 0,
    goneCaptions: 0,
    moved: 0,
  });
  expect(await copied()).toEqual(['about 1.png', 'a caption of the copy']);
});

test('an uploaded photo that is in the data set joins it', async () => {
  await collection.store.images.add([
    {
      sha256: sha256Of(await picture(0)),
      mediaType: 'image/png',
      width: 48,
      height: 32,
      bytes: await picture(0),
      name: 'upload.png',
      uploaded: true,
    },
  ]);
  expect(await importDataset(dataset(pictures(1)), collection)).toMatchObject({
    imported: 0,
    alreadyThere: 1,
    problems: [],
  });
  const { items } = await collection.store.images.list({ limit: 2 });
  expect(items).toMatchObject([{ name: '0.png', split: 'train', uploaded: true }]);
});

test('a data set with nothing in it is refused', async () => {
  await expect(importDataset(dataset([]), collection)).rejects.toMatchObject({ code: 'INVALID_DATASET' });
});

test('a disk that refuses ends the import with its own error', async () => {
  const folder = join(collection.directory, 'cache', 'regions');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, collection.inference.encoder.id), 'a file where a folder should be');
  await expect(importDataset(dataset(pictures(4)), collection)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

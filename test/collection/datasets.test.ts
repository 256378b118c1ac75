/** Data sets over several imports: two of one name, corrected, renamed, completed later, pruned, deleted. */
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ImportOptions, type ImportReport, importDataset } from '../../src/collection/import-dataset.js';
import { compareCaptions } from '../../src/collection/reconcile-dataset.js';
import { removeDataset } from '../../src/collection/remove-dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import type { DatasetId } from '../../src/ids.js';
import type { Split } from '../../src/splits.js';
import { PERSON } from '../../src/store/split-rules.js';
import { openTestCollection, picture, type TestCollection } from './seeing.js';

const INPUTS = fileURLToPath(new URL('inputs', import.meta.url));
const HOLIDAY = join('two-datasets-named-photos', 'holiday', 'photos');
const WORK = join('two-datasets-named-photos', 'work', 'photos');
const ALL: readonly Split[] = ['train', 'dev', 'test'];

let collection: TestCollection;
let folder: string;
beforeEach(async () => {
  collection = await openTestCollection();
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-datasets-'));
});
afterEach(async () => {
  await collection.close();
  await rm(folder, { recursive: true });
});

async function bring(path: string, options: ImportOptions = {}): Promise<ImportReport> {
  return importDataset(await openDataset(path), collection, options);
}

const input = (name: string) => join(INPUTS, name);

async function captions(dataset?: DatasetId, splits = ALL): Promise<string[]> {
  const found: string[] = [];
  for await (const photo of collection.store.captions.captioned(splits, dataset)) found.push(...photo.captions);
  return found.sort();
}

const sentences = (place: string, numbers: readonly number[]) =>
  numbers.map((number) => `A picture of the ${place} number ${number}`);
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

test('two folders of one name are two data sets, and neither knows a word of the other', async () => {
  const holiday = await bring(input(HOLIDAY));
  const work = await bring(input(WORK));
  expect([holiday.dataset, work.dataset]).toEqual(['photos', 'work/photos']);
  expect(await captions(holiday.datasetId)).toEqual(sentences('beach', EIGHT));
  expect(await captions(work.datasetId)).toEqual(sentences('office', EIGHT));
  const { datasets } = collection.store;
  await datasets.rename(work.datasetId, 'photos');
  await expect(datasets.resolve('photos')).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining(work.datasetId) as string,
  });
  await expect(datasets.resolve('nowhere')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('photos') as string,
  });
  expect(await datasets.resolve(work.datasetId)).toMatchObject({
    name: 'photos',
    origin: expect.stringMatching(/work.photos$/) as string,
  });
  // The next import finds it by where it came from, whatever it is called.
  expect(await bring(input(WORK))).toMatchObject({
    dataset: 'photos',
    datasetId: work.datasetId,
    imported: 0,
    alreadyThere: 8,
  });
});

test('corrected captions stand in place of the old, people’s stay, and what is gone is told, then pruned', async () => {
  const place = join(folder, 'photos');
  await cp(input(HOLIDAY), place, { recursive: true });
  const { datasetId } = await bring(place);
  const [image] = (await collection.store.images.list({ limit: 1 })).items;
  if (image) await collection.store.peopleCaptions.add(image.id, 'what a person wrote', PERSON);
  await cp(input(join('corrected-captions', 'photos')), place, { recursive: true });
  const report = await bring(place);
  // The folder says nothing of the last photo any more.
  expect(report).toMatchObject({
    datasetId,
    imported: 0,
    captionsAdded: 0,
    captionsChanged: 7,
    goneCaptions: 1,
    gonePhotos: 0,
  });
  expect(report.problems.find(({ kind }) => kind === 'captions gone')?.message).toMatch(/7\.jpg.*\.$/);
  const corrected = sentences('seaside', [0, 1, 2, 3, 4, 5, 6]);
  const all = async () => (await captions(datasetId)).filter((text) => text !== 'what a person wrote');
  expect(await all()).toEqual([...sentences('beach', [7]), ...corrected]);
  expect(await bring(place)).toMatchObject({ captionsAdded: 0, captionsChanged: 0, goneCaptions: 1 });

  await rm(join(place, 'Images', '0.jpg'));
  expect(await bring(place)).toMatchObject({ gonePhotos: 1, goneCaptions: 1, deletedPhotos: 0 });
  expect(await bring(place, { prune: true })).toMatchObject({ gonePhotos: 1, goneCaptions: 1 });
  expect(await all()).toEqual(corrected.slice(1));
  expect(await bring(place)).toMatchObject({ gonePhotos: 0, goneCaptions: 0 });
  if (image)
    expect((await collection.store.captions.referencesOf([image.id])).get(image.id)?.map(({ text }) => text)).toContain(
      'what a person wrote',
    );
});

test('the same photos under another folder name are a data set, too; each caption counts once', async () => {
  const first = await bring(input(HOLIDAY));
  const second = await bring(input('renamed-dataset'));
  expect(second).toMatchObject({ dataset: 'renamed-dataset', imported: 0, alreadyThere: 8 });
  expect((await collection.store.images.count()).count).toBe(8);
  for (const dataset of [undefined, first.datasetId, second.datasetId])
    expect(await captions(dataset)).toEqual(sentences('beach', EIGHT));
  const [image] = (await collection.store.images.list({ limit: 1 })).items;
  expect(image && (await collection.store.captions.referencesOf([image.id])).get(image.id)).toHaveLength(1);
  // It is trained on alone.
  for (const split of ['train', 'dev'] as const)
    expect((await captions(second.datasetId, [split])).length).toBeGreaterThan(0);
});

test('of a photo in several data sets the most held-out split counts, unless one of them is named', async () => {
  const first = await bring(input(HOLIDAY));
  const { datasetId } = await bring(input('renamed-dataset'));
  const inTest = await captions(first.datasetId, ['test']);
  for await (const page of collection.store.datasetPhotos.pages(datasetId)) {
    await collection.store.datasetPhotos.put(
      datasetId,
      page.map((photo) => ({ ...photo, split: 'train' })),
    );
  }
  expect(await captions(datasetId, ['train'])).toEqual(sentences('beach', EIGHT));
  expect(await captions(undefined, ['test'])).toEqual(inTest);
  expect(inTest).toHaveLength(1);
  expect((await collection.store.images.count({ split: 'test' })).count).toBe(1);
  expect((await collection.store.images.count({ split: 'test', dataset: datasetId })).count).toBe(0);
  await collection.store.datasets.delete(first.datasetId);
  expect((await collection.store.images.count({ split: 'test' })).count).toBe(0);
  expect(await captions(undefined, ['train'])).toEqual(sentences('beach', EIGHT));
});

test('photos first, then captions and lists, imported again: captions and splits are set; a moved photo is the same', async () => {
  const place = join(folder, 'later');
  await mkdir(join(place, 'photos'), { recursive: true });
  const names = ['a.png', 'b.png', 'c.png'];
  for (const [index, name] of names.entries()) await writeFile(join(place, 'photos', name), await picture(index));
  const { datasetId } = await bring(place);
  expect(await captions()).toEqual([]);
  await writeFile(
    join(place, 'Flickr8k.token.txt'),
    names.map((name) => `${name}#0\tA picture called ${name} .\n`).join(''),
  );
  for (const [split, name] of [
    ['train', 'a.png'],
    ['dev', 'b.png'],
    ['test', 'c.png'],
  ] as const)
    await writeFile(join(place, `Flickr_8k.${split}Images.txt`), `${name}\n`);
  expect(await bring(place)).toMatchObject({
    datasetId,
    imported: 0,
    captionsAdded: 3,
    captionsChanged: 0,
    splitsChanged: 3,
  });
  for (const [split, name] of [
    ['train', 'a'],
    ['dev', 'b'],
    ['test', 'c'],
  ] as const) {
    expect(await captions(datasetId, [split])).toEqual([`A picture called ${name}.png .`]);
    expect(await captions(undefined, [split])).toEqual([`A picture called ${name}.png .`]);
  }
  await mkdir(join(place, 'elsewhere'));
  await rename(join(place, 'photos', 'a.png'), join(place, 'elsewhere', 'a.png'));
  expect(await bring(place)).toMatchObject({ moved: 1, imported: 0, gonePhotos: 0, captionsAdded: 0 });
});

test('photos of every odd name come in under their own; a sound BMP is not called damaged', async () => {
  const place = join(folder, 'odd');
  await mkdir(place);
  const names = [
    'two\nlines.png',
    'back\\slash.png',
    '-dash.png',
    'emoji😀.png',
    'hash#1?.png',
    'per%20cent%.png',
    `quote's "x".png`,
    '猫.png',
    'no extension',
    'a.jfif',
    'b.jpe',
  ];
  for (const [index, name] of names.entries()) await writeFile(join(place, name), await picture(index));
  const western = (name: string) => Buffer.concat([Buffer.from(`${place}/`), Buffer.from(name, 'latin1')]);
  await writeFile(western('caf\xe9.png'), await picture(20));
  await writeFile(western('it\x92s.png'), await picture(21));
  for (const name of ['bitmap.bmp', 'bitmap.jpg'])
    await cp(fileURLToPath(new URL('../vision/inputs/decode/bmp.bmp', import.meta.url)), join(place, name));
  const report = await bring(place);
  const stored = (await collection.store.images.list({ limit: 20 })).items.map(({ name }) => name);
  expect(stored.sort()).toEqual([...names, 'café.png', 'it’s.png'].sort());
  const told = report.problems.map(({ message }) => message).join('\n');
  expect(told).toMatch(/not supported.*bitmap\.bmp \(BMP\)/);
  expect(told).toMatch(/BMP is not supported.*bitmap\.jpg/);
  expect(told).not.toContain('damaged');
  expect(await bring(place)).toMatchObject({ imported: 0, alreadyThere: names.length + 2 });
});

test('a deleted data set goes with its captions and photos, but for what others or people have', async () => {
  const first = await bring(input(HOLIDAY));
  const work = await bring(input(WORK));
  const { images, peopleCaptions, datasets } = collection.store;
  const [kept, uploaded] = (await images.list({ limit: 2 }, { dataset: work.datasetId })).items;
  if (!kept || !uploaded) throw new Error('nothing was imported');
  await peopleCaptions.add(kept.id, 'what a person wrote', PERSON);
  const bytes = await images.readBytes(uploaded.id);
  if (bytes) await images.add([{ ...uploaded, bytes, uploaded: true }]);
  const [gone] = (await images.list({ limit: 3 }, { dataset: work.datasetId })).items.slice(2);
  const isCached = async () =>
    gone && (await collection.regions.read(collection.inference.encoder, gone.sha256)) !== undefined;
  expect(await isCached()).toBe(true);

  expect(await removeDataset(work.datasetId, collection)).toMatchObject({
    figures: { images: 8, captions: 8 },
    deletedPhotos: 6,
  });
  expect(await isCached()).toBe(false);
  expect((await datasets.list()).map(({ id }) => id)).toEqual([first.datasetId]);
  expect((await images.count()).count).toBe(10);
  expect((await collection.store.captions.referencesOf([kept.id])).get(kept.id)?.map(({ text }) => text)).toEqual([
    'what a person wrote',
  ]);
  expect(await captions(first.datasetId)).toEqual(sentences('beach', EIGHT));
  await expect(removeDataset(work.datasetId, collection)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  // Another data set with the same photos keeps them.
  await bring(input('renamed-dataset'));
  expect(await removeDataset(first.datasetId, collection)).toMatchObject({ deletedPhotos: 0 });
});

test('a data set of an earlier version is recognised by its name and its photos, and not by its name alone', async () => {
  const { datasetId } = await bring(input(HOLIDAY));
  await collection.store.datasets.setOrigin(datasetId, 'name:photos');
  expect((await bring(input(WORK))).datasetId).not.toBe(datasetId);
  expect(await bring(input(HOLIDAY))).toMatchObject({ datasetId, captionsAdded: 0 });
});

test('captions compared: what stays, is corrected, added and gone adds up', () => {
  const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 });
  fc.assert(
    fc.property(texts, texts, (stored, given) => {
      const { added, changed, gone } = compareCaptions(stored, given);
      expect(stored.length - gone.length + added).toBe(given.length);
      // Kept beside the folder's, they are no more gone the next time than now.
      expect(compareCaptions([...given, ...gone], given)).toEqual({ added: 0, changed: 0, gone });
      expect(changed === 0 || added === 0 || gone.length === 0).toBe(true);
    }),
  );
});

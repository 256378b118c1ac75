/** Files that other programs write over: edited photos stay what they are, and overwritten ones are not lost. */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { captionStored } from '../../src/collection/caption-stored.js';
import { addPhoto } from '../../src/collection/caption-photo.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { sha256Of } from '../../src/files/sha256.js';
import type { ImageId } from '../../src/ids.js';
import { Libraries } from '../../src/libraries/libraries.js';
import { describeKept, describeLibraryRemoval } from '../../src/libraries/remove-library.js';
import { scanLibrary } from '../../src/libraries/scan-library.js';
import { takeLibraryFile } from '../../src/libraries/take-one.js';
import type { LibraryRecord } from '../../src/store/libraries.js';
import type { ModelRecord } from '../../src/store/models.js';
import { openTestCollection, picture, type TestCollection } from '../collection/seeing.js';
import { type LibraryFolder, makeLibraryFolder } from './library-folder.js';

let collection: TestCollection;
let folder: LibraryFolder;
let library: LibraryRecord;
let model: ModelRecord;
beforeEach(async () => {
  collection = await openTestCollection();
  folder = await makeLibraryFolder();
  const { store, directory } = collection;
  library = await new Libraries({ store, dataDirectory: directory, importRoot: undefined }).add(folder.root);
  const current = await store.models.current();
  if (!current) throw new Error('there is no model');
  model = current;
});
afterEach(async () => {
  await collection.close();
  await folder.remove();
});

const scan = () => scanLibrary(library.id, collection);
const say = (imageId: ImageId, text: string) => correctCaption({ imageId, text }, collection.store);
async function said(imageId: ImageId): Promise<string[]> {
  return ((await collection.store.captions.referencesOf([imageId])).get(imageId) ?? []).map(({ text }) => text);
}
const bytesOf = (path: string) => readFile(join(folder.root, path));
async function imageOf(path: string): Promise<ImageId> {
  const sha256 = sha256Of(await bytesOf(path));
  const image = (await collection.store.images.findBySha256([sha256])).get(sha256);
  if (!image) throw new Error(`${path} is not in the collection`);
  return image.id;
}
/** A picture with an upper and a lower half. */
const drawing = (seed: number) =>
  sharp({ create: { width: 60, height: 40, channels: 3, background: { r: (seed * 90) % 256, g: 120, b: 30 } } })
    .composite([{ input: { create: { width: 60, height: 15, channels: 3, background: '#39c' } }, gravity: 'north' }])
    .jpeg();
const turned = async (path: string) =>
  sharp(await bytesOf(path))
    .rotate(90)
    .jpeg({ quality: 80 })
    .toBuffer();

test('a photo that is turned in place stays the photo that it was, with all that people gave', async () => {
  await folder.write('a.jpg', await drawing(1).toBuffer());
  await folder.write('captions.csv', 'file,caption,split\na.jpg,the view of the data set,dev\n');
  await scan();
  const id = await imageOf('a.jpg');
  const { store, inference } = collection;
  const { dataset } = await importDataset(await openDataset(folder.root), collection);
  await say(id, 'our house by the sea');
  const [before] = await captionStored([id], model, collection);
  await store.ratings.add({ imageId: id, modelId: model.id, text: before?.text ?? '', rating: 4 });
  const seen = await store.features.find(id, inference.encoder.id);

  await folder.write('a.jpg', await turned('a.jpg'), 60);
  expect(await scan()).toMatchObject({ edited: 1, added: 0, changed: 0, retold: 0, deletedPhotos: 0 });
  expect(await imageOf('a.jpg')).toBe(id);
  expect(await store.images.find(id)).toMatchObject({ width: 40, height: 60, split: 'dev' });
  expect(Buffer.from((await store.images.readBytes(id)) ?? [])).toEqual(await bytesOf('a.jpg'));
  expect(await said(id)).toEqual(['our house by the sea', 'the view of the data set']);
  expect((await store.datasetPhotos.placesOf([id])).get(id)).toMatchObject([{ path: 'a.jpg' }]);
  expect((await store.ratings.ofImages([id])).get(id)).toMatchObject([{ mean: 4 }]);
  expect(await store.features.find(id, inference.encoder.id)).not.toEqual(seen);
  // What models wrote is written anew, of what is there to see now.
  const [after] = (await store.captions.generatedOf([id])).get(id) ?? [];
  expect(after?.modelId).toBe(model.id);
  expect(after?.id).not.toBe(before?.id);
  expect(await store.owedCaptions.hasOlder(new Date(Date.now() + 1000))).toBe(false);
  // The data set, imported again, finds its photo.
  expect(await importDataset(await openDataset(folder.root), collection)).toMatchObject({
    dataset,
    imported: 0,
    gonePhotos: 0,
  });
  expect(await scan()).toMatchObject({ unchanged: 1, edited: 0 });
});

test('whether a photo is held out does not change with its bytes', async () => {
  const splitOf = async (id: ImageId) => {
    for (const split of ['train', 'dev'] as const)
      for await (const photo of collection.store.captions.captioned([split])) if (photo.id === id) return split;
    return undefined;
  };
  await folder.write('a.jpg', await drawing(1).toBuffer());
  await scan();
  const id = await imageOf('a.jpg');
  await say(id, 'a beach');
  const split = await splitOf(id);
  expect(split).toBeDefined();
  for (let quality = 40; quality < 60; quality += 1) {
    await folder.write('a.jpg', await drawing(1).jpeg({ quality }).toBuffer(), quality);
    await scan();
    expect(await splitOf(id), String(quality)).toBe(split);
  }
});

test('a caption that could not be written anew is owed', async () => {
  await folder.write('a.jpg', await drawing(1).toBuffer());
  await scan();
  const id = await imageOf('a.jpg');
  await captionStored([id], model, collection);
  await folder.write('a.jpg', await turned('a.jpg'), 60);
  const failing = { ...collection.inference, caption: () => Promise.reject(new Error('the process was killed')) };
  await expect(scanLibrary(library.id, { ...collection, inference: failing })).rejects.toThrow('killed');
  expect(await collection.store.owedCaptions.hasOlder(new Date(Date.now() + 1000))).toBe(true);
  await scan();
  expect(await imageOf('a.jpg')).toBe(id);
});

test('a photo whose file was overwritten by another picture is not lost', async () => {
  for (const [name, seed] of [
    ['said', 1],
    ['rated', 2],
    ['bare', 5],
  ] as const)
    await folder.draw(`${name}.png`, seed);
  await scan();
  const [saidOf, rated, bare] = [await imageOf('said.png'), await imageOf('rated.png'), await imageOf('bare.png')];
  await say(saidOf, 'the old door');
  await collection.store.ratings.add({ imageId: rated, modelId: model.id, text: 'a door', rating: 1 });
  for (const [name, seed] of [
    ['said', 3],
    ['rated', 6],
    ['bare', 17],
  ] as const)
    await folder.write(`${name}.png`, await picture(seed), 60);
  const report = await scan();
  expect(report).toMatchObject({ added: 3, changed: 3, edited: 0, deletedPhotos: 1 });
  const { store } = collection;
  expect(await store.libraryFiles.missingAmong([saidOf, rated, bare])).toEqual(new Set([saidOf, rated]));
  expect(await store.images.find(bare)).toBeUndefined();
  expect(await store.trash.list()).toMatchObject([{ id: report.trash, kind: 'images', images: 1 }]);
  if (report.trash === undefined) throw new Error('nothing is in the trash');
  await store.trash.restore(report.trash);
  expect((await store.images.find(bare))?.name).toBe('bare.png');

  // The same where one file alone is named.
  await folder.draw('named.png', 5);
  await scan();
  const named = await imageOf('named.png');
  await folder.write('named.png', await picture(17), 60);
  expect(await takeLibraryFile(join(folder.root, 'named.png'), collection)).not.toBe(named);
  expect(await store.images.find(named)).toBeUndefined();
});

test('an edit beside its original is a photo of its own, however files were renamed', async () => {
  // 1, 2, 3 become 2, 3, 4, and 1 is an edit of what was there.
  for (const seed of [1, 2, 3]) await folder.write(`${seed}.jpg`, await drawing(seed).toBuffer());
  await scan();
  const ids = await Promise.all(['1.jpg', '2.jpg', '3.jpg'].map(imageOf));
  for (const [index, id] of ids.entries()) await say(id, `photo ${index + 1}`);
  const edit = await turned('1.jpg');
  for (const seed of [3, 2, 1]) await rename(join(folder.root, `${seed}.jpg`), join(folder.root, `${seed + 1}.jpg`));
  await folder.write('1.jpg', edit, 60);
  expect(await scan()).toMatchObject({ added: 1, edited: 0, deletedPhotos: 0 });
  expect(await Promise.all(['2.jpg', '3.jpg', '4.jpg'].map(imageOf))).toEqual(ids);
  expect(await said(await imageOf('1.jpg'))).toEqual([]);
});

test('copies that are edited alike stay one photo', async () => {
  for (const name of ['a.jpg', 'backup/a.jpg']) await folder.write(name, await drawing(1).toBuffer());
  await scan();
  const id = await imageOf('a.jpg');
  await say(id, 'a lake');
  const edit = await turned('a.jpg');
  for (const name of ['a.jpg', 'backup/a.jpg']) await folder.write(name, edit, 60);
  expect(await scan()).toMatchObject({ edited: 2, added: 0, deletedPhotos: 0 });
  expect(await imageOf('a.jpg')).toBe(id);
  // One of them alone: the other has what the photo was.
  await folder.write('a.jpg', await sharp(edit).rotate(90).toBuffer(), 120);
  expect(await scan()).toMatchObject({ edited: 0, added: 1, changed: 1, deletedPhotos: 0 });
  expect(await imageOf('backup/a.jpg')).toBe(id);
});

test('a photo that is named by its place in a library is no upload, and its bytes are not doubled', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('new.png', 2);
  await folder.draw('later.png', 5);
  await folder.draw('private/a.png', 4);
  const { store } = collection;
  await store.libraries.update(library.id, { excluded: ['private'] });
  const take = (path: string) => takeLibraryFile(join(folder.root, path), collection);
  const later = await take('later.png');
  await scan();
  expect(later).toBe(await imageOf('later.png'));
  expect(await take('a.png')).toBe(await imageOf('a.png'));
  // What is left out, and what is no photo, is none of the library.
  await folder.write('broken.png', 'no photo');
  for (const path of ['private/a.png', 'nowhere.png', 'broken.png']) expect(await take(path), path).toBeUndefined();
  expect(await takeLibraryFile('/etc/hosts', collection)).toBeUndefined();
  // One that was edited since is the photo that it was.
  await say(await imageOf('new.png'), 'a wall');
  await folder.write(
    'new.png',
    await sharp(await picture(2))
      .rotate(180)
      .png({ compressionLevel: 1 })
      .toBuffer(),
    60,
  );
  const edited = await take('new.png');
  expect(edited && (await said(edited))).toEqual(['a wall']);
  expect((await scan()).changed).toBe(0);
  await addPhoto({ name: 'upload.png', bytes: await picture(1) }, collection);
  const { rows } = await store.executeSql(
    'SELECT count(*)::int AS stored FROM "Image" WHERE octet_length("bytes") > 0',
    [],
  );
  expect(rows).toEqual([{ stored: 1 }]);
  const removal = await describeLibraryRemoval(library.id, store);
  expect(removal).toMatchObject({ deletedPhotos: 1, kept: { uploaded: 1, elsewhere: 0, captioned: 1 } });
  expect(describeKept(removal.kept)).toEqual([
    'One photo stays, as it is uploaded, with the bytes that came.',
    'One photo stays, as it is captioned by people, and missing until the library is added again.',
  ]);
});

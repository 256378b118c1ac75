/** Libraries over several scans: files come, change, move, go and come back, and nothing that people said is lost. */
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addPhoto } from '../../src/collection/caption-photo.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { sha256Of } from '../../src/files/sha256.js';
import type { ImageId } from '../../src/ids.js';
import { indexing } from '../../src/jobs/kinds/indexing.js';
import { performPart } from '../../src/jobs/part-work.js';
import { Libraries } from '../../src/libraries/libraries.js';
import { removeLibrary } from '../../src/libraries/remove-library.js';
import { scanLibrary, type ScanOptions } from '../../src/libraries/scan-library.js';
import type { LibraryRecord } from '../../src/store/libraries.js';
import { openTestCollection, picture, type TestCollection } from '../collection/seeing.js';
import { type LibraryFolder, makeLibraryFolder } from './library-folder.js';

let collection: TestCollection;
let folder: LibraryFolder;
let library: LibraryRecord;
beforeEach(async () => {
  collection = await openTestCollection();
  folder = await makeLibraryFolder();
  library = await libraries().add(folder.root);
});
afterEach(async () => {
  await collection.close();
  await folder.remove();
});

const libraries = () =>
  new Libraries({ store: collection.store, dataDirectory: collection.directory, importRoot: undefined });
const scan = (options?: ScanOptions) => scanLibrary(library.id, collection, options);
const photos = async () => (await collection.store.images.list({ limit: 100, newestFirst: false })).items;
const names = async () => (await photos()).map(({ name }) => name).sort();

async function imageOf(path: string): Promise<ImageId> {
  const bytes = await readFile(join(folder.root, path));
  const image = (await collection.store.images.findBySha256([sha256Of(bytes)])).get(sha256Of(bytes));
  if (!image) throw new Error(`${path} is not in the collection`);
  return image.id;
}

const say = (imageId: ImageId, text: string) => correctCaption({ imageId, text }, collection.store);
async function said(imageId: ImageId): Promise<string[]> {
  return ((await collection.store.captions.referencesOf([imageId])).get(imageId) ?? []).map(({ text }) => text);
}

/** Every file below the root: its bytes and its time. */
async function contents(): Promise<string[]> {
  const entries = await readdir(folder.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    files.sort().map(async (file) => `${file} ${sha256Of(await readFile(file))} ${(await stat(file)).mtimeMs}`),
  );
}

test('photos are known, seen and found, and their bytes stay where they are', async () => {
  await folder.draw('2024/rome/a.png', 1);
  await folder.draw('2024/rome/b.png', 2);
  await folder.draw('copy of a.png', 1);
  await folder.write('notes.txt', 'not a photo');
  const before = await contents();
  expect(await scan()).toMatchObject({ files: 3, added: 2, alreadyThere: 1, missing: 0, problemCount: 0 });
  expect(await contents()).toEqual(before);

  const { store, inference } = collection;
  const ids = (await photos()).map(({ id }) => id);
  expect(await store.features.having(ids, inference.encoder.id)).toEqual(new Set(ids));
  const { rows } = await store.executeSql('SELECT sum(octet_length("bytes"))::int AS stored FROM "Image"', []);
  expect(rows).toEqual([{ stored: 0 }]);
  const a = await imageOf('2024/rome/a.png');
  expect(await store.images.readBytes(a)).toEqual(new Uint8Array(await picture(1)));
  expect((await store.images.find(a))?.byteSize).toBe((await picture(1)).length);
  expect((await store.libraryFiles.ofImages([a])).get(a)?.map(({ path }) => path)).toEqual([
    '2024/rome/a.png',
    'copy of a.png',
  ]);
  expect((await store.libraries.figures([library.id])).get(library.id)).toEqual({
    files: 3,
    images: 2,
    missing: 0,
    problems: 0,
  });
});

test('a second scan reads no file, a third only what has changed', async () => {
  for (let seed = 1; seed <= 20; seed += 1) await folder.draw(`${seed}.png`, seed);
  await scan();
  const encoded = collection.encoded();
  expect(await scan()).toMatchObject({ files: 20, unchanged: 20, added: 0 });
  await folder.draw('new.png', 21);
  const progress: number[][] = [];
  expect(await scan({ onProgress: (...told) => progress.push(told) })).toMatchObject({ unchanged: 20, added: 1 });
  expect(progress).toEqual([
    [20, 21],
    [21, 21],
  ]);
  expect(collection.encoded()).toBe(encoded + 1);
});

test('a moved, renamed or differently spelt file is the same photo, with what people said of it', async () => {
  await folder.draw('inbox/a.png', 1);
  await folder.draw('Straße.png', 2);
  await scan();
  const id = await imageOf('inbox/a.png');
  await say(id, 'the cat of my aunt');
  await mkdir(join(folder.root, 'cats'));
  await rename(join(folder.root, 'inbox/a.png'), join(folder.root, 'cats/Minka.png'));
  await rename(join(folder.root, 'Straße.png'), join(folder.root, 'STRASSE.png'));
  expect(await scan()).toMatchObject({ added: 0, alreadyThere: 2, moved: 2, missing: 0 });
  expect(await imageOf('cats/Minka.png')).toBe(id);
  expect(await said(id)).toEqual(['the cat of my aunt']);
  expect(await names()).toEqual(['Minka.png', 'STRASSE.png']);
  const files = (await collection.store.libraryFiles.ofImages([id])).get(id);
  expect(files?.map(({ path, missingSince }) => [path, missingSince])).toEqual([['cats/Minka.png', null]]);
});

test('a missing photo is not deleted, says so, and comes back with its captions', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('b.png', 2);
  await scan();
  const { images, libraryFiles } = collection.store;
  const id = await imageOf('a.png');
  await say(id, 'a boat');
  const elsewhere = await mkdtemp(join(tmpdir(), 'ekphrasis-elsewhere-'));
  await rename(join(folder.root, 'a.png'), join(elsewhere, 'a.png'));
  // The file is gone before anybody has scanned.
  await expect(images.readBytes(id)).rejects.toMatchObject({ code: 'PHOTO_MISSING' });
  expect(await scan()).toMatchObject({ missing: 1, files: 1 });
  expect(await scan()).toMatchObject({ missing: 0, files: 1 });
  expect(await libraryFiles.missingAmong((await photos()).map((photo) => photo.id))).toEqual(new Set([id]));
  expect((await images.list({ limit: 9 }, { missing: true })).items.map((photo) => photo.id)).toEqual([id]);
  expect((await images.count({ missing: false })).count).toBe(1);
  // What is made of all photos leaves it out.
  expect(await images.idsAfter(undefined, 9)).not.toContain(id);
  expect(await collection.store.features.idsWithout('another' as never, undefined, 9)).not.toContain(id);

  await rename(join(elsewhere, 'a.png'), join(folder.root, 'a.png'));
  await rm(elsewhere, { recursive: true });
  // It can be read at once.
  expect(await images.readBytes(id)).toEqual(new Uint8Array(await picture(1)));
  expect(await scan()).toMatchObject({ returned: 1, added: 0, files: 2 });
  expect(await libraryFiles.missingAmong([id])).toEqual(new Set());
  expect(await said(id)).toEqual(['a boat']);
});

describe('a folder that is not what it was', () => {
  beforeEach(async () => {
    for (let seed = 1; seed <= 4; seed += 1) await folder.draw(`trip/${seed}.png`, seed);
    await scan();
  });

  const expectNothingLost = async () => {
    const figures = (await collection.store.libraries.figures([library.id])).get(library.id);
    expect(figures).toMatchObject({ files: 4, images: 4, missing: 0 });
    expect(await collection.store.libraries.find(library.id)).toMatchObject({
      lastScan: { error: { code: 'LIBRARY_UNAVAILABLE' } },
    });
  };
  const unavailable = { code: 'LIBRARY_UNAVAILABLE' };

  test('that is not there, or is a file, changes nothing', async () => {
    await rename(folder.root, `${folder.root}-away`);
    await expect(scan()).rejects.toMatchObject(unavailable);
    await writeFile(folder.root, '');
    await expect(scan({ acceptLosses: true })).rejects.toMatchObject(unavailable);
    await expectNothingLost();
    await rm(folder.root);
    await rename(`${folder.root}-away`, folder.root);
    expect(await scan()).toMatchObject({ unchanged: 4, returned: 0 });
  });

  test('that is suddenly empty, as one that is not mounted, changes nothing unless it is meant', async () => {
    await rename(join(folder.root, 'trip'), `${folder.root}-away`);
    await expect(scan()).rejects.toMatchObject(unavailable);
    await expectNothingLost();
    expect(await scan({ acceptLosses: true })).toMatchObject({ missing: 4 });
    await rename(`${folder.root}-away`, join(folder.root, 'trip'));
    expect(await scan()).toMatchObject({ returned: 4, added: 0 });
  });

  test('that is another disk with few of the photos changes nothing', async () => {
    for (const name of ['1', '2', '3']) await rm(join(folder.root, `trip/${name}.png`));
    await collection.store.executeSql(`UPDATE "Library" SET "device" = 'another'`, []);
    await expect(scan()).rejects.toMatchObject(unavailable);
    await expectNothingLost();
  });

  test('that leads elsewhere now changes nothing', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'ekphrasis-elsewhere-'));
    await rename(folder.root, `${folder.root}-away`);
    await symlink(elsewhere, folder.root);
    await expect(scan({ acceptLosses: true })).rejects.toMatchObject(unavailable);
    await expectNothingLost();
    await rm(folder.root);
    await rename(`${folder.root}-away`, folder.root);
    await rm(elsewhere, { recursive: true });
  });

  test('whose link leads nowhere keeps what lies behind it', async () => {
    const disk = await mkdtemp(join(tmpdir(), 'ekphrasis-disk-'));
    await writeFile(join(disk, 'far.png'), await picture(9));
    await symlink(disk, join(folder.root, 'disk'));
    expect(await scan()).toMatchObject({ files: 5, added: 1 });
    await rename(disk, `${disk}-away`);
    const report = await scan();
    expect(report).toMatchObject({ files: 4, missing: 0 });
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'broken link' })]);
    await rename(`${disk}-away`, disk);
    expect(await scan()).toMatchObject({ files: 5, unchanged: 5 });
    await rm(disk, { recursive: true });
  });
});

test('a file that shows another picture is another photo; what people said of the old one stays', async () => {
  for (const [name, seed] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    await folder.draw(`${name}.png`, seed);
  await scan();
  const [a, b] = [await imageOf('a.png'), await imageOf('b.png')];
  await say(a, 'the old door');
  await folder.write('a.png', await picture(3), 60);
  await folder.write('b.png', await picture(6), 60);
  expect(await scan()).toMatchObject({ added: 2, changed: 2, deletedPhotos: 1 });
  expect(await collection.store.images.find(b)).toBeUndefined();
  expect(await said(a)).toEqual(['the old door']);
  expect(await collection.store.libraryFiles.missingAmong([a])).toEqual(new Set([a]));
  await expect(collection.store.images.readBytes(a)).rejects.toMatchObject({ code: 'PHOTO_MISSING' });
});

test('a file that says other things of the same picture stays the photo that it was', async () => {
  const drawn = sharp(await picture(1)).jpeg();
  await folder.write('a.jpg', await drawn.toBuffer());
  await scan();
  const id = await imageOf('a.jpg');
  await say(id, 'our house');
  await folder.write('a.jpg', await drawn.withExif({ IFD0: { ImageDescription: 'Our house' } }).toBuffer(), 60);
  expect(await scan()).toMatchObject({ added: 0, changed: 0, retold: 1 });
  expect(await imageOf('a.jpg')).toBe(id);
  expect(await said(id)).toEqual(['our house']);
  expect(await collection.store.images.readBytes(id)).toEqual(
    new Uint8Array(await readFile(join(folder.root, 'a.jpg'))),
  );
  expect(await photos()).toHaveLength(1);
});

test('a changed .xmp file is a change of its photo, which is not seen again', async () => {
  await folder.draw('a.png', 1);
  await folder.write('a.png.xmp', '<x/>');
  await folder.draw('b.png', 2);
  await scan();
  const encoded = collection.encoded();
  await folder.write('a.png.xmp', '<xx/>');
  await folder.write('b.xmp', '<x/>');
  expect(await scan()).toMatchObject({ retold: 2, added: 0, unchanged: 0 });
  expect(await scan()).toMatchObject({ retold: 0, unchanged: 2 });
  expect(collection.encoded()).toBe(encoded);
});

test('what cannot be read is told once with its reason, and read again when it has changed or when that is asked for', async () => {
  await folder.draw('good.png', 1);
  await folder.write('cut.png', (await picture(2)).subarray(0, 60));
  await folder.write('phone.heic', 'no photo');
  await folder.write('large.jpg', new Uint8Array(collection.limits.maximumBytes + 1));
  const report = await scan();
  expect(report).toMatchObject({ files: 4, added: 1 });
  for (const file of ['cut.png', 'phone.heic', 'large.jpg'])
    expect(
      report.problems.filter(({ message }) => message.includes(file)),
      file,
    ).toHaveLength(1);
  expect(await scan()).toMatchObject({ unchanged: 4, problemCount: 0 });
  expect(await scan({ retryProblems: true })).toMatchObject({ unchanged: 1, problemCount: 3 });
  await folder.write('cut.png', await picture(2), 60);
  expect(await scan()).toMatchObject({ added: 1, unchanged: 3 });
  // A photo that is damaged is not gone with all that is known of it.
  const id = await imageOf('cut.png');
  await folder.write('cut.png', (await picture(2)).subarray(0, 60), 120);
  expect(await scan()).toMatchObject({ problemCount: 1, deletedPhotos: 0 });
  expect(await collection.store.libraryFiles.missingAmong([id])).toEqual(new Set([id]));
  await folder.write('cut.png', await picture(2), 180);
  expect(await scan()).toMatchObject({ added: 0 });
  expect(await imageOf('cut.png')).toBe(id);
});

test('a photo that is being written is left to the next scan', async () => {
  const whole = await sharp({
    create: {
      width: 300,
      height: 200,
      channels: 3,
      background: '#567',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  })
    .jpeg()
    .toBuffer();
  const file = join(folder.root, 'a.jpg');
  await writeFile(file, whole.subarray(0, whole.length / 2));
  const report = await scan();
  expect(report).toMatchObject({ added: 0, problemCount: 1 });
  await appendFile(file, whole.subarray(whole.length / 2));
  const settled = new Date(Date.now() - 60_000);
  await utimes(file, settled, settled);
  expect(await scan()).toMatchObject({ added: 1, problemCount: 0 });
  expect(sha256Of((await collection.store.images.readBytes(await imageOf('a.jpg'))) ?? new Uint8Array())).toBe(
    sha256Of(whole),
  );
});

test('hidden and excluded files, circles of links and odd names', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('.hidden/b.png', 2);
  await folder.draw('@eaDir/a.png/thumb.png', 3);
  await folder.draw('private/deep/c.png', 4);
  await folder.draw('2019/raw/d.png', 5);
  await folder.draw('2019/e.tif', 6);
  await mkdir(join(folder.root, 'loop'));
  await symlink(folder.root, join(folder.root, 'loop', 'again'));
  // Latin-1, as old disks have it: no UTF-8.
  const odd = Buffer.concat([Buffer.from(`${folder.root}/Caf`), Buffer.from([0xe9]), Buffer.from('.png')]);
  await writeFile(odd, await picture(7));
  await utimes(odd, new Date(0), new Date(0));
  await libraries().update(library.id, { excluded: ['private', '2019/raw/**', '*.tif'] });
  expect(await scan()).toMatchObject({ files: 2, added: 2, problemCount: 0 });
  expect(await names()).toEqual(['Café.png', 'a.png']);
  const cafe = (await photos()).find(({ name }) => name === 'Café.png');
  expect(cafe && (await collection.store.images.readBytes(cafe.id))).toEqual(new Uint8Array(await picture(7)));
  await libraries().update(library.id, { excluded: ['a.png'] });
  // What is excluded later counts as missing until it is let in again.
  expect(await scan()).toMatchObject({ files: 4, added: 3, missing: 1 });
  await libraries().update(library.id, { excluded: [] });
  expect(await scan()).toMatchObject({ files: 5, returned: 1, added: 0 });
});

test('a scan of what has changed looks there alone, and at all where that is not enough', async () => {
  await folder.draw('2024/rome/a.png', 1);
  await folder.draw('2024/b.png', 5);
  await folder.draw('top.png', 3);
  const rome = { places: [{ folder: '2024/rome', deep: false }] };
  // Nobody knows yet what else there is.
  expect(await scan(rome)).toMatchObject({ files: 3, added: 3, folders: undefined });
  await folder.draw('2024/rome/new.png', 6);
  await folder.draw('2024/rome/deep/elsewhere.png', 17);
  expect(await scan(rome)).toMatchObject({ folders: 1, files: 2, unchanged: 1, added: 1, missing: 0 });
  const id = await imageOf('2024/rome/a.png');
  await mkdir(join(folder.root, 'moved'));
  await rename(join(folder.root, '2024/rome/a.png'), join(folder.root, 'moved/a.png'));
  expect(await scan(rome)).toMatchObject({ missing: 1 });
  expect(await scan({ places: [{ folder: 'moved', deep: false }] })).toMatchObject({ alreadyThere: 1, moved: 1 });
  expect((await collection.store.libraryFiles.ofImages([id])).get(id)?.map(({ path }) => path)).toEqual([
    'moved/a.png',
  ]);
  await rm(join(folder.root, '2024'), { recursive: true });
  expect(await scan({ places: [{ folder: '2024', deep: true }] })).toMatchObject({ files: 0, missing: 2 });
  expect(await scan({ places: [{ folder: '', deep: false }] })).toMatchObject({ files: 1, unchanged: 1, missing: 0 });
  await collection.store.executeSql(`UPDATE "Library" SET "device" = 'another'`, []);
  expect(await scan(rome)).toMatchObject({ files: 2, folders: undefined });
  for (const name of ['moved', 'top.png']) await rm(join(folder.root, name), { recursive: true });
  await expect(scan({ places: [{ folder: '', deep: false }] })).rejects.toMatchObject({ code: 'LIBRARY_UNAVAILABLE' });
});

test('a photo of a library that is uploaded or imported as well has its bytes kept', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('b.png', 2);
  await scan();
  const [a, b] = [await imageOf('a.png'), await imageOf('b.png')];
  await addPhoto({ name: 'upload.png', bytes: await picture(1) }, collection);
  const dataset = await makeLibraryFolder();
  await dataset.draw('b.png', 2);
  await importDataset(await openDataset(dataset.root), collection);
  await dataset.remove();
  await rm(join(folder.root, 'a.png'));
  await rm(join(folder.root, 'b.png'));
  expect(await scan({ acceptLosses: true })).toMatchObject({ missing: 2 });
  for (const [id, seed] of [
    [a, 1],
    [b, 2],
  ] as const)
    expect(Buffer.from((await collection.store.images.readBytes(id)) ?? [])).toEqual(await picture(seed));
  expect(await collection.store.libraryFiles.missingAmong([a, b])).toEqual(new Set());
});

test('a photo whose file is gone does not keep the others back that are seen by another encoder', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('b.png', 2);
  await scan();
  const { store, inference } = collection;
  const ids = (await photos()).map(({ id }) => id);
  await store.executeSql('DELETE FROM "ImageFeature"', []);
  await rm(join(folder.root, 'a.png'));
  const work = indexing({ encoder: inference.encoder.id }, store, { removesOthers: false });
  const performed = performPart(ids, work, collection, () => Promise.resolve());
  await expect(performed).rejects.toMatchObject({ code: 'PHOTO_MISSING' });
  expect(await store.features.having(ids, inference.encoder.id)).toEqual(new Set([await imageOf('b.png')]));
  // Once a scan has noted it, nothing is left to do.
  await scan();
  expect(await work.finish()).toBe(true);
});

test('a removed library takes the photos that nobody else has, and no file; added again, what people said is there', async () => {
  for (let seed = 1; seed <= 3; seed += 1) await folder.draw(`${seed}.png`, seed);
  await scan();
  const first = await imageOf('1.png');
  await say(first, 'a bridge');
  await addPhoto({ name: 'upload.png', bytes: await picture(2) }, collection);
  const before = await contents();
  expect(await removeLibrary(library.id, collection)).toMatchObject({ figures: { images: 3 }, deletedPhotos: 1 });
  expect(await contents()).toEqual(before);
  expect(await photos()).toHaveLength(2);
  expect(await collection.store.libraryFiles.missingAmong([first])).toEqual(new Set([first]));
  library = await libraries().add(folder.root);
  expect(await scan()).toMatchObject({ added: 1, alreadyThere: 2 });
  expect(await imageOf('1.png')).toBe(first);
  expect(await said(first)).toEqual(['a bridge']);
  expect(await collection.store.libraryFiles.missingAmong([first])).toEqual(new Set());
});

test('a photo that was deleted stays out until its file changes', async () => {
  await folder.draw('a.png', 1);
  await folder.draw('b.png', 2);
  await scan();
  await collection.store.images.deleteMany([await imageOf('a.png')]);
  expect(await scan()).toMatchObject({ unchanged: 2, added: 0 });
  await folder.write('a.png', await picture(1), 60);
  expect(await scan()).toMatchObject({ unchanged: 1, added: 1 });
});

test('folders and libraries choose photos in lists and searches', async () => {
  await folder.draw('2024/rome_1/a.png', 1);
  await folder.draw('2024/romeX1/b.png', 2);
  await folder.draw('2024/rome_1/deep/c.png', 3);
  await scan();
  await addPhoto({ name: 'upload.png', bytes: await picture(9) }, collection);
  await say(await imageOf('2024/rome_1/a.png'), 'a square in Rome');
  const { images, features } = collection.store;
  const vector = await features.find(await imageOf('2024/rome_1/a.png'), collection.inference.encoder.id);
  if (!vector) throw new Error('it was not seen');
  for (const [filter, expected] of [
    [{ folder: '2024/rome_1' }, ['a.png', 'c.png']],
    [{ folder: '/2024/rome_1/' }, ['a.png', 'c.png']],
    [{ folder: '2024/rome' }, []],
    [{ folder: '2024' }, ['a.png', 'b.png', 'c.png']],
    [{ folder: '' }, ['a.png', 'b.png', 'c.png']],
    [{ library: library.id }, ['a.png', 'b.png', 'c.png']],
    [{ library: library.id, folder: '2024/rome_1/deep' }, ['c.png']],
    [{ reviewed: true }, ['a.png']],
    [{ reviewed: false, folder: '2024' }, ['b.png', 'c.png']],
    [{ missing: true }, []],
    [{ missing: false }, ['a.png', 'b.png', 'c.png', 'upload.png']],
  ] as const) {
    const listed = (await images.list({ limit: 9 }, filter)).items.map(({ name }) => name).sort();
    expect(listed, JSON.stringify(filter)).toEqual(expected);
    expect((await images.count(filter)).count, JSON.stringify(filter)).toBe(expected.length);
    const like = await features.nearest(collection.inference.encoder.id, { vector, limit: 9, filter });
    const found = await images.findMany(like.map(({ imageId }) => imageId));
    expect(found.map(({ name }) => name).sort(), JSON.stringify(filter)).toEqual(expected);
  }
});

test('a folder that is a library, holds the data, or is none, is refused', async () => {
  await expect(libraries().add(folder.root)).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(libraries().add(join(folder.root, 'nowhere'))).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(libraries().add(collection.directory)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(libraries().add(tmpdir())).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(libraries().update(library.id, { excluded: ['/'] })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(libraries().update(library.id, { name: ' ' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

/** Captions brought to other programs, in folders that read the same again. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CAPTION_FORMATS, exportCaptions } from '../../src/collection/export-captions.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import type { DatasetId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { newImage, sha256Of } from '../store/records.js';
import { drawnPicture } from '../vision/pictures.js';

let store: Store;
let folder: string;
let datasetId: DatasetId;

/** As it is in the collection, people's words first. */
const PHOTOS = [
  { path: 'beach.jpg', split: 'train', captions: ['a dog, "Rex", runs; it\'s fast', 'ein Hund läuft'] },
  { path: 'trip/beach.jpg', split: 'dev', captions: ['=2+2 sheep on a hill', '獅子が寝ている'] },
  { path: 'trip/day 2/IMG_1.png', split: 'test', captions: ['an apple # on a table'] },
  { path: 'trip/none.png', split: 'train', captions: [] },
] as const;
const CORRECTED = 'two sheep, really';

beforeEach(async () => {
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-export-'));
  ({ id: datasetId } = await store.datasets.open({ name: 'mine', origin: '/data/mine', format: 'folder' }));
  for (const [seed, { path, split, captions }] of PHOTOS.entries()) {
    const bytes = new Uint8Array(await drawnPicture(seed + 1, 16, 16));
    const [added] = await store.images.add([
      { ...newImage(path), name: path.split('/').at(-1) ?? '', bytes, sha256: sha256Of(bytes) },
    ]);
    if (!added) throw new Error('nothing was added');
    await store.datasetPhotos.put(datasetId, [{ imageId: added.id, path, split, captions }]);
    if (seed === 1) await correctCaption({ imageId: added.id, text: CORRECTED }, store);
  }
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function readAgain(path: string, withoutSplitFolders: boolean) {
  const { items, problems } = await openDataset(path);
  const read = [];
  for await (const item of items) {
    const { path: name, split, captions } = item;
    read.push({
      path: withoutSplitFolders ? name.replace(/^[^/]+\//u, '') : name,
      split,
      captions: [...captions],
      sha256: sha256Of(await item.read()),
    });
  }
  return { read: read.sort((a, b) => (a.path < b.path ? -1 : 1)), problems };
}

test.each(CAPTION_FORMATS)('%s reads again to the same photos, captions and splits', async (format) => {
  const to = join(folder, format);
  const report = await exportCaptions({ format, to, dataset: datasetId, reviewed: false, withPhotos: true }, store);
  expect(report).toEqual({ photos: 4, captions: 6 });
  const { read, problems } = await readAgain(to, format === 'huggingface');
  expect(problems.map(({ kind }) => kind)).toEqual(['no captions']);
  const images = await store.images.list({ limit: 10 });
  const hashes = new Set<string>(images.items.map(({ sha256 }) => sha256));
  expect(read.map(({ sha256, ...photo }) => ({ ...photo, isSame: hashes.has(sha256) }))).toEqual(
    PHOTOS.map(({ path, split, captions }) => ({
      path,
      split,
      captions: path === 'trip/beach.jpg' ? [CORRECTED, ...captions] : [...captions],
      isSame: true,
    })),
  );
});

test('--reviewed writes what people said alone; a folder with something in it is left alone', async () => {
  const to = join(folder, 'reviewed');
  const wish = { format: 'csv', to, reviewed: true, withPhotos: false } as const;
  expect(await exportCaptions(wish, store)).toEqual({ photos: 4, captions: 1 });
  expect(await readFile(join(to, 'captions.csv'), 'utf8')).toBe(
    `file,caption,split\nbeach.jpg,,train\ntrip/beach.jpg,"${CORRECTED}",dev\ntrip/day 2/IMG_1.png,,test\ntrip/none.png,,train\n`,
  );
  await expect(exportCaptions(wish, store)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

/** A collection whose regions do not fit into the size that is kept of them. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPhoto } from '../../src/collection/caption-photo.js';
import { captionCandidates } from '../../src/collection/caption-candidates.js';
import { seeMirrored, seeStoredImages, unseenImages } from '../../src/collection/see-images.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { openTestCollection, picture, type TestCollection } from './seeing.js';

const PHOTOS = 24;
const SIZE = 40_000;

let plenty: TestCollection;
let scarce: TestCollection;
let files: DerivedFiles;
beforeAll(async () => {
  plenty = await openTestCollection();
  files = new DerivedFiles(join(plenty.directory, 'scarce'), { maximumBytes: SIZE });
  scarce = { ...plenty, regions: new RegionCache(files) };
  for (let index = 0; index < PHOTOS; index += 1)
    await addPhoto({ bytes: await picture(index), name: `${index}.png` }, scarce);
});
afterAll(() => plenty.close());

async function keptBytes(): Promise<number> {
  await files.settled();
  const entries = await readdir(files.folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test('is seen anew where it is missing, to the same regions, upright and mirrored', async () => {
  expect(await keptBytes()).toBeLessThanOrEqual(SIZE);
  const ids = await plenty.store.images.idsAfter(undefined, PHOTOS);
  expect(ids).toHaveLength(PHOTOS);
  const encoded = plenty.encoded();
  expect(await seeStoredImages(ids, scarce)).toEqual(await seeStoredImages(ids, plenty));
  expect(plenty.encoded()).toBeGreaterThan(encoded);
  expect(await seeMirrored(ids, scarce)).toEqual(await seeMirrored(ids, plenty));
  expect(await keptBytes()).toBeLessThanOrEqual(SIZE);
});

test('is not seen again as a whole where it is imported again', async () => {
  const ids = await plenty.store.images.idsAfter(undefined, PHOTOS);
  expect(await unseenImages(await plenty.store.images.findMany(ids), scarce)).toEqual([]);
});

test('is captioned', async () => {
  const model = await plenty.store.models.current();
  const [id] = await plenty.store.images.idsAfter(undefined, 1);
  if (!id || !model) throw new Error('there is no photo or no model');
  expect(await captionCandidates(id, model, scarce)).toEqual(await captionCandidates(id, model, plenty));
});

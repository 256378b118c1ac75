/** What is deleted comes back as it was, to the last row. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Deletions } from '../../src/deletion/deletions.js';
import { Trash } from '../../src/deletion/trash.js';
import type { ImageId, TrashId } from '../../src/ids.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import type { NewImage } from '../../src/store/images.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { createStore, type Store } from '../../src/store/store.js';
import type { Database } from '../../src/store/database.js';
import { describeTables, quoted } from '../../src/store/tables.js';
import { ThumbnailCache } from '../../src/store/thumbnail-cache.js';
import { openTestDatabase } from '../store/open-test-store.js';
import { addModel, addToDataset, direction, ENCODER, newImage, sha256Of } from '../store/records.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';
/** What says when and where something is written down, and the trash itself. */
const NOT_COMPARED = new Set(['TrashEntry', 'TrashRow', 'Job', 'JobPart', 'OwedCaption']);

let directory: string;
let database: Database;
let store: Store;
let deletions: Deletions;
let trash: Trash;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-trash-'));
  database = await openTestDatabase();
  store = await createStore(database);
  trash = new Trash(store, 30);
  deletions = new Deletions({
    store,
    trash,
    checkpoints: new CheckpointFiles({ written: directory, shipped: directory }, store),
    regions: new RegionCache(new DerivedFiles(directory)),
    thumbnails: new ThumbnailCache(new DerivedFiles(directory)),
  });
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

/** Every row of every table, as text. */
async function everything(): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const { name } of await describeTables(database.executeSql)) {
    if (NOT_COMPARED.has(name)) continue;
    const found = await database.executeSql(`SELECT t::text AS row FROM ${quoted(name)} AS t ORDER BY 1`, []);
    rows[name] = (found.rows as { row: string }[]).map(({ row }) => row);
  }
  return rows;
}

function longImage(name: string): NewImage {
  const own = Buffer.from(name);
  const bytes = Uint8Array.from(
    { length: 2_200_000 },
    (_, index) => (index * 7 + (own[index % own.length] ?? 0)) % 256,
  );
  return { ...newImage(name), bytes, sha256: sha256Of(bytes) };
}

/** A photo of two megabytes with all that can hang on one, in a data set. */
async function fill(name: string) {
  const long = longImage(name);
  const { datasetId, ids } = await addToDataset(store, [long, newImage(`other of ${name}`)], {
    dataset: name,
    split: 'dev',
    captions: ['Ein Hund „läuft“ \\ "', 'a dog'],
  });
  const [imageId, other] = ids as [ImageId, ImageId];
  await store.features.put([{ imageId, encoder: ENCODER, vector: direction(3, 0.1) }]);
  const model = await addModel(store, `model of ${name}`);
  const words = [{ word: 'a', probability: 1 / 3, attention: new Float32Array(49).fill(1 / 49) }];
  const caption = { imageId, modelId: model.id, text: 'a dog', words, logProbability: -1 / 3 };
  await store.captions.putGenerated(caption);
  await store.peopleCaptions.add(imageId, 'written by a person', 'people/written');
  return { datasetId, imageId, other, model };
}

test('a photo comes back with its external id, unless another has it by then', async () => {
  const [first, second, third] = await store.images.add([newImage('a'), newImage('b'), newImage('c')]);
  const ids = [first?.id, second?.id, third?.id] as [ImageId, ImageId, ImageId];
  await store.externalIds.set(ids[0], 'kept');
  await store.externalIds.set(ids[1], 'taken');
  const { trash: entry } = await deletions.deleteImages([ids[0], ids[1]]);
  await store.externalIds.set(ids[2], 'taken');
  expect(await trash.restore(entry as TrashId)).toMatchObject({ images: 2, leftOut: 0 });
  const found = await store.images.findMany(ids);
  expect(found.map(({ externalId }) => externalId)).toEqual(['kept', null, 'taken']);
  await expect(store.externalIds.set(ids[0], 'taken')).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await store.externalIds.find('kept'))?.id).toBe(ids[0]);
  await deletions.deleteImages(ids, { forever: true });
});

test('photos go with all that hangs on them, and come back to the last row', async () => {
  const { imageId, other } = await fill('photos');
  const before = await everything();
  const { trash: entry, images } = await deletions.deleteImages([imageId, other]);
  expect(images).toBe(2);
  expect(await store.images.find(imageId)).toBeUndefined();
  expect(await trash.list()).toMatchObject([{ id: entry, kind: 'images', name: '2 photos', images: 2 }]);
  expect(await trash.restore(entry as TrashId)).toMatchObject({ name: '2 photos', images: 2, leftOut: 0 });
  expect(await everything()).toEqual(before);
  expect(await trash.list()).toEqual([]);
});

test('a data set comes back with its photos and captions', async () => {
  const { datasetId, other } = await fill('data set');
  const before = await everything();
  const { trash: entry, deletedPhotos } = await deletions.deleteDataset(datasetId, true);
  expect(deletedPhotos).toBeGreaterThan(0);
  expect(await store.images.find(other)).toBeUndefined();
  await trash.restore(entry as TrashId);
  expect(await everything()).toEqual(before);
});

test('a model comes back with its file and what it wrote', async () => {
  const { model } = await fill('model');
  const before = await everything();
  const { trash: entry } = await deletions.deleteModel(model.id);
  expect(await store.models.find(model.id)).toBeUndefined();
  await trash.restore(entry as TrashId);
  expect(await everything()).toEqual(before);
});

describe('what has changed meanwhile', () => {
  test('a photo that was uploaded again gets the captions of the one that was deleted', async () => {
    const { imageId } = await fill('again');
    const { trash: entry } = await deletions.deleteImages([imageId]);
    const image = longImage('again');
    const [again] = await store.images.add([{ ...image, uploaded: true }]);
    const id = again?.id as ImageId;
    expect(id).not.toBe(imageId);
    await trash.restore(entry as TrashId);
    expect((await store.captions.generatedOf([id])).get(id)).toMatchObject([{ text: 'a dog' }]);
    expect(sha256Of((await store.images.readBytes(id)) ?? '')).toBe(image.sha256);
  });

  test('what belongs to a model that is gone stays away, and that is told', async () => {
    const { imageId, model } = await fill('without model');
    const { trash: entry } = await deletions.deleteImages([imageId]);
    await deletions.deleteModel(model.id, { forever: true });
    expect(await trash.restore(entry as TrashId)).toMatchObject({ images: 1, leftOut: 1 });
  });
});

test('what is deleted for ever, or was for its days in the trash, does not come back', async () => {
  const { imageId, other } = await fill('for ever');
  expect(await deletions.deleteImages([imageId], { forever: true })).toMatchObject({ images: 1, trash: undefined });
  const { trash: entry } = await deletions.deleteImages([other]);
  await store.trash.emptyBefore(new Date(Date.now() - 86_400_000));
  expect((await trash.list()).map(({ id }) => id)).toEqual([entry]);
  await store.trash.emptyBefore(new Date(Date.now() + 1000));
  for (const id of [entry as TrashId, NOBODY as TrashId, 'no id' as TrashId])
    await expect(trash.restore(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('of two who restore the same, one does', async () => {
  const { imageId } = await fill('twice');
  const { trash: entry } = await deletions.deleteImages([imageId]);
  const results = await Promise.allSettled([trash.restore(entry as TrashId), trash.restore(entry as TrashId)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('without days nothing is kept', async () => {
  const { imageId } = await fill('no days');
  const own = new Deletions({
    store,
    trash: new Trash(store, 0),
    checkpoints: new CheckpointFiles({ written: directory, shipped: directory }, store),
    regions: new RegionCache(new DerivedFiles(directory)),
    thumbnails: new ThumbnailCache(new DerivedFiles(directory)),
  });
  expect(await own.deleteImages([imageId])).toMatchObject({ images: 1, trash: undefined });
});

test('every table whose rows go with a photo, a data set or a model is kept by the trigger', async () => {
  const { rows } = await database.executeSql(
    `WITH RECURSIVE gone AS (
       SELECT oid FROM pg_class WHERE relname IN ('Image', 'Dataset', 'Model') AND relkind = 'r'
       UNION SELECT conrelid FROM pg_constraint JOIN gone ON confrelid = gone.oid WHERE contype = 'f' AND confdeltype = 'c'
     )
     SELECT relname AS name FROM gone JOIN pg_class USING (oid)
     WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = gone.oid AND tgname = relname || '_kept') ORDER BY 1`,
    [],
  );
  // What is owed to a photo is owed no longer.
  expect((rows as { name: string }[]).map(({ name }) => name)).toEqual(['OwedCaption']);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
import { createStore, type Store } from '../../src/store/store.js';
import type { NewImage } from '../../src/store/images.js';
import { openTestDatabase, openTestStore } from './open-test-store.js';
import { addToDataset, newImage, sha256Of } from './records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const UNKNOWN = '00000000-0000-7000-8000-000000000000' as ImageId;

test('a photo comes back as it was stored, its bytes only when asked for', async () => {
  const [added] = await store.images.add([newImage('one.png')]);
  const id = added?.id ?? UNKNOWN;
  expect(added?.isNew).toBe(true);
  const image = await store.images.find(id);
  expect(image).toMatchObject({ name: 'one.png', width: 4, height: 3, byteSize: 7, mediaType: 'image/png' });
  expect(image).toMatchObject({ split: null, uploaded: false });
  expect(image).not.toHaveProperty('bytes');
  expect(new TextDecoder().decode(await store.images.readBytes(id))).toBe('one.png');
});

const MEGABYTE = 2 ** 20;

/** Bytes that differ from one megabyte to the next. */
function longImage(length: number): NewImage {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + Math.floor(index / MEGABYTE)) % 256);
  return { ...newImage(`${length} bytes`), bytes, sha256: sha256Of(bytes) };
}

test('long photos come back byte for byte, a megabyte at a time, and go with all their parts', async () => {
  const images = [1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3.5 * MEGABYTE].map(longImage);
  const added = await store.images.add(images);
  for (const [index, { bytes }] of images.entries()) {
    const id = added[index]?.id ?? UNKNOWN;
    expect(sha256Of((await store.images.readBytes(id)) ?? '')).toBe(sha256Of(bytes));
    for await (const piece of store.images.read(id)) expect(piece.length).toBeLessThanOrEqual(MEGABYTE);
    expect(await store.images.delete(id)).toBe(true);
    expect(await store.images.readBytes(id)).toBeUndefined();
  }
});

test('a photo that an earlier version stored whole in its row is read', async () => {
  const database = await openTestDatabase();
  const earlier = await createStore(database);
  const { bytes } = longImage(2.5 * MEGABYTE);
  const [added] = await earlier.images.add([newImage('earlier')]);
  const id = added?.id ?? UNKNOWN;
  const base64 = Buffer.from(bytes).toString('base64');
  await database.executeSql(`UPDATE "Image" SET "bytes" = decode($1, 'base64') WHERE "id" = $2`, [base64, id]);
  expect(sha256Of((await earlier.images.readBytes(id)) ?? '')).toBe(sha256Of(bytes));
  await earlier.close();
});

test('the same bytes are one photo, within one call and over several', async () => {
  const [first, again] = await store.images.add([newImage('twice'), newImage('twice')]);
  const [later] = await store.images.add([newImage('twice')]);
  expect([first?.isNew, again?.isNew, later?.isNew]).toEqual([true, false, false]);
  expect(new Set([first?.id, again?.id, later?.id]).size).toBe(1);
});

test('a photo that was uploaded stays an upload, whichever comes first', async () => {
  const [before] = await store.images.add([{ ...newImage('upload'), uploaded: true }]);
  const [after] = await store.images.add([newImage('photo')]);
  await store.images.add([newImage('upload'), { ...newImage('photo'), uploaded: true }]);
  for (const added of [before, after])
    expect(await store.images.find(added?.id ?? UNKNOWN)).toMatchObject({ uploaded: true });
});

test('an unknown id, and a text that is none, find nothing', async () => {
  for (const id of [UNKNOWN, 'no id' as ImageId]) {
    expect(await store.images.find(id)).toBeUndefined();
    expect(await store.images.readBytes(id)).toBeUndefined();
    expect(await store.images.delete(id)).toBe(false);
  }
});

test('pages go through a list forwards and backwards without gaps or repeats', async () => {
  const added = [];
  for (let index = 0; index < 7; index += 1) {
    added.push(await addToDataset(store, [newImage(`page ${index}`)], { dataset: 'pages' }));
    // Ids of one millisecond have no order among themselves.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const oldestFirst = added.flatMap(({ ids }) => ids);
  const newestFirst = [...oldestFirst].reverse();
  const filter = { dataset: added[0]?.datasetId };
  const first = await store.images.list({ limit: 3 }, filter);
  expect(first.items.map(({ id }) => id)).toEqual(newestFirst.slice(0, 3));
  expect(first).toMatchObject({ hasNext: true, hasPrevious: false });
  const second = await store.images.list({ limit: 3, after: newestFirst[2] }, filter);
  expect(second.items.map(({ id }) => id)).toEqual(newestFirst.slice(3, 6));
  const end = await store.images.list({ limit: 3, after: newestFirst[5] }, filter);
  expect(end.items.map(({ id }) => id)).toEqual(newestFirst.slice(6));
  expect(end).toMatchObject({ hasNext: false, hasPrevious: true });
  const back = await store.images.list({ limit: 2, before: newestFirst[5], backwards: true }, filter);
  expect(back.items.map(({ id }) => id)).toEqual(newestFirst.slice(3, 5));
  expect(back).toMatchObject({ hasNext: true, hasPrevious: true });
  const oldest = await store.images.list({ limit: 2, newestFirst: false }, filter);
  expect(oldest.items.map(({ id }) => id)).toEqual(oldestFirst.slice(0, 2));
  expect(await store.images.count(filter)).toEqual({ count: 7, isEstimate: false });
});

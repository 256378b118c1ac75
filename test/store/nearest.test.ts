import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncoderId, ImageId } from '../../src/ids.js';
import type { NeighbourPosition } from '../../src/store/nearest.js';
import type { Split } from '../../src/store/images.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, addToDataset, direction, ENCODER, newImage, NO_DATASET } from './records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const OTHER = 'another' as EncoderId;
const QUERY = direction(0);

async function add(name: string, lean: number, { encoder = ENCODER, split, captions = [] }: { encoder?: EncoderId; split?: Split; captions?: string[] } = {}): Promise<ImageId> {
  const imageId = await addCaptioned(store, name, captions, split);
  await store.features.put([{ imageId, encoder, vector: direction(0, lean) }]);
  return imageId;
}

async function readPages(limit: number, between: (page: number) => Promise<unknown> = () => Promise.resolve()): Promise<ImageId[]> {
  const ids: ImageId[] = [];
  for (let after: NeighbourPosition | undefined, page = 1; ; page += 1) {
    const found = await store.features.nearest(ENCODER, { vector: QUERY, limit, after });
    ids.push(...found.map(({ imageId }) => imageId));
    after = found.at(-1);
    if (found.length < limit) return ids;
    await between(page);
  }
}

test('the nearest images are those of the same encoder whose vectors point the same way', async () => {
  const [b, c] = [await add('b', 0.9), await add('c', 0.2)];
  await add('other', 0, { encoder: OTHER });
  const found = await store.features.nearest(ENCODER, { vector: QUERY, limit: 10 });
  expect(found.map(({ imageId }) => imageId)).toEqual([c, b]);
  expect(found[0]?.similarity).toBeCloseTo(Math.cos(0.2), 5);
  expect(await store.features.nearest(ENCODER, { vector: QUERY, limit: 10, without: [c] })).toMatchObject([{ imageId: b }]);
});

test('pages neither repeat nor skip an image, also where several are equally far, and while others are added', async () => {
  for (let index = 0; index < 7; index += 1) await add(`tied ${index}`, 0.5);
  const whole = (await store.features.nearest(ENCODER, { vector: QUERY, limit: 100 })).map(({ imageId }) => imageId);
  expect(whole).toHaveLength(9);
  expect(await readPages(2)).toEqual(whole);
  let behind: ImageId | undefined;
  const read = await readPages(2, async (page) => {
    if (page !== 2) return;
    await add('ahead', 0.1);
    behind = await add('behind', 0.8);
  });
  expect(read.filter((id) => id !== behind)).toEqual(whole);
  expect(read.indexOf(behind ?? ('' as ImageId))).toBe(8);
});

test('a filter never returns too few, however far away the images are that fit', async () => {
  const crowd = Array.from({ length: 220 }, (_, index) => newImage(`crowd ${index}`));
  const { ids } = await addToDataset(store, crowd, { dataset: 'crowd', split: 'train' });
  await store.features.put(ids.map((imageId, index) => ({ imageId, encoder: ENCODER, vector: direction(0, 0.3 + index / 1e5) })));
  const far = [await add('far 0', 1.2, { split: 'test', captions: ['a dog'] }), await add('far 1', 1.3, { split: 'test' })];
  const idsOf = async (filter: object) => (await store.features.nearest(ENCODER, { vector: QUERY, limit: 2, filter })).map(({ imageId }) => imageId);
  expect(await idsOf({ split: 'test' })).toEqual(far);
  expect(await idsOf({ hasPersonCaption: true })).toEqual([far[0]]);
  expect(await idsOf({ split: 'test', hasPersonCaption: false })).toEqual([far[1]]);
  expect(await idsOf({ dataset: NO_DATASET })).toEqual([]);
  expect(await store.features.countRanked(ENCODER, { filter: { split: 'test' } })).toEqual({ count: 2, isEstimate: false });
  const rare = 'rare' as EncoderId;
  await store.features.put([{ imageId: far[0] ?? ('' as ImageId), encoder: rare, vector: direction(0, 1.5) }]);
  expect(await store.features.nearest(rare, { vector: QUERY, limit: 3 })).toMatchObject([{ imageId: far[0] }]);
});

test('images are chosen by when they were added', async () => {
  const [first] = (await store.images.list({ limit: 1, newestFirst: false })).items;
  const [last] = (await store.images.list({ limit: 1 })).items;
  if (!first || !last) throw new Error('there are no images');
  const { count } = await store.images.count();
  expect((await store.images.count({ addedFrom: first.createdAt })).count).toBe(count);
  expect((await store.images.count({ addedBefore: first.createdAt })).count).toBe(0);
  const since = await store.images.list({ limit: 1000 }, { addedFrom: last.createdAt });
  expect(since.items.length).toBeLessThan(count);
  expect(since.items[0]).toEqual(last);
});

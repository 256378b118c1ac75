import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId } from '../../src/ids.js';
import { findDuplicates } from '../../src/search/duplicates.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { direction, ENCODER, newImage } from '../store/records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** Photos one after another, as their ids tell; `axis` says which are the same picture. */
async function addPhotos(axes: readonly number[]): Promise<ImageId[]> {
  const ids: ImageId[] = [];
  for (const [index, axis] of axes.entries()) {
    const [added] = await store.images.add([newImage(`${index} of ${axis}`)]);
    if (!added) throw new Error('nothing was added');
    ids.push(added.id);
    // Ids of one millisecond have no order among themselves.
    await new Promise((resolve) => setTimeout(resolve, 2));
    await store.features.put([{ imageId: added.id, encoder: ENCODER, vector: direction(axis, index / 100) }]);
  }
  return ids;
}

test('pictures that were saved more than once are told with the first of them, page by page', async () => {
  expect(await findDuplicates({}, store)).toEqual({ groups: [], next: undefined });
  const ids = await addPhotos([1, 2, 3, 1, 4, 3, 1]);
  const { groups, next } = await findDuplicates({}, store);
  expect(next).toBeUndefined();
  expect(
    groups.map(({ imageId, copies }) => [ids.indexOf(imageId), copies.map((copy) => ids.indexOf(copy.imageId))]),
  ).toEqual([
    [0, [3, 6]],
    [2, [5]],
  ]);
  for (const { similarity } of groups.flatMap(({ copies }) => copies)) expect(similarity).toBeGreaterThan(0.9);
  const first = await findDuplicates({ limit: 1 }, store);
  expect(first).toEqual({ groups: groups.slice(0, 1), next: ids[0] });
  expect(await findDuplicates({ limit: 1, after: first.next }, store)).toMatchObject({ groups: groups.slice(1) });
  await expect(findDuplicates({ limit: 0 }, store)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

/** A change of the search model: its vectors are made in the background while those of the model before answer. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPhoto } from '../../src/collection/caption-photo.js';
import { nextSearchModel } from '../../src/collection/embed-images.js';
import type { ImageId } from '../../src/ids.js';
import { photoWork } from '../../src/jobs/kind.js';
import { reindexKind } from '../../src/jobs/kinds/reindex.js';
import { performPart } from '../../src/jobs/part-work.js';
import { searchImages } from '../../src/search/search-images.js';
import { currentSpace } from '../../src/search/semantics.js';
import type { ModelRecord } from '../../src/store/models.js';
import { addSearchModel, openTestCollection, picture, type TestCollection } from '../collection/seeing.js';

let collection: TestCollection;
let first: ModelRecord;
const ids: ImageId[] = [];
beforeAll(async () => {
  collection = await openTestCollection();
  const { id: encoderId } = collection.inference.encoder;
  first = await addSearchModel(collection.store, encoderId, 1);
  for (let seed = 1; seed <= 3; seed += 1) ids.push(await add(seed));
});
afterAll(() => collection.close());

async function add(seed: number): Promise<ImageId> {
  return (await addPhoto({ bytes: await picture(seed), name: `${seed}.png` }, collection)).image.id;
}

function search(mode: 'semantic' | 'hybrid' = 'semantic') {
  const { store, inference, checkpoints } = collection;
  const space = currentSpace(
    store,
    async (text, model) => (await inference.embedTexts(await checkpoints.pathOf(model), [text]))[0],
  );
  return searchImages({ text: 'a dog runs', mode }, { store, space });
}

async function workOf(model: ModelRecord) {
  const settings = { encoder: collection.inference.encoder.id, searchModelId: model.id };
  return photoWork(reindexKind, await collection.store.jobs.create({ kind: 'reindex', settings }), collection.store);
}

test('a photo is embedded when it is added, and found by meaning once the model answers', async () => {
  await expect(search()).rejects.toMatchObject({ code: 'NO_MODEL' });
  expect(await search('hybrid')).toMatchObject({
    mode: 'text',
    notice: expect.stringContaining('no search model') as string,
  });
  expect(await collection.store.embeddings.having(ids, first.id)).toEqual(new Set(ids));
  const work = await workOf(first);
  expect(await work.idsAfter(undefined, 10)).toEqual([]);
  expect(await work.finish()).toBe(true);
  const { hits } = await search();
  expect(new Set(hits.map(({ imageId }) => imageId))).toEqual(new Set(ids));
});

test('the model before answers until the next has embedded every photo; its vectors go then', async () => {
  const { store } = collection;
  const second = await addSearchModel(store, collection.inference.encoder.id, 2);
  // One that was trained waits until a person wants it.
  expect((await nextSearchModel(store, collection.inference.encoder.id))?.id).toBe(first.id);
  await store.models.choose(second.id);
  expect((await nextSearchModel(store, collection.inference.encoder.id))?.id).toBe(second.id);
  const before = await search();
  const work = await workOf(second);
  expect(await work.idsAfter(undefined, 2)).toEqual(ids.slice(0, 2));
  await performPart(ids.slice(0, 2), work, collection, () => Promise.resolve());
  expect(await search()).toMatchObject({ hits: before.hits.map(({ imageId, score }) => ({ imageId, score })) });
  expect(await work.finish()).toBe(false);
  // A photo that comes meanwhile is embedded by both.
  const late = await add(4);
  for (const model of [first, second]) expect(await store.embeddings.having([late], model.id)).toEqual(new Set([late]));
  await performPart(await work.idsAfter(undefined, 10), work, collection, () => Promise.resolve());
  expect(await store.models.current('SEARCH')).toMatchObject({ id: first.id });
  expect(await work.finish()).toBe(true);
  expect(await store.models.current('SEARCH')).toMatchObject({ id: second.id });
  expect(await store.models.current()).toMatchObject({ task: 'CAPTION' });
  expect(await store.embeddings.countByOwner()).toEqual(new Map([[second.id, 4]]));
  const vector = await store.embeddings.find(late, second.id);
  const after = await search();
  expect(after.hits).toHaveLength(4);
  expect(after.hits.map(({ score }) => score)).not.toEqual(before.hits.map(({ score }) => score));
  expect(vector).toHaveLength(512);
});

test('a job of a model that another has followed does not bring it back', async () => {
  const { store } = collection;
  const current = await store.models.current('SEARCH');
  const work = await workOf(first);
  await performPart(await work.idsAfter(undefined, 10), work, collection, () => Promise.resolve());
  await work.finish();
  expect((await store.models.current('SEARCH'))?.id).toBe(current?.id);
  expect((await search()).hits).toHaveLength(4);
});

test('a model of another encoder embeds nothing, and is not the next', async () => {
  const { store, inference } = collection;
  const foreign = await addSearchModel(store, 'vgg16-other' as typeof inference.encoder.id, 3);
  const imageId = await add(5);
  expect((await store.embeddings.having([imageId], foreign.id)).size).toBe(0);
  expect((await nextSearchModel(store, inference.encoder.id))?.id).not.toBe(foreign.id);
});

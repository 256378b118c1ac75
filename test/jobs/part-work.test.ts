import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CollectionContext } from '../../src/collection/context.js';
import type { EncoderId, ImageId } from '../../src/ids.js';
import { photoWork } from '../../src/jobs/kind.js';
import { captionKind } from '../../src/jobs/kinds/caption.js';
import { embedKind } from '../../src/jobs/kinds/embed.js';
import { reindexKind } from '../../src/jobs/kinds/reindex.js';
import { performPart } from '../../src/jobs/part-work.js';
import type { JobRecord } from '../../src/store/jobs.js';
import { openTestCollection, picture, type TestCollection } from '../collection/seeing.js';
import { PERSON } from '../../src/store/split-rules.js';
import { direction, sha256Of } from '../store/records.js';

let collection: TestCollection;
beforeAll(async () => {
  collection = await openTestCollection();
});
afterAll(() => collection.close());

const OTHER = 'vgg16-int8-other' as EncoderId;
let drawn = 0;

/** Photos that nobody has seen yet. */
async function addPhotos(
  count: number,
  bytes: () => Promise<Uint8Array> = () => picture((drawn += 1)),
): Promise<ImageId[]> {
  const photos = await Promise.all(Array.from({ length: count }, bytes));
  const added = await collection.store.images.add(
    photos.map((photo) => ({
      sha256: sha256Of(photo),
      mediaType: 'image/png',
      width: 48,
      height: 32,
      bytes: photo,
      name: 'photo.png',
    })),
  );
  return added.map(({ id }) => id);
}

const embedJob = (encoder = collection.inference.encoder.id) =>
  collection.store.jobs.create({ kind: 'embed', settings: { encoder } });

async function captionJob(onlyMissing: boolean): Promise<JobRecord> {
  const model = await collection.store.models.current();
  const settings = { encoder: collection.inference.encoder.id, modelId: model?.id, onlyMissing };
  return collection.store.jobs.create({ kind: 'caption', settings });
}

const goOn = () => Promise.resolve();
const context = () => collection;

test('a part that is delivered twice is seen once', async () => {
  const ids = await addPhotos(5);
  const work = photoWork(embedKind, await embedJob(), collection.store);
  expect(await work.idsAfter(undefined, 100)).toEqual(ids);
  await performPart(ids, work, context(), goOn);
  const encoded = collection.encoded();
  await performPart(ids, work, context(), goOn);
  expect(collection.encoded()).toBe(encoded);
  expect(await work.idsAfter(undefined, 100)).toEqual([]);
});

test('photos that were deleted meanwhile are left out', async () => {
  const ids = await addPhotos(3);
  await collection.store.images.delete(ids[1] ?? (ids[0] as ImageId));
  await performPart(ids, photoWork(embedKind, await embedJob(), collection.store), context(), goOn);
  expect((await collection.store.features.having(ids, collection.inference.encoder.id)).size).toBe(2);
});

test('one photo that cannot be read is told, and keeps none of the others back', async () => {
  const before = await addPhotos(1);
  const [broken] = await addPhotos(1, () => Promise.resolve(new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3])));
  const after = await addPhotos(6);
  const ids = [...before, ...(broken ? [broken] : []), ...after];
  const part = performPart(ids, photoWork(embedKind, await embedJob(), collection.store), context(), goOn);
  await expect(part).rejects.toMatchObject({
    code: 'INVALID_IMAGE',
    message: expect.stringContaining(String(broken)) as string,
  });
  expect((await collection.store.features.having(ids, collection.inference.encoder.id)).size).toBe(7);
  if (broken) await collection.store.images.delete(broken);
});

test('work that is to stop does so within a few photos', async () => {
  const ids = await addPhotos(16);
  let asked = 0;
  const part = performPart(ids, photoWork(embedKind, await embedJob(), collection.store), context(), () => {
    asked += 1;
    return asked > 2 ? Promise.reject(new Error('cancelled')) : Promise.resolve();
  });
  await expect(part).rejects.toThrow('cancelled');
  expect((await collection.store.features.having(ids, collection.inference.encoder.id)).size).toBe(8);
});

test("what another encoder than the job's has seen is thrown away, even when it came to run in mid work", async () => {
  const ids = await addPhotos(4);
  const own = collection.inference.encoder;
  let running = own;
  const inference: CollectionContext['inference'] = {
    ...collection.inference,
    get encoder() {
      return running;
    },
    async encode(photos) {
      const features = await collection.inference.encode(photos);
      running = { ...own, id: OTHER };
      return features;
    },
  };
  const work = photoWork(embedKind, await embedJob(own.id), collection.store);
  await expect(performPart(ids, work, { ...collection, inference }, goOn)).rejects.toMatchObject({
    code: 'ENCODER_MISMATCH',
  });
  await expect(performPart(ids, work, { ...collection, inference }, goOn)).rejects.toMatchObject({
    code: 'ENCODER_MISMATCH',
  });
  for (const encoder of [own.id, OTHER]) expect((await collection.store.features.having(ids, encoder)).size).toBe(0);
});

test('indexing anew sees what is missing; what others saw answers until all is there, and is removed then', async () => {
  const [stale, both] = (await addPhotos(2)) as [ImageId, ImageId];
  const { features, jobs } = collection.store;
  const own = collection.inference.encoder.id;
  await features.put([stale, both].map((imageId) => ({ imageId, encoder: OTHER, vector: direction(1) })));
  await features.put([{ imageId: both, encoder: own, vector: direction(2) }]);
  await features.answerWith(OTHER);
  const work = photoWork(
    reindexKind,
    await jobs.create({ kind: 'reindex', settings: { encoder: own } }),
    collection.store,
  );
  expect(await work.idsAfter(undefined, 100)).toContain(stale);
  expect(await work.finish()).toBe(false);
  await performPart(await work.idsAfter(undefined, 100), work, context(), goOn);
  expect(await work.idsAfter(undefined, 100)).toEqual([]);
  expect(await features.answering()).toBe(OTHER);
  expect(await features.having([stale, both], OTHER)).toEqual(new Set([stale, both]));
  expect(await work.finish()).toBe(true);
  expect(await features.answering()).toBe(own);
  expect((await features.having([stale, both], OTHER)).size).toBe(0);
  expect((await features.having([stale, both], own)).size).toBe(2);
});

test('captions are written where they are missing, or anew once for a job, and those of people stay', async () => {
  const ids = await addPhotos(5);
  const { captions, peopleCaptions } = collection.store;
  for (const id of ids) await peopleCaptions.add(id, 'what a person saw', PERSON);
  const missing = await captionJob(true);
  await performPart(ids, photoWork(captionKind, missing, collection.store), context(), goOn);
  const written = async () =>
    new Map([...(await captions.generatedOf(ids))].map(([id, [caption]]) => [id, caption?.createdAt.getTime()]));
  const first = await written();
  expect(first.size).toBe(5);
  await performPart(ids, photoWork(captionKind, await captionJob(true), collection.store), context(), goOn);
  expect(await written()).toEqual(first);

  await new Promise((resolve) => setTimeout(resolve, 5));
  const anew = photoWork(captionKind, await captionJob(false), collection.store);
  await performPart(ids, anew, context(), goOn);
  const second = await written();
  for (const id of ids) expect(second.get(id)).toBeGreaterThan(first.get(id) ?? Infinity);
  await performPart(ids, anew, context(), goOn);
  expect(await written()).toEqual(second);
  const references = await captions.referencesOf(ids);
  for (const id of ids) expect(references.get(id)).toMatchObject([{ text: 'what a person saw' }]);
});

/** Which photos and captions of people take part in training and measuring. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetId, ImageId, Sha256 } from '../../src/ids.js';
import type { Split } from '../../src/splits.js';
import { CHOICE, PERSON, splitOfPeoples } from '../../src/store/split-rules.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, addModel, newImage, NO_DATASET, sha256Of } from './records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** An upload that would be in this split. */
async function upload(name: string, split: Split): Promise<ImageId> {
  const fitting = Array.from({ length: 200 }, (_, index) => `${name} ${index}`).find(
    (text) => splitOfPeoples(sha256Of(text)) === split,
  );
  const [added] = await store.images.add([newImage(fitting ?? '')]);
  if (!added) throw new Error('nothing was added');
  return added.id;
}

async function captionsOf(
  id: ImageId,
  splits: readonly Split[],
  dataset?: DatasetId,
): Promise<readonly string[] | undefined> {
  for await (const image of store.captions.captioned(splits, dataset)) {
    if (image.id === id) return image.captions;
  }
  return undefined;
}

test('an upload is trained on once a person has captioned it, unless it is of the fifth that is held out', async () => {
  const learned = await upload('learned', 'train');
  const heldOut = await upload('held out', 'dev');
  for (const id of [learned, heldOut]) {
    expect(await captionsOf(id, ['train', 'dev', 'test'])).toBeUndefined();
    await store.peopleCaptions.add(id, 'a red boat', PERSON);
  }
  expect(await captionsOf(learned, ['train'])).toEqual(['a red boat']);
  expect(await captionsOf(learned, ['dev', 'test'])).toBeUndefined();
  expect(await captionsOf(heldOut, ['dev'])).toEqual(['a red boat']);
  expect(await captionsOf(heldOut, ['train', 'test'])).toBeUndefined();
  expect(await captionsOf(learned, ['train'], NO_DATASET)).toBeUndefined();
});

test("a data set's photo that is in no list of it stays out, and what a person writes of it is all that is learned", async () => {
  const withheld = await Promise.all(
    Array.from({ length: 10 }, (_, index) => addCaptioned(store, `withheld ${index}`, ['a dog'])),
  );
  for (const id of withheld) expect(await captionsOf(id, ['train', 'dev', 'test'])).toBeUndefined();
  for (const id of withheld) await store.peopleCaptions.add(id, 'a person writes', PERSON);
  for (const id of withheld) expect(await captionsOf(id, ['train', 'dev'])).toEqual(['a person writes']);
});

test('what a person corrected in a data set is learned with the rest, and its measuring stays what it was', async () => {
  const train = await addCaptioned(store, 'train.jpg', ['a dog'], 'train');
  const dev = await addCaptioned(store, 'dev.jpg', ['a cat'], 'dev');
  for (const id of [train, dev]) await store.peopleCaptions.add(id, 'a person writes', PERSON);
  expect([...((await captionsOf(train, ['train'])) ?? [])].sort()).toEqual(['a dog', 'a person writes']);
  expect(await captionsOf(dev, ['dev'])).toEqual(['a cat']);
});

test('what a model wrote and a person chose is learned, but measures no model', async () => {
  const learned = await upload('chosen', 'train');
  const heldOut = await upload('chosen, held out', 'dev');
  for (const id of [learned, heldOut]) await store.peopleCaptions.add(id, 'a model writes', CHOICE);
  expect(await captionsOf(learned, ['train'])).toEqual(['a model writes']);
  expect(await captionsOf(heldOut, ['dev'])).toBeUndefined();
  await store.peopleCaptions.add(heldOut, 'a person writes', PERSON);
  expect(await captionsOf(heldOut, ['dev'])).toEqual(['a person writes']);
});

test('about a fifth is held out, always the same', () => {
  const hashes = Array.from({ length: 2000 }, (_, index): Sha256 => sha256Of(String(index)));
  const heldOut = hashes.filter((hash) => splitOfPeoples(hash) === 'dev');
  expect(heldOut.length / hashes.length).toBeCloseTo(0.2, 1);
  expect(new Set(hashes.map(splitOfPeoples))).toEqual(new Set(['train', 'dev']));
});

test('corrections alone are learned of a photo where only they are asked for', async () => {
  const train = await addCaptioned(store, 'corrected train.jpg', ['a dog'], 'train');
  const other = await addCaptioned(store, 'as it came.jpg', ['a cow'], 'train');
  await store.peopleCaptions.add(train, 'a brown dog', PERSON);
  const found = new Map<ImageId, readonly string[]>();
  for await (const { id, captions } of store.captions.captioned(['train'], undefined, true)) found.set(id, captions);
  expect(found.get(train)).toEqual(['a brown dog']);
  expect(found.has(other)).toBe(false);
});

test('corrected photos are told with their split and when; those that take no part are not among them', async () => {
  const before = await store.peopleCaptions.correctedPhotos();
  const began = new Date();
  const heldOut = await upload('counted, held out', 'dev');
  await store.peopleCaptions.add(heldOut, 'a model writes', CHOICE);
  await store.peopleCaptions.add(await addCaptioned(store, 'of test.jpg', ['a cat'], 'test'), 'a tabby', PERSON);
  expect(await store.peopleCaptions.correctedPhotos()).toEqual(before);
  await store.peopleCaptions.add(heldOut, 'a person writes', PERSON);
  const after = await store.peopleCaptions.correctedPhotos();
  expect(after).toHaveLength(before.length + 1);
  // The database keeps milliseconds.
  expect(after.filter(({ split, at }) => split === 'dev' && at.getTime() >= began.getTime() - 1)).toHaveLength(1);
});

test('a model rehearses its own sentences for photos that nobody corrected and that may be trained on', async () => {
  const model = await addModel(store, 'rehearses');
  const photos = {
    fresh: await upload('fresh', 'train'),
    heldOut: await upload('never learned', 'dev'),
    corrected: await upload('put right', 'train'),
    train: await addCaptioned(store, 'own train.jpg', ['a dog'], 'train'),
    dev: await addCaptioned(store, 'own dev.jpg', ['a dog'], 'dev'),
    withheld: await addCaptioned(store, 'own withheld.jpg', ['a dog']),
  };
  for (const [name, imageId] of Object.entries(photos))
    await store.captions.putGenerated({
      imageId,
      modelId: model.id,
      text: `what it wrote of ${name}`,
      words: [],
      logProbability: -1,
    });
  await store.peopleCaptions.add(photos.corrected, 'a person writes', PERSON);
  const own = await store.captions.ownOf(model.id, 10);
  expect(own.map(({ captions }) => captions).sort()).toEqual([['what it wrote of fresh'], ['what it wrote of train']]);
  expect(await store.captions.ownOf(model.id, 1)).toEqual(own.slice(0, 1));
});

/** Which photos and captions of people take part in training and measuring. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetId, ImageId, Sha256 } from '../../src/ids.js';
import type { Split } from '../../src/splits.js';
import { CHOICE, PERSON, splitOfPeoples } from '../../src/store/split-rules.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addCaptioned, newImage, NO_DATASET, sha256Of } from './records.js';

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

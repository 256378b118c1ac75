import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId, JobId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';
import { addModel, newImage } from './records.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const LATER = new Date(Date.now() + 3_600_000);
const JOB = { kind: 'caption', settings: { onlyOwed: true } };

async function upload(name: string): Promise<ImageId> {
  const [added] = await store.images.add([{ ...newImage(name), uploaded: true, owesCaption: true }]);
  if (!added) throw new Error(`${name} was not stored`);
  return added.id;
}

async function caption(imageId: ImageId): Promise<void> {
  const { id: modelId } = await addModel(store, `for ${imageId}`);
  await store.captions.putGenerated({ imageId, modelId, text: 'a dog', words: [], logProbability: -1 });
}

test('a photo that was sent to be captioned is owed one until it has one, and is given to one job', async () => {
  await store.images.add([newImage('imported')]);
  const captioned = await upload('captioned');
  await caption(captioned);
  // Sent again.
  await upload('captioned');
  expect(await store.owedCaptions.hasOlder(LATER)).toBe(false);

  const [left, gone] = [await upload('left'), await upload('gone')];
  expect(await store.owedCaptions.hasOlder(LATER)).toBe(true);
  const past = new Date(Date.now() - 3_600_000);
  expect(await store.owedCaptions.hasOlder(past)).toBe(false);
  expect(await store.owedCaptions.handOver(JOB, past)).toBeUndefined();
  expect(await store.jobs.count()).toBe(0);

  // Of servers that look at once, one has them.
  const jobs = await Promise.all([store.owedCaptions.handOver(JOB, LATER), store.owedCaptions.handOver(JOB, LATER)]);
  const [job, ...others] = jobs.filter((made) => made !== undefined);
  expect(others).toEqual([]);
  expect(job).toMatchObject({ ...JOB, state: 'QUEUED' });
  const id = job?.id ?? ('' as JobId);
  expect(await store.owedCaptions.ofJob(id, undefined, 10)).toEqual([left, gone]);
  expect(await store.owedCaptions.ofJob(id, left, 10)).toEqual([gone]);

  await store.images.delete(gone);
  await caption(left);
  expect(await store.owedCaptions.ofJob(id, undefined, 10)).toEqual([]);
});

test('one that comes again, while a job has it, belongs to whoever captions it now', async () => {
  const id = await upload('again');
  const job = await store.owedCaptions.handOver(JOB, LATER);
  await upload('again');
  expect(await store.owedCaptions.ofJob(job?.id ?? ('' as JobId), undefined, 10)).toEqual([]);
  const next = await store.owedCaptions.handOver(JOB, LATER);
  expect(await store.owedCaptions.ofJob(next?.id ?? ('' as JobId), undefined, 10)).toEqual([id]);
  await store.owedCaptions.settle(next?.id ?? ('' as JobId));
  expect(await store.owedCaptions.hasOlder(LATER)).toBe(false);
});

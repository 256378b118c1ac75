import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorCode } from '../../src/errors.js';
import type { ImageId, JobId, JobPartId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const image = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}` as ImageId;

/** A job of three photos in two parts. */
async function divided(): Promise<{ id: JobId; parts: JobPartId[] }> {
  const { id } = await store.jobs.create({ kind: 'embed', settings: { encoder: 'some' } });
  await store.jobs.begin(id);
  await store.jobs.addParts(id, 0, [[image(1), image(2)], [image(3)]]);
  await store.jobs.planned(id);
  return { id, parts: (await store.jobs.waitingParts(id, 0, 10)).map((part) => part.id) };
}

test('parts are counted once, however often they end', async () => {
  const {
    id,
    parts: [first, second],
  } = await divided();
  if (!first || !second) throw new Error('there are two parts');
  const ended = await Promise.all([first, first, second, first].map((part) => store.jobs.endPart(part)));
  expect(ended.filter(Boolean)).toHaveLength(2);
  expect(await store.jobs.endPart(first, { code: ErrorCode.InvalidImage, message: 'too late' })).toBe(false);
  expect(await store.jobs.find(id)).toMatchObject({ total: 3, done: 3, failed: 0 });
});

test('parts whose number is taken are left out', async () => {
  const { id } = await divided();
  await store.jobs.addParts(id, 1, [[image(9)], [image(4)]]);
  const parts = await store.jobs.waitingParts(id, 0, 10);
  expect(parts.map(({ part, imageIds }) => [part, ...imageIds])).toEqual([
    [0, image(1), image(2)],
    [1, image(3)],
    [2, image(4)],
  ]);
  expect(await store.jobs.lastPart(id)).toMatchObject({ part: 2 });
});

test('a failed job is opened again with its failed parts, and only a failed one', async () => {
  const {
    id,
    parts: [first, second],
  } = await divided();
  if (!first || !second) throw new Error('there are two parts');
  await store.jobs.endPart(first);
  await store.jobs.endPart(second, { code: ErrorCode.InvalidImage, message: 'torn' });
  expect(await store.jobs.reopen(id)).toBeUndefined();
  expect(await store.jobs.failedParts(id)).toMatchObject({ count: 1, first: { id: second, errorMessage: 'torn' } });
  await store.jobs.end(id, { state: 'FAILED', error: { code: ErrorCode.InvalidImage, message: 'one part' } });
  expect(await store.jobs.reopen(id)).toMatchObject({
    state: 'QUEUED',
    done: 2,
    failed: 0,
    errorCode: null,
    finishedAt: null,
  });
  expect(await store.jobs.waitingParts(id, 0, 10)).toMatchObject([{ id: second, errorMessage: null }]);
});

test('a job ends once', async () => {
  const { id } = await divided();
  const ends = await Promise.all([
    store.jobs.end(id, { state: 'CANCELLED' }),
    store.jobs.end(id, { state: 'SUCCEEDED', result: { imported: 1 } }),
  ]);
  expect(ends.filter((end) => end !== undefined)).toHaveLength(1);
  expect(await store.jobs.begin(id)).toBeUndefined();
  expect(await store.jobs.progress(id, 1, 2)).toBe(false);
  expect(await store.jobs.isOpen(id)).toBe(false);
});

test('jobs are listed by kind and state', async () => {
  const { id } = await store.jobs.create({ kind: 'reindex', settings: { encoder: 'some' } });
  expect((await store.jobs.list({ limit: 5 }, { kind: 'reindex', state: 'QUEUED' })).items).toMatchObject([{ id }]);
  expect(await store.jobs.count({ kind: 'reindex' })).toBe(1);
});

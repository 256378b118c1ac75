/** What a training leaves in the database, so that another machine goes on with it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrainingJobId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import type { TrainingFile } from '../../src/store/training-files.js';
import type { TrainingEpochRecord } from '../../src/store/training-jobs.js';
import { openTestStore } from './open-test-store.js';

let store: Store;
let directory: string;
beforeAll(async () => {
  store = await openTestStore();
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-files-'));
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function beginJob(): Promise<TrainingJobId> {
  const { id } = await store.trainingJobs.create({ settings: { learningRate: 1 }, seed: 1, engine: 'onnx' });
  await store.trainingJobs.begin(id);
  return id;
}

const epoch = (jobId: TrainingJobId, number: number): TrainingEpochRecord => ({
  jobId,
  epoch: number,
  loss: 3,
  learningRate: 1e-3,
  seconds: 2,
  validationSeconds: 1,
  imagesPerSecond: 50,
  secondsLeft: 4,
  bleu: [0.6, 0.4, 0.3, 0.2],
  cider: 0.5,
  reward: null,
  retrieval: null,
  best: true,
  samples: [],
});

async function file(name: string, bytes: Uint8Array): Promise<TrainingFile> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { name, path };
}

async function read(jobId: TrainingJobId, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of store.trainingFiles.read(jobId, name)) parts.push(part);
  return Buffer.concat(parts);
}

test('files of more than a megabyte are read back as they were, and the next epoch replaces those that are of no more use', async () => {
  const jobId = await beginJob();
  const [first, second] = [randomBytes(2 ** 20 + 10), randomBytes(100)];
  const checkpoint = await file('epoch-1.safetensors', first);
  expect(
    await store.trainingJobs.putEpoch(epoch(jobId, 1), 1, [checkpoint, await file('progress-1.safetensors', second)]),
  ).toBe(true);
  expect(await store.trainingFiles.names(jobId)).toEqual(['epoch-1.safetensors', 'progress-1.safetensors']);
  expect((await read(jobId, 'epoch-1.safetensors')).equals(first)).toBe(true);
  expect((await read(jobId, 'progress-1.safetensors')).equals(second)).toBe(true);
  expect(
    await store.trainingJobs.putEpoch(epoch(jobId, 2), 1, [checkpoint, await file('progress-2.safetensors', first)]),
  ).toBe(true);
  expect(await store.trainingFiles.names(jobId)).toEqual(['epoch-1.safetensors', 'progress-2.safetensors']);
  expect(await store.trainingJobs.putEpoch(epoch(jobId, 2), 1)).toBe(true);
  expect(await store.trainingFiles.names(jobId), 'they stay where nothing is said of them').toHaveLength(2);
  expect(await read(jobId, 'nothing.safetensors')).toHaveLength(0);
});

test('an attempt that was taken over stores neither its epoch nor its files', async () => {
  const jobId = await beginJob();
  await store.trainingJobs.putEpoch(epoch(jobId, 1), 1, [await file('progress-1.safetensors', randomBytes(10))]);
  await store.trainingJobs.begin(jobId, ['RUNNING']);
  expect(
    await store.trainingJobs.putEpoch(epoch(jobId, 2), 1, [await file('progress-2.safetensors', randomBytes(10))]),
  ).toBe(false);
  expect(await store.trainingFiles.names(jobId)).toEqual(['progress-1.safetensors']);
  expect(await store.trainingJobs.epochs(jobId)).toHaveLength(1);
});

test('what cannot be read whole is not stored at all, and what was stored before stays', async () => {
  const jobId = await beginJob();
  await store.trainingJobs.putEpoch(epoch(jobId, 1), 1, [await file('progress-1.safetensors', randomBytes(10))]);
  const files = [
    await file('epoch-2.safetensors', randomBytes(100)),
    { name: 'progress-2.safetensors', path: join(directory, 'gone') },
  ];
  await expect(store.trainingJobs.putEpoch(epoch(jobId, 2), 1, files)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await store.trainingFiles.names(jobId)).toEqual(['progress-1.safetensors']);
  expect(await store.trainingJobs.epochs(jobId)).toHaveLength(1);
});

test.each([
  ['FAILED', 1],
  ['SUCCEEDED', 0],
  ['CANCELLED', 0],
] as const)('of a training that has %s %i files are kept', async (state, count) => {
  const jobId = await beginJob();
  await store.trainingJobs.putEpoch(epoch(jobId, 1), 1, [await file('progress-1.safetensors', randomBytes(10))]);
  await store.trainingJobs.end(jobId, { state });
  expect(await store.trainingFiles.names(jobId)).toHaveLength(count);
});

test('a job is paused and resumed from where it may be, and no late word of an attempt changes that', async () => {
  const { trainingJobs } = store;
  const jobId = await beginJob();
  expect(await trainingJobs.pause(jobId)).toMatchObject({ state: 'PAUSED', heartbeatAt: null });
  expect(await trainingJobs.pause(jobId)).toBeUndefined();
  expect(await trainingJobs.update(jobId, 1)).toBe(false);
  expect(await trainingJobs.putEpoch(epoch(jobId, 1), 1)).toBe(false);
  expect(await trainingJobs.requeue(jobId, 1)).toBe(false);
  expect(await trainingJobs.end(jobId, { state: 'FAILED' }, 1)).toBeUndefined();
  expect(await trainingJobs.begin(jobId)).toBeUndefined();
  expect(await trainingJobs.resume(jobId, { learningRate: 2 })).toMatchObject({
    state: 'QUEUED',
    settings: { learningRate: 2 },
  });
  expect(await trainingJobs.resume(jobId, {})).toBeUndefined();
  expect(await trainingJobs.begin(jobId)).toMatchObject({ attempt: 2 });
  const failed = await trainingJobs.end(
    jobId,
    { state: 'FAILED', errorCode: 'TRAINING_FAILED', errorMessage: 'NaN' },
    2,
  );
  expect(failed?.finishedAt).not.toBeNull();
  expect(await trainingJobs.resume(jobId, {})).toMatchObject({
    state: 'QUEUED',
    errorCode: null,
    errorMessage: null,
    finishedAt: null,
  });
  expect(await trainingJobs.end(jobId, { state: 'CANCELLED' })).toMatchObject({ state: 'CANCELLED' });
  expect(await trainingJobs.resume(jobId, {})).toBeUndefined();
});

test('attempts that finish no epoch are counted until one does, or stops in order', async () => {
  const { trainingJobs } = store;
  const jobId = await beginJob();
  expect(await trainingJobs.find(jobId)).toMatchObject({ fruitlessAttempts: 1 });
  await trainingJobs.requeue(jobId, 1, { lost: true });
  expect(await trainingJobs.begin(jobId)).toMatchObject({ attempt: 2, fruitlessAttempts: 2 });
  await trainingJobs.putEpoch(epoch(jobId, 1), 2);
  await trainingJobs.requeue(jobId, 2, { lost: true });
  expect(await trainingJobs.find(jobId), 'this one finished an epoch').toMatchObject({
    state: 'QUEUED',
    fruitlessAttempts: 0,
  });
  expect(await trainingJobs.begin(jobId)).toMatchObject({ attempt: 3, fruitlessAttempts: 1 });
  await trainingJobs.requeue(jobId, 3);
  expect(await trainingJobs.find(jobId)).toMatchObject({ state: 'QUEUED', fruitlessAttempts: 0 });
});

/** Trainings that are paused, that fail, and whose process is lost: each goes on after its last finished epoch. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { TrainingJobId } from '../../src/ids.js';
import { toJobSettings } from '../../src/trainings/settings.js';
import { ask, refusal } from './client.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

const SETTINGS = {
  name: 'steady',
  epochs: 3,
  seed: 5,
  batchImages: 4,
  minimumWordCount: 1,
  embeddingSize: 8,
  hiddenSize: 8,
  attentionSize: 8,
  validationImages: 2,
};

let server: TestServer;
/** Jobs whose processes were lost before this server began to work. */
let lostOnce: TrainingJobId;
let lostOften: TrainingJobId;
beforeAll(async () => {
  server = await openTestServer();
  await importDataset(openScenes({ seed: 1, train: 12, dev: 2 }), await server.application.collection());
  lostOnce = await beginAndLose(1);
  lostOften = await beginAndLose(10);
  await server.application.training.work();
});
afterAll(() => server.close());

/** A job that runs in no process, and how many were lost over it by now. */
async function beginAndLose(times: number): Promise<TrainingJobId> {
  const { trainingJobs } = server.application.store;
  const { name, ...settings } = SETTINGS;
  const { id } = await trainingJobs.create({ settings: toJobSettings({ name, settings }), seed: 5, engine: 'onnx' });
  for (let attempt = 1; attempt < times; attempt += 1) {
    await trainingJobs.begin(id);
    await trainingJobs.requeue(id, attempt, { lost: true });
  }
  await trainingJobs.begin(id);
  return id;
}

const START = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
const PAUSE = 'mutation ($jobId: ID!) { job: pauseTraining(input: { jobId: $jobId }) { state } }';
const RESUME =
  'mutation ($jobId: ID!, $learningRate: Float) { job: resumeTraining(input: { jobId: $jobId, learningRate: $learningRate }) { state } }';
const CANCEL = 'mutation ($jobId: ID!) { job: cancelTraining(input: { jobId: $jobId }) { state } }';
const JOB =
  'query ($jobId: ID!) { job: trainingJob(id: $jobId) { state attempt settings { learningRate } error { code message } epochs { epoch learningRate } } }';
const PROGRESS = `subscription ($jobId: ID!, $afterEpoch: Int! = 0) {
  trainingProgress(jobId: $jobId, afterEpoch: $afterEpoch) { __typename ... on TrainingJob { state } ... on TrainingEpoch { epoch samples { caption } } }
}`;

const stateSchema = z.object({ job: z.object({ state: z.string() }) });
const jobSchema = z.object({
  job: z.object({
    state: z.string(),
    attempt: z.number(),
    settings: z.object({ learningRate: z.number() }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    epochs: z.array(z.object({ epoch: z.number(), learningRate: z.number() })),
  }),
});
const progressSchema = z
  .object({
    trainingProgress: z.object({
      __typename: z.string(),
      state: z.string().optional(),
      epoch: z.number().optional(),
      samples: z.array(z.unknown()).optional(),
    }),
  })
  .transform(({ trainingProgress }) => trainingProgress);

async function start(): Promise<string> {
  const schema = z.object({ startTraining: z.object({ id: z.string() }) });
  return (await ask(server, schema, START, { input: SETTINGS })).startTraining.id;
}

const change = async (mutation: string, jobId: string, variables = {}) =>
  (await ask(server, stateSchema, mutation, { jobId, ...variables })).job.state;
const find = async (jobId: string) => (await ask(server, jobSchema, JOB, { jobId })).job;
const follow = (jobId: string, afterEpoch = 0) =>
  subscribe(server.subscribe(), progressSchema, PROGRESS, { jobId, afterEpoch });

/** Follows a training until it has ended. @returns its epochs and its last state */
async function ended(events: ReturnType<typeof follow>): Promise<{ epochs: number[]; state: string | undefined }> {
  const epochs: number[] = [];
  let state: string | undefined;
  for await (const event of events) {
    if (event.epoch !== undefined) epochs.push(event.epoch);
    state = event.state ?? state;
  }
  return { epochs, state };
}

const hashOf = async (jobId: string) =>
  (await server.application.store.models.ofTrainingJob(jobId as TrainingJobId))?.checkpointSha256;
const folderOf = (jobId: string) => join(server.application.config.dataDirectory, 'training', jobId);

test('a training that is paused while it runs goes on where it was, and makes the model it would have made', async () => {
  const undisturbed = await start();
  expect(await ended(follow(undisturbed))).toEqual({ epochs: [1, 2, 3], state: 'SUCCEEDED' });
  const jobId = await start();
  const events = follow(jobId);
  const seen: (number | string)[] = [];
  for await (const { epoch, state, samples } of events) {
    if (state !== undefined && state !== 'QUEUED' && state !== seen.at(-1)) seen.push(state);
    if (epoch !== undefined) {
      seen.push(epoch);
      expect(samples).toHaveLength(2);
    }
    if (epoch === 1) {
      expect(await change(PAUSE, jobId)).toBe('PAUSED');
      expect(await refusal(server, PAUSE, { jobId })).toEqual({
        code: 'CONFLICT',
        message: 'The training is paused already.',
      });
    }
    if (state === 'PAUSED') expect(await change(RESUME, jobId)).toBe('QUEUED');
  }
  expect(seen).toContain('PAUSED');
  expect(seen.filter((one) => typeof one === 'number')).toEqual([1, 2, 3]);
  expect(seen.at(-1)).toBe('SUCCEEDED');
  expect(await find(jobId)).toMatchObject({ attempt: 2, error: null });
  expect(await hashOf(jobId)).toMatch(/^[0-9a-f]{64}$/);
  expect(await hashOf(jobId)).toBe(await hashOf(undisturbed));
  expect(await readdir(join(folderOf(jobId), '..'))).not.toContain(jobId);
  expect((await refusal(server, RESUME, { jobId })).code).toBe('CONFLICT');
});

test('a full disk ends it with what to do; when there is room it goes on, at another rate if it is told so', async () => {
  const jobId = await start();
  expect(await change(PAUSE, jobId)).toBe('PAUSED');
  // What the file system refuses to replace, as it refuses everything when it is full.
  const obstacle = join(folderOf(jobId), 'epoch-2.safetensors');
  await mkdir(join(obstacle, 'full'), { recursive: true });
  expect(await change(RESUME, jobId)).toBe('QUEUED');
  expect(await ended(follow(jobId))).toEqual({ epochs: [1], state: 'FAILED' });
  const { error, epochs } = await find(jobId);
  expect(error).toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringMatching(/epoch-2.*cannot be written.*resumeTraining.*--resume/) as string,
  });
  expect(error?.message).toContain(jobId);

  await rm(obstacle, { recursive: true });
  expect((await refusal(server, RESUME, { jobId, learningRate: -1 })).code).toBe('BAD_USER_INPUT');
  expect(await change(RESUME, jobId, { learningRate: 1e-5 })).toBe('QUEUED');
  expect(await ended(follow(jobId, 1))).toEqual({ epochs: [2, 3], state: 'SUCCEEDED' });
  const after = await find(jobId);
  expect(after).toMatchObject({ settings: { learningRate: 1e-5 }, error: null });
  expect(after.epochs[0]).toEqual(epochs[0]);
  expect(after.epochs[2]?.learningRate).toBeLessThan(1e-5);
});

test('a paused training can be given up, and leaves nothing behind', async () => {
  const jobId = await start();
  expect(await change(PAUSE, jobId)).toBe('PAUSED');
  expect(await change(CANCEL, jobId)).toBe('CANCELLED');
  expect((await refusal(server, CANCEL, { jobId })).code).toBe('CONFLICT');
  expect((await refusal(server, RESUME, { jobId })).code).toBe('CONFLICT');
  expect((await refusal(server, PAUSE, { jobId })).code).toBe('CONFLICT');
});

test.each([PAUSE, RESUME])('%s of an unknown job is refused', async (mutation) => {
  expect((await refusal(server, mutation, { jobId: 'nothing' })).code).toBe('NOT_FOUND');
});

test('a training whose process was lost is taken up again; one that lost ten without an epoch has failed', async () => {
  expect(await ended(follow(lostOnce))).toMatchObject({ state: 'SUCCEEDED' });
  expect(await find(lostOften)).toMatchObject({
    state: 'FAILED',
    error: { code: 'PROCESS_FAILED', message: expect.stringContaining('ended 10 times') as string },
  });
});

/** The engine and the device of a training, from the request or the environment to what the job records. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { TrainingJobId } from '../../src/ids.js';
import { ask } from './client.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  // No machine has this pair: a training that names neither fails.
  server = await openTestServer({ TRAIN_ENGINE: 'tensorflow', DEVICE: 'webgpu' });
  await importDataset(openScenes({ seed: 1, train: 6, dev: 2 }), await server.application.collection());
  await server.application.training.work();
});
afterAll(() => server.close());

const SETTINGS = {
  epochs: 1,
  batchImages: 3,
  minimumWordCount: 1,
  embeddingSize: 8,
  hiddenSize: 8,
  attentionSize: 8,
  validationImages: 2,
};
const START = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) { ... on TrainingJob { state error { code } started { engine device explanation } } }
}`;
const stateSchema = z.object({
  trainingProgress: z.object({
    state: z.string().optional(),
    error: z.object({ code: z.string() }).nullish(),
    started: z.object({ engine: z.string(), device: z.string(), explanation: z.string() }).nullish(),
  }),
});

/** Trains to the end and gives the job's last word, and its row. */
async function train(input: object) {
  const schema = z.object({ startTraining: z.object({ id: z.string() }) });
  const {
    startTraining: { id: jobId },
  } = await ask(server, schema, START, { input: { ...SETTINGS, ...input } });
  const told: z.infer<typeof stateSchema>['trainingProgress'][] = [];
  for await (const { trainingProgress } of subscribe(server.subscribe(), stateSchema, PROGRESS, { jobId })) {
    if (trainingProgress.state !== undefined) told.push(trainingProgress);
  }
  return { last: told.at(-1), job: await server.application.training.find(jobId as TrainingJobId) };
}

test('a training without a wish of its own takes those of the environment', async () => {
  const { last, job } = await train({});
  expect(last).toEqual({ state: 'FAILED', error: { code: 'DEVICE_UNAVAILABLE' }, started: null });
  expect(job).toMatchObject({ engine: 'tensorflow', device: null });
});

test("a training's own wishes win, and the job records what was taken", async () => {
  const { last, job } = await train({ engine: 'ONNX', device: 'CPU' });
  expect(last).toEqual({
    state: 'SUCCEEDED',
    error: null,
    started: { engine: 'onnx', device: 'cpu', explanation: 'onnx on the CPU: as asked for.' },
  });
  expect(job).toMatchObject({ engine: 'onnx', device: 'cpu' });
});

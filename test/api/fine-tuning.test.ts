/** A model is trained further through the API: where it begins, what it records, and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { ask, refusal } from './client.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await importDataset(openScenes({ seed: 1, train: 24, dev: 6 }), await server.application.collection());
  await server.application.training.work();
});
afterAll(() => server.close());

const SIZES = { embeddingSize: 24, hiddenSize: 32, attentionSize: 16 };
const SETTINGS = { batchImages: 8, mirror: false, dropout: 0, validationImages: 6 };
const START = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) {
    ... on TrainingJob {
      state stoppedEarly error { code message } epochs { epoch loss } fromModel { id }
      settings { learningRate patience embeddingSize hiddenSize attentionSize }
      model { id vocabularySize fromModel { id name } }
    }
  }
}`;
const modelSchema = z.object({
  id: z.string(),
  vocabularySize: z.number(),
  fromModel: z.object({ id: z.string(), name: z.string() }).nullable(),
});
const jobSchema = z.object({
  state: z.string(),
  stoppedEarly: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  epochs: z.array(z.object({ epoch: z.number(), loss: z.number() })),
  fromModel: z.object({ id: z.string() }).nullable(),
  settings: z.object({
    learningRate: z.number(),
    patience: z.number().nullable(),
    embeddingSize: z.number(),
    hiddenSize: z.number(),
    attentionSize: z.number(),
  }),
  model: modelSchema.nullable(),
});
const eventSchema = z.object({ trainingProgress: z.union([jobSchema, z.record(z.string(), z.never())]) });

/** Trains to the end and gives the job's last word. */
async function train(input: object): Promise<z.infer<typeof jobSchema>> {
  const schema = z.object({ startTraining: z.object({ id: z.string() }) });
  const {
    startTraining: { id: jobId },
  } = await ask(server, schema, START, { input: { ...SETTINGS, ...input } });
  let last: z.infer<typeof jobSchema> | undefined;
  for await (const { trainingProgress: told } of subscribe(server.subscribe(), eventSchema, PROGRESS, { jobId })) {
    if (typeof told.state === 'string') last = jobSchema.parse(told);
  }
  if (!last) throw new Error('the job was not told of');
  return last;
}

test('a fine-tuning begins where the earlier model ended, keeps its sizes, adds words and says what it came from', async () => {
  const first = await train({ ...SIZES, name: 'first', epochs: 5, learningRate: 0.02, minimumWordCount: 8 });
  expect(first).toMatchObject({ state: 'SUCCEEDED', stoppedEarly: null, fromModel: null, model: { fromModel: null } });
  const fromModelId = first.model?.id ?? '';

  const tuned = await train({ name: 'tuned', epochs: 2, minimumWordCount: 1, fromModelId });
  expect(tuned).toMatchObject({
    state: 'SUCCEEDED',
    fromModel: { id: fromModelId },
    model: { fromModel: { id: fromModelId, name: 'first' } },
    settings: { ...SIZES, learningRate: 1e-4 },
  });
  expect(tuned.model?.vocabularySize).toBeGreaterThan(first.model?.vocabularySize ?? NaN);
  const fromNothing = await train({ ...SIZES, epochs: 2, minimumWordCount: 1, learningRate: 1e-4 });
  expect(tuned.epochs[0]?.loss).toBeLessThan(fromNothing.epochs[0]?.loss ?? NaN);

  // Too small a learning rate to change a caption: no epoch after the first is better.
  const stopped = await train({ epochs: 9, patience: 1, learningRate: 1e-9, fromModelId: tuned.model?.id });
  expect(stopped.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(stopped).toMatchObject({
    state: 'SUCCEEDED',
    settings: { patience: 1 },
    stoppedEarly: expect.stringMatching(/^Stopped early, after epoch 2 of 9:/) as string,
  });

  expect(await refusal(server, START, { input: { fromModelId, hiddenSize: 64 } })).toEqual({
    code: 'BAD_USER_INPUT',
    message: 'The model "first" has the hiddenSize 32, which stays; 64 cannot be had. Leave hiddenSize out.',
  });
});

test('a model that there is not is refused at once; one of another encoder ends the training with what to do', async () => {
  expect(await refusal(server, START, { input: { fromModelId: 'nothing' } })).toMatchObject({ code: 'NOT_FOUND' });
  const schema = z.object({
    models: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string(), shipped: z.boolean() }) })) }),
  });
  const { models } = await ask(server, schema, '{ models(first: 50) { edges { node { id shipped } } } }');
  const shipped = models.edges.find(({ node }) => node.shipped)?.node;
  expect(await train({ fromModelId: shipped?.id })).toMatchObject({
    state: 'FAILED',
    error: {
      code: 'ENCODER_MISMATCH',
      message: expect.stringContaining('set VGG16_PRECISION and VGG16_WEIGHTS') as string,
    },
  });
});

test('a patience of nothing is refused', async () => {
  expect(await refusal(server, START, { input: { patience: 0 } })).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('patience') as string,
  });
});

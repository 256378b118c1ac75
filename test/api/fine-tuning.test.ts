/** A model is trained further through the API: where it begins, what it records, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { TRAINING_SPLITS } from '../../src/splits.js';
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
      started { imageCount captionCount } trainedOn
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
  trainedOn: z.string(),
  started: z.object({ imageCount: z.number(), captionCount: z.number() }).nullable(),
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

describe('a training on corrections', () => {
  const CORRECTIONS = '{ corrections { photos heldOut sinceModel needed offered } }';
  const counted = async () => {
    const schema = z.object({ corrections: z.record(z.string(), z.union([z.number(), z.boolean()])) });
    return (await ask(server, schema, CORRECTIONS)).corrections;
  };
  const correct = (imageId: string) =>
    server.query('mutation ($input: CorrectCaptionInput!) { correctCaption(input: $input) { id } }', {
      input: { imageId, text: 'a zebra of the zoo' },
    });

  test('is refused while there are too few, with how many there are and how many more are needed', async () => {
    expect(await counted()).toEqual({ photos: 0, heldOut: 0, sinceModel: 0, needed: 50, offered: false });
    const context = await server.application.collection();
    const { datasetId } = await importDataset(openScenes({ seed: 2, train: 40, dev: 10 }), context);
    const ids: string[] = [];
    // Scenes are one data set, whatever their seed.
    for await (const { id, name } of context.store.captions.captioned(TRAINING_SPLITS, datasetId))
      if (name.startsWith('scene-2-')) ids.push(id);
    for (const id of ids.slice(1)) await correct(id);
    expect(await refusal(server, START, { input: { task: 'CORRECTIONS' } })).toEqual({
      code: 'BAD_USER_INPUT',
      message:
        'People have corrected the captions of 49 photos that can be learned from; a training on corrections needs 50. Correct 1 more.',
    });
    await correct(ids[0] ?? '');
    expect(await counted()).toEqual({ photos: 50, heldOut: 10, sinceModel: 50, needed: 50, offered: true });
    expect(await refusal(server, START, { input: { task: 'CORRECTIONS', dataset: datasetId } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('leave the data set out') as string,
    });
  });

  test('teaches the captioner in use what people wrote, and nothing that data sets say', async () => {
    const current = await server.application.currentModel();
    const words = z.object({ vocabularySize: z.number() });
    const before = await ask(
      server,
      z.object({ model: words }),
      'query ($id: ID!) { model(id: $id) { vocabularySize } }',
      { id: current.id },
    );
    const taught = await train({ task: 'CORRECTIONS', epochs: 1 });
    expect(taught).toMatchObject({
      state: 'SUCCEEDED',
      error: null,
      fromModel: { id: current.id },
      trainedOn: 'what people corrected',
      settings: { learningRate: 5e-4 },
      // The photos' data set says of them what it says: that is not learned here.
      started: { imageCount: 40, captionCount: 40 },
      model: { fromModel: { id: current.id } },
    });
    // "zebra", "of" and "zoo", in whatever way the model before knew its scenes.
    expect(taught.model?.vocabularySize).toBeGreaterThan(before.model.vocabularySize);
    // It is a candidate: what was corrected is not in the model in use yet.
    expect((await server.application.currentModel()).id).toBe(current.id);
    expect(await counted()).toMatchObject({ sinceModel: 50, offered: true });
  });
});

/**
 * A model chosen by hand survives trainings, worse and better ones; the better is offered, and used where that was
 * asked for.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { ask, captionImage, refusal } from './client.js';
import { picture } from '../collection/seeing.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await importDataset(openScenes({ seed: 1, train: 60, dev: 40 }), await server.application.collection());
  await server.application.work({ kinds: ['train', 'caption'] });
});
afterAll(() => server.close());

const SETTINGS = {
  dataset: 'scenes',
  batchImages: 8,
  mirror: false,
  dropout: 0,
  validationImages: 10,
  minimumWordCount: 1,
  embeddingSize: 24,
  hiddenSize: 32,
  attentionSize: 16,
  warmUpSteps: 1,
};
/** It learns nothing to speak of. */
const WORSE = { ...SETTINGS, epochs: 1, learningRate: 1e-9 };
const BETTER = { ...SETTINGS, epochs: 8, learningRate: 0.01 };

const START = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) {
    ... on TrainingJob {
      state error { message } model { id current chosen }
      outcome { found sentence used currentModelId comparison { images dataset cider currentCider difference interval { low high } pValue } }
    }
  }
}`;
const outcomeSchema = z.object({
  found: z.string(),
  sentence: z.string(),
  used: z.boolean(),
  currentModelId: z.string().nullable(),
  comparison: z
    .object({
      images: z.number(),
      dataset: z.string().nullable(),
      cider: z.number(),
      currentCider: z.number(),
      difference: z.number(),
      interval: z.object({ low: z.number(), high: z.number() }),
      pValue: z.number(),
    })
    .nullable(),
});
const jobSchema = z.object({
  state: z.string(),
  error: z.object({ message: z.string() }).nullable(),
  model: z.object({ id: z.string(), current: z.boolean(), chosen: z.boolean() }).nullable(),
  outcome: outcomeSchema.nullable(),
});
const eventSchema = z.object({ trainingProgress: z.union([jobSchema, z.record(z.string(), z.never())]) });

async function train(input: object) {
  const schema = z.object({ startTraining: z.object({ id: z.string() }) });
  const {
    startTraining: { id: jobId },
  } = await ask(server, schema, START, { input });
  let last: z.infer<typeof jobSchema> | undefined;
  for await (const { trainingProgress: told } of subscribe(server.subscribe(), eventSchema, PROGRESS, { jobId })) {
    if (typeof told.state === 'string') last = jobSchema.parse(told);
  }
  if (last?.state !== 'SUCCEEDED' || !last.model || !last.outcome)
    throw new Error(`the training ended as ${JSON.stringify(last)}`);
  return { model: last.model, outcome: last.outcome };
}

const usedSchema = z.object({
  useModel: z.object({ id: z.string(), current: z.boolean(), photosOnlyOfOthers: z.number() }),
});
const use = (modelId: string) =>
  ask(
    server,
    usedSchema,
    'mutation ($modelId: ID!) { useModel(input: { modelId: $modelId }) { id current photosOnlyOfOthers } }',
    { modelId },
  );
const current = async () => (await server.application.store.models.current())?.id;

test('a hand-chosen model survives a worse and a better training; the better is offered, and used where that was asked for', async () => {
  // The shipped captioner does not fit these weights, so there is none to replace.
  const first = await train({ ...BETTER, epochs: 4 });
  expect(first.outcome).toMatchObject({ used: true, currentModelId: null, comparison: null });
  expect(first.model.current).toBe(true);
  await use(first.model.id);

  const worse = await train({ ...WORSE, use: 'BETTER' });
  expect(worse.outcome).toMatchObject({
    used: false,
    currentModelId: first.model.id,
    comparison: { images: 40, dataset: 'scenes' },
  });
  expect(worse.outcome.comparison?.interval.high).toBeLessThan(0);
  expect(worse.outcome.sentence).toMatch(
    /^The new model is worse than the current one on 40 held-out photos of scenes \(CIDEr-D \d\.\d{3} instead of \d\.\d{3}; difference -/,
  );
  expect(worse.outcome.found).toMatch(/\)\. It is kept and not used\.$/);
  expect(worse.outcome.sentence).toBe(`${worse.outcome.found} Use it with: ekphrasis models use ${worse.model.id}`);
  expect(await current()).toBe(first.model.id);

  // By hand the worse one, beside which any other is better.
  await use(worse.model.id);
  const better = await train(BETTER);
  expect(better.outcome).toMatchObject({ used: false, currentModelId: worse.model.id });
  expect(better.outcome.sentence).toMatch(
    /^The new model is better than the current one on 40 held-out photos of scenes/,
  );
  expect(await current()).toBe(worse.model.id);

  const asked = await train({ ...BETTER, use: 'BETTER' });
  expect(asked.outcome.used).toBe(true);
  expect(asked.outcome.sentence).toMatch(/It captions from now on\.$/);
  expect(await current()).toBe(asked.model.id);

  // Switching back tells what the other wrote alone, and has it written anew.
  await captionImage(server, await picture(1), 'photo.png');
  const back = await use(first.model.id);
  expect(back.useModel).toEqual({ id: first.model.id, current: true, photosOnlyOfOthers: 1 });
  const jobSchemaOf = z.object({ captionCollection: z.object({ id: z.string() }) });
  const { captionCollection } = await ask(
    server,
    jobSchemaOf,
    'mutation { captionCollection(input: { onlyOfOthers: true }) { id } }',
  );
  const progress = z.object({ jobProgress: z.object({ state: z.string(), total: z.number().nullable() }) });
  let end: unknown;
  for await (const { jobProgress } of subscribe(
    server.subscribe(),
    progress,
    'subscription ($jobId: ID!) { jobProgress(jobId: $jobId) { state total } }',
    { jobId: captionCollection.id },
  ))
    end = jobProgress;
  expect(end).toEqual({ state: 'SUCCEEDED', total: 1 });
  expect((await use(first.model.id)).useModel.photosOnlyOfOthers).toBe(0);
});

test('a figure of one data set is never replaced by one of another', async () => {
  const reportSchema = z.object({
    bleuReport: z.object({ images: z.number(), dataset: z.string().nullable(), measuredOn: z.string() }),
  });
  const query = 'query ($dataset: String) { bleuReport(dataset: $dataset) { images dataset measuredOn } }';
  expect(await ask(server, reportSchema, query)).toEqual({
    bleuReport: { images: 40, dataset: 'scenes', measuredOn: 'scenes' },
  });
  await importDataset(
    { ...openScenes({ seed: 5, train: 0, dev: 6 }), name: 'others', origin: 'others' },
    await server.application.collection(),
  );
  const modelId = await current();
  await ask(
    server,
    z.unknown(),
    'mutation ($modelId: ID!) { evaluateModel(input: { modelId: $modelId }) { images } }',
    {
      modelId,
    },
  );
  expect(await ask(server, reportSchema, query)).toMatchObject({
    bleuReport: { dataset: null, measuredOn: 'all data sets', images: 46 },
  });
  expect(await ask(server, reportSchema, query, { dataset: 'scenes' })).toMatchObject({
    bleuReport: { images: 40, dataset: 'scenes' },
  });
  expect(await refusal(server, query, { dataset: 'others' })).toMatchObject({ code: 'NOT_FOUND' });
});

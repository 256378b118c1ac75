/**
 * The whole way: scenes are imported, a captioner is trained on them as a job, and it captions scenes nobody has seen.
 * VGG16 has its real weights here: what a random network tells of a shape is too little to learn it from in half a
 * minute.
 */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { isTrue } from '../../src/datasets/scene-grammar.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { ask, captionImage } from './client.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

const weights = inject('realWeights');
const skipped = 'missing' in weights;
/** Half of them show pairs that stand together in no scene that is trained on. */
const NEW_SCENES = { seed: 2, train: 20, dev: 20 };
const MOST_WRONG = 8;
/** A trainer gives way to all other work: on a busy machine it takes ten times as long as on one at rest. */
const LIMIT = 1_800_000;

let server: TestServer;
beforeAll(async () => {
  if (skipped) return;
  server = await openTestServer({
    EKPHRASIS_CACHE: weights.cacheDirectory,
    VGG16_WEIGHTS: '',
    VGG16_PRECISION: 'int8',
  });
  await server.application.training.work();
});
afterAll(async () => {
  if (!skipped) await server.close();
});

const SETTINGS = {
  name: 'scenes',
  dataset: 'scenes',
  use: 'ALWAYS',
  epochs: 16,
  seed: 1,
  batchImages: 16,
  learningRate: 4e-3,
  warmUpSteps: 30,
  dropout: 0,
  mirror: false,
  embeddingSize: 64,
  hiddenSize: 128,
  attentionSize: 64,
  validationImages: 20,
};

const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) {
    __typename
    ... on TrainingJob { state error { message } }
    ... on TrainingStarted { imageCount captionCount }
    ... on TrainingStep { step }
    ... on TrainingEpoch { epoch loss bleu cider }
  }
}`;

const eventSchema = z.object({
  trainingProgress: z.discriminatedUnion('__typename', [
    z.object({
      __typename: z.literal('TrainingJob'),
      state: z.string(),
      error: z.object({ message: z.string() }).nullable(),
    }),
    z.object({ __typename: z.literal('TrainingStarted'), imageCount: z.number(), captionCount: z.number() }),
    z.object({ __typename: z.literal('TrainingStep'), step: z.number() }),
    z.object({
      __typename: z.literal('TrainingEpoch'),
      epoch: z.number(),
      loss: z.number(),
      bleu: z.array(z.number()),
      cider: z.number(),
    }),
    z.object({ __typename: z.enum(['TrainingPreparation', 'TrainingSample', 'TrainingStageProgress']) }),
  ]),
});

test.skipIf(skipped)(
  'a captioner trained on scenes through the API says what is in new scenes',
  { timeout: LIMIT },
  async () => {
    const report = await importDataset(
      openScenes({ seed: 1, train: 500, dev: 60 }),
      await server.application.collection(),
    );
    expect(report).toMatchObject({ imported: 560, problems: [] });

    const startedSchema = z.object({ startTraining: z.object({ id: z.string() }) });
    const start = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
    const { startTraining } = await ask(server, startedSchema, start, { input: SETTINGS });
    const epochs: { epoch: number; loss: number }[] = [];
    const told = new Set<string>();
    let end: string | undefined;
    for await (const { trainingProgress: event } of subscribe(server.subscribe(), eventSchema, PROGRESS, {
      jobId: startTraining.id,
    })) {
      told.add(event.__typename);
      if (event.__typename === 'TrainingEpoch') epochs.push(event);
      if (event.__typename === 'TrainingJob') end = event.error?.message ?? event.state;
    }
    expect(end).toBe('SUCCEEDED');
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: SETTINGS.epochs }, (_, index) => index + 1));
    expect(told).toEqual(
      new Set([
        'TrainingJob',
        'TrainingPreparation',
        'TrainingStarted',
        'TrainingStep',
        'TrainingSample',
        'TrainingStageProgress',
        'TrainingEpoch',
      ]),
    );

    const wrong: string[] = [];
    for await (const item of openScenes(NEW_SCENES).items) {
      const { text, duplicate } = await captionImage(server, await item.read(), item.name);
      expect(duplicate).toBe(false);
      if (!isTrue(item.scene, text)) wrong.push(`${text}: ${item.captions[0] ?? ''}`);
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(MOST_WRONG);
  },
);

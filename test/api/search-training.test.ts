/** A search model is trained through the API, embeds the collection, and answers; what it cannot be told is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { ModelId } from '../../src/ids.js';
import { ask, refusal } from './client.js';
import { subscribe } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await importDataset(openScenes({ seed: 1, train: 40, dev: 10 }), await server.application.collection());
});
afterAll(() => server.close());

const START = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
const SETTINGS = {
  task: 'SEARCH',
  name: 'of scenes',
  epochs: 3,
  batchImages: 20,
  learningRate: 5e-3,
  embeddingSize: 24,
  hiddenSize: 32,
  mirror: false,
};
const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) {
    ... on TrainingJob {
      task state error { message } settings { epochs attentionSize } model { id name task vocabularySize current }
      epochs { loss bleu cider best retrieval { textToImage { recall medianRank } imageToText { recall medianRank } } }
    }
  }
}`;
const share = z.number().min(0).max(1);
const scoresSchema = z.object({ recall: z.tuple([share, share, share]), medianRank: z.number().int().min(1) });
const jobSchema = z.object({
  task: z.literal('SEARCH'),
  state: z.string(),
  error: z.object({ message: z.string() }).nullable(),
  settings: z.object({ epochs: z.number(), attentionSize: z.null() }),
  model: z
    .object({ id: z.string(), name: z.string(), task: z.string(), vocabularySize: z.number(), current: z.boolean() })
    .nullable(),
  epochs: z.array(
    z.object({
      loss: z.number(),
      bleu: z.null(),
      cider: z.null(),
      best: z.boolean(),
      retrieval: z.object({ textToImage: scoresSchema, imageToText: scoresSchema }),
    }),
  ),
});
const outcomeSchema = z.object({
  trainingJob: z.object({
    model: z.object({ id: z.string() }),
    outcome: z.object({
      used: z.boolean(),
      currentModelId: z.string().nullable(),
      sentence: z.string(),
      searchComparison: z.object({
        images: z.number(),
        dataset: z.string().nullable(),
        recall: share,
        currentRecall: share,
        difference: z.number(),
        pValue: share,
        interval: z.object({ low: z.number(), high: z.number() }),
      }),
    }),
  }),
});
const eventSchema = z.object({ trainingProgress: z.union([jobSchema, z.record(z.string(), z.never())]) });

test('a search model is trained, embeds the collection, and answers from then on', async () => {
  const startedSchema = z.object({ startTraining: z.object({ id: z.string() }) });
  const {
    startTraining: { id: jobId },
  } = await ask(server, startedSchema, START, { input: SETTINGS });
  let job: z.infer<typeof jobSchema> | undefined;
  await server.application.work({ kinds: ['train'] });
  for await (const { trainingProgress: told } of subscribe(server.subscribe(), eventSchema, PROGRESS, { jobId })) {
    if (typeof told.state === 'string') job = jobSchema.parse(told);
  }
  expect(job).toMatchObject({ state: 'SUCCEEDED', error: null, model: { name: 'of scenes', task: 'SEARCH' } });
  expect(job?.epochs).toHaveLength(3);
  expect(job?.epochs[2]?.loss).toBeLessThan(job?.epochs[0]?.loss ?? 0);

  // It has embedded nothing yet: whatever answered before does so still.
  const asked = { text: 'a red circle' };
  const search =
    'query ($text: String!) { searchImages(text: $text, mode: SEMANTIC) { edges { node { image { id } signals { signal } } } } }';
  expect(job?.model?.current).toBe(false);
  expect(await refusal(server, search, asked)).toMatchObject({ code: 'NO_MODEL' });

  const jobsSchema = z.object({
    jobs: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string(), kind: z.string() }) })) }),
  });
  const { jobs } = await ask(server, jobsSchema, '{ jobs { edges { node { id kind } } } }');
  expect(jobs.edges.map(({ node }) => node.kind)).toEqual(['REINDEX']);
  await server.application.jobs.work(['reindex'], 2);
  const progressSchema = z.object({ jobProgress: z.object({ state: z.string(), done: z.number() }) });
  const told: z.infer<typeof progressSchema>['jobProgress'][] = [];
  const follow = 'subscription ($jobId: ID!) { jobProgress(jobId: $jobId) { state done } }';
  for await (const { jobProgress } of subscribe(server.subscribe(), progressSchema, follow, {
    jobId: jobs.edges[0]?.node.id,
  }))
    told.push(jobProgress);
  expect(told.at(-1)).toEqual({ state: 'SUCCEEDED', done: 50 });

  const hitsSchema = z.object({
    searchImages: z.object({
      edges: z.array(z.object({ node: z.object({ signals: z.array(z.object({ signal: z.string() })) }) })),
    }),
  });
  const { searchImages } = await ask(server, hitsSchema, search, asked);
  expect(searchImages.edges).toHaveLength(20);
  expect(new Set(searchImages.edges.flatMap(({ node }) => node.signals.map(({ signal }) => signal)))).toEqual(
    new Set(['SEMANTIC']),
  );
});

test('the next is measured beside the one that answers; one that is no better is kept, a better one is used where that was asked for', async () => {
  const { store } = server.application;
  const train = async (settings: object) => {
    const { startTraining } = await ask(server, z.object({ startTraining: z.object({ id: z.string() }) }), START, {
      input: { ...SETTINGS, use: 'BETTER', ...settings },
    });
    const told = subscribe(server.subscribe(), eventSchema, PROGRESS, { jobId: startTraining.id });
    for await (const { trainingProgress } of told)
      if (trainingProgress.state === 'FAILED') throw new Error('the training failed');
    const query = `query ($id: ID!) { trainingJob(id: $id) { model { id } outcome { used currentModelId sentence
      searchComparison { images dataset recall currentRecall difference interval { low high } pValue } } } }`;
    return (await ask(server, outcomeSchema, query, { id: startTraining.id })).trainingJob;
  };
  const first = await store.models.current('SEARCH');
  const untrained = await train({ epochs: 1, learningRate: 1e-9, name: 'untrained' });
  expect(untrained.outcome).toMatchObject({
    used: false,
    currentModelId: first?.id,
    searchComparison: { images: 10, dataset: null },
  });
  const { recall, currentRecall, difference } = untrained.outcome.searchComparison;
  expect(difference).toBeCloseTo(recall - currentRecall, 12);
  expect(difference).toBeLessThan(0);
  const said =
    /^The new model is worse than the current one on 10 held-out photos of all data sets \(mean recall among 1, 5 and 10 \d+\.\d % instead of \d+\.\d %; difference -.*\)\. It is kept and not used: "of scenes" goes on answering\. Use it with: /;
  expect(untrained.outcome.sentence).toMatch(said);
  expect((await store.models.current('SEARCH'))?.id).toBe(first?.id);

  await store.models.makeCurrent(untrained.model.id as ModelId);
  const better = await train({ name: 'better' });
  expect(better.outcome).toMatchObject({ used: true, currentModelId: untrained.model.id });
  expect(better.outcome.searchComparison.interval.low).toBeGreaterThan(0);
  expect(better.outcome.sentence).toMatch(/^The new model is better .* It answers once it has embedded every photo\.$/);
});

test('what only a captioner can be told, and a search model to go on from, are refused', async () => {
  expect(await refusal(server, START, { input: { task: 'SEARCH', labelSmoothing: 0.1 } })).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('labelSmoothing') as string,
  });
  const modelsSchema = z.object({
    models: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string(), task: z.string() }) })) }),
  });
  const { models } = await ask(server, modelsSchema, '{ models { edges { node { id task } } } }');
  const fromModelId = models.edges.find(({ node }) => node.task === 'SEARCH')?.node.id;
  expect(await refusal(server, START, { input: { task: 'SEARCH', fromModelId } })).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('writes captions is wanted') as string,
  });
});

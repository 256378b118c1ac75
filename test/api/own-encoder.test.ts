/**
 * Another network than VGG16 sees, from a file: what was made for VGG16 is refused; models are trained for it, caption
 * and search.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { drawnPicture } from '../vision/pictures.js';
import { CHANNELS, GRID, writeSmallNetwork } from '../vision/onnx/small-network.js';
import { ask, captionImage, refusalOf } from './client.js';
import { subscribe } from './subscriptions.js';
import { codeOf, openTestServer, type TestServer } from './test-server.js';

const PHOTOS = { train: 40, dev: 10 };

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-encoder-'));
  const file = join(folder, 'colours.onnx');
  await writeSmallNetwork(file);
  server = await openTestServer({ ENCODER: file });
  await importDataset(openScenes({ seed: 1, ...PHOTOS }), await server.application.collection());
  await server.application.work();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const TRAINING = { epochs: 2, batchImages: 10, learningRate: 5e-3, embeddingSize: 24, hiddenSize: 32, mirror: true };
const startedSchema = z.object({ startTraining: z.object({ id: z.string() }) });
const endSchema = z.object({
  state: z.string(),
  error: z.object({ message: z.string() }).nullable(),
  model: z.object({ name: z.string() }).nullable(),
});

/** @returns how the training ended */
async function train(input: object): Promise<z.infer<typeof endSchema> | undefined> {
  const {
    startTraining: { id: jobId },
  } = await ask(
    server,
    startedSchema,
    'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }',
    { input: { ...TRAINING, ...input } },
  );
  const eventSchema = z.object({ trainingProgress: z.union([endSchema, z.record(z.string(), z.never())]) });
  const progress =
    'subscription ($jobId: ID!) { trainingProgress(jobId: $jobId) { ... on TrainingJob { state error { message } model { name } } } }';
  let end: z.infer<typeof endSchema> | undefined;
  for await (const { trainingProgress: told } of subscribe(server.subscribe(), eventSchema, progress, { jobId })) {
    if (typeof told.state === 'string') end = endSchema.parse(told);
  }
  return end;
}

test('the models that come with the program are refused, with what to do', async () => {
  const response = await server.captionImage(await drawnPicture(1), 'drawn.png');
  expect(codeOf(response)).toBe('ENCODER_MISMATCH');
  const { encoder } = (await server.application.collection()).inference;
  expect(encoder).toMatchObject({ regions: GRID * GRID, regionSize: CHANNELS, pooledSize: CHANNELS });
  const { message } = refusalOf(response);
  for (const part of [encoder.id, 'vgg16-int8', 'Leave ENCODER unset', 'ekphrasis train'])
    expect(message).toContain(part);
});

test('a captioner is trained on what the network sees, and captions a photo, looking at its places', async () => {
  expect(await train({ name: 'of colours', attentionSize: 16, validationImages: 4 })).toEqual({
    state: 'SUCCEEDED',
    error: null,
    model: { name: 'of colours' },
  });
  const { text } = await captionImage(server, await drawnPicture(1), 'drawn.png');
  expect(text).toMatch(/^[a-z]/);
  const model = await server.application.currentModel();
  expect(model).toMatchObject({ name: 'of colours', settings: { regions: 36, regionSize: 16 } });
  const [image] = (await server.application.store.images.list({ limit: 1 })).items;
  const [caption] = image ? await server.application.captionStored([image.id], model) : [];
  expect(caption?.words.map(({ attention }) => attention.length)).toEqual(caption?.words.map(() => 36));
});

test('a search model is trained on it, embeds the collection, and answers; photos that look alike are found', async () => {
  expect(await train({ task: 'SEARCH', name: 'search by colours' })).toMatchObject({ state: 'SUCCEEDED', error: null });
  const jobsSchema = z.object({ jobs: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string() }) })) }) });
  const { jobs } = await ask(server, jobsSchema, '{ jobs(filter: { kind: REINDEX }) { edges { node { id } } } }');
  const progressSchema = z.object({ jobProgress: z.object({ state: z.string() }) });
  let state: string | undefined;
  for await (const { jobProgress } of subscribe(
    server.subscribe(),
    progressSchema,
    'subscription ($jobId: ID!) { jobProgress(jobId: $jobId) { state } }',
    { jobId: jobs.edges[0]?.node.id },
  ))
    ({ state } = jobProgress);
  expect(state).toBe('SUCCEEDED');
  const imagesSchema = z.array(z.object({ node: z.object({ image: z.object({ id: z.string() }) }) }));
  const searched = await ask(
    server,
    z.object({ searchImages: z.object({ edges: imagesSchema }) }),
    '{ searchImages(text: "a red circle", mode: SEMANTIC, first: 10) { edges { node { image { id } } } } }',
  );
  expect(searched.searchImages.edges).toHaveLength(10);
  const [image] = (await server.application.store.images.list({ limit: 1 })).items;
  const alike = await server.application.similarImages(
    { images: [{ imageId: image?.id ?? ('' as never), weight: 1 }] },
    {},
  );
  expect(alike.hits).toHaveLength(20);
  expect(
    (await server.application.store.features.countByOwner()).get(
      (await server.application.collection()).inference.encoder.id,
    ),
  ).toBe(PHOTOS.train + PHOTOS.dev + 1);
});

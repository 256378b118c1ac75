/** Data sets through the API: listed, renamed, named by id or name, not deleted from under a training, and deleted. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { DatasetId, TrainingJobId } from '../../src/ids.js';
import { addToDataset, newImage } from '../store/records.js';
import { ask, refusal } from './client.js';
import { openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
let pets: DatasetId;
let bare: DatasetId;
beforeAll(async () => {
  server = await openTestServer();
  const { store } = server.application;
  await addToDataset(store, [newImage('train.jpg')], { dataset: 'pets', split: 'train', captions: ['a dog runs'] });
  pets = (
    await addToDataset(store, [newImage('dev.jpg')], {
      dataset: 'pets',
      split: 'dev',
      captions: ['a cat sleeps', 'a cat'],
    })
  ).datasetId;
  bare = (
    await addToDataset(store, [newImage('bare.jpg')], {
      dataset: 'bare',
      split: 'train',
      captions: ['only to learn from'],
    })
  ).datasetId;
});
afterAll(() => server.close());

const DATASETS = '{ datasets { id name format language imageCount captionCount splits { train dev test } } }';
const START = 'mutation ($dataset: String) { startTraining(input: { dataset: $dataset, epochs: 1 }) { id dataset } }';
const started = z.object({ startTraining: z.object({ id: z.string(), dataset: z.string().nullable() }) });
const found = z.object({
  images: z.object({
    edges: z.array(
      z.object({
        node: z.object({ name: z.string(), dataset: z.string(), datasets: z.array(z.object({ id: z.string() })) }),
      }),
    ),
  }),
});

test('data sets are listed with their figures, and photos are found by id and by name', async () => {
  expect(await ask(server, z.unknown(), DATASETS)).toEqual({
    datasets: [
      {
        id: pets,
        name: 'pets',
        format: 'folder',
        language: 'en',
        imageCount: 2,
        captionCount: 3,
        splits: { train: 1, dev: 1, test: 0 },
      },
      {
        id: bare,
        name: 'bare',
        format: 'folder',
        language: 'en',
        imageCount: 1,
        captionCount: 1,
        splits: { train: 1, dev: 0, test: 0 },
      },
    ],
  });
  for (const dataset of [pets, 'pets']) {
    const { images } = await ask(
      server,
      found,
      'query ($dataset: String) { images(filter: { dataset: $dataset, split: DEV }) { edges { node { name dataset datasets { id } } } } }',
      { dataset },
    );
    expect(images.edges).toEqual([{ node: { name: 'dev.jpg', dataset: 'pets', datasets: [{ id: pets }] } }]);
  }
  expect(
    await refusal(server, '{ searchImages(text: "dog", mode: TEXT, filter: { dataset: "plants" }) { totalCount } }'),
  ).toEqual({
    code: 'NOT_FOUND',
    message: 'There is no data set plants. There are: pets, bare.',
  });
});

test('a data set is renamed, and a name that is none refused', async () => {
  const rename = 'mutation ($id: ID!, $name: String!) { renameDataset(input: { id: $id, name: $name }) { id name } }';
  expect(await ask(server, z.unknown(), rename, { id: 'pets', name: ' animals ' })).toEqual({
    renameDataset: { id: pets, name: 'animals' },
  });
  for (const name of ['', ' ', 'a\u0000b', 'x'.repeat(201)])
    expect(await refusal(server, rename, { id: pets, name })).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await refusal(server, rename, { id: 'pets', name: 'again' })).toMatchObject({ code: 'NOT_FOUND' });
});

test('a training on what is unknown, or has nothing to learn from or to measure with, is refused when it is asked for', async () => {
  expect(await refusal(server, START, { dataset: 'plants' })).toMatchObject({ code: 'NOT_FOUND' });
  const without = await refusal(server, START, { dataset: bare });
  expect(without).toMatchObject({
    code: 'INVALID_DATASET',
    message: expect.stringContaining('in the dev split of bare') as string,
  });
  expect((await server.application.store.trainingJobs.list({ limit: 9 })).items).toEqual([]);
});

test('what a training or an evaluation needs is not deleted; nothing is without a confirmation; then it goes', async () => {
  const { training, jobs, store } = server.application;
  const remove = (confirm: boolean) =>
    `mutation { deleteDataset(input: { id: "${pets}", confirm: ${String(confirm)} }) { name imageCount captionCount deletedImageCount } }`;
  const { startTraining } = await ask(server, started, START, { dataset: 'animals' });
  expect(startTraining.dataset).toBe('animals');
  expect(await refusal(server, remove(true))).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(startTraining.id) as string,
  });
  await training.pause(startTraining.id as TrainingJobId);
  expect(await refusal(server, remove(true))).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('is paused') as string,
  });
  await training.cancel(startTraining.id as TrainingJobId);
  const [model] = await store.models.ofTask('CAPTION');
  if (!model) throw new Error('there is no model');
  const evaluation = await jobs.evaluate({ modelId: model.id, split: 'dev' });
  expect(await refusal(server, remove(true))).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(evaluation.id) as string,
  });
  await jobs.cancel(evaluation.id);

  expect(await refusal(server, remove(false))).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('3 captions and deletes 2 of its 2 photos') as string,
  });
  expect((await store.images.count()).count).toBe(3);
  const count = 'query ($id: ID!) { dataset(id: $id) { name exclusiveImageCount } }';
  expect(await ask(server, z.unknown(), count, { id: pets })).toEqual({
    dataset: { name: 'animals', exclusiveImageCount: 2 },
  });
  expect(await ask(server, z.unknown(), count, { id: 'none' })).toEqual({ dataset: null });
  expect(await ask(server, z.unknown(), remove(true))).toEqual({
    deleteDataset: { name: 'animals', imageCount: 2, captionCount: 3, deletedImageCount: 2 },
  });
  expect((await store.images.count()).count).toBe(1);
  expect(await refusal(server, remove(true))).toMatchObject({ code: 'NOT_FOUND' });
  // The training that was on it tells its id, and says so in words.
  expect(await ask(server, z.unknown(), `{ trainingJob(id: "${startTraining.id}") { dataset trainedOn } }`)).toEqual({
    trainingJob: { dataset: pets, trainedOn: 'a data set that was deleted' },
  });
});

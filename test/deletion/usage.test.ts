/**
 * What still runs on photos, data sets and models keeps them; what does not run on them keeps nothing. Two processes
 * agree on it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DatasetId, ImageId, ModelId } from '../../src/ids.js';
import { Deletions } from '../../src/deletion/deletions.js';
import { Trash } from '../../src/deletion/trash.js';
import { importGuard } from '../../src/deletion/usage.js';
import { beginWith, whileNeeding } from '../../src/store/needs.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { openStore, type Store } from '../../src/store/store.js';
import { ThumbnailCache } from '../../src/store/thumbnail-cache.js';
import { createPostgresDatabase, type PostgresDatabase } from '../postgres/database.js';
import { openTestStore, testUrl } from '../store/open-test-store.js';
import { addModel, addToDataset, newImage } from '../store/records.js';

let directory: string;
let database: PostgresDatabase | undefined;
let store: Store;
/** Of another process, where the database lets one in. */
let elsewhere: Store;
let deletions: Deletions;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-usage-'));
  const server = testUrl();
  database = server === undefined ? undefined : await createPostgresDatabase(server);
  const open = () => (database ? openStore({ dataDirectory: directory, databaseUrl: database.url }) : openTestStore());
  store = await open();
  elsewhere = database ? await open() : store;
  const checkpoints = new CheckpointFiles({ written: directory, shipped: directory }, store);
  deletions = new Deletions({
    store,
    checkpoints,
    trash: new Trash(store, 30),
    regions: new RegionCache(new DerivedFiles(directory)),
    thumbnails: new ThumbnailCache(new DerivedFiles(directory)),
  });
});
afterAll(async () => {
  if (database) await elsewhere.close();
  await store.close();
  await database?.drop({ force: true });
  await rm(directory, { recursive: true });
});

let round = 0;
let pets: DatasetId;
let farm: DatasetId;
let cat: ImageId;
let cow: ImageId;
let upload: ImageId;
let modelId: ModelId;
beforeEach(async () => {
  round += 1;
  const add = async (dataset: string, name: string) => {
    const { datasetId, ids } = await addToDataset(store, [newImage(`${name} ${round}`)], {
      dataset: `${dataset} ${round}`,
      split: 'dev',
      captions: [`a ${name} sits`],
    });
    return [datasetId, ids[0]] as [DatasetId, ImageId];
  };
  [pets, cat] = await add('pets', 'cat');
  [farm, cow] = await add('farm', 'cow');
  const [added] = await store.images.add([{ ...newImage(`upload ${round}`), uploaded: true }]);
  if (!added) throw new Error('nothing was added');
  upload = added.id;
  modelId = (await addModel(elsewhere, `model ${round}`)).id;
});

async function runningJob(kind: string, settings: object) {
  const job = await elsewhere.jobs.create({ kind, settings });
  await elsewhere.jobs.begin(job.id);
  return { id: job.id, end: () => elsewhere.jobs.end(job.id, { state: 'CANCELLED' }) };
}

async function training(settings: object) {
  const job = await elsewhere.trainingJobs.create({
    settings: { task: 'CAPTION', name: 'a training', training: {}, ...settings },
    seed: 1,
    engine: 'onnx',
  });
  return {
    id: job.id,
    begin: () => elsewhere.trainingJobs.begin(job.id),
    end: () => elsewhere.trainingJobs.end(job.id, { state: 'CANCELLED' }),
  };
}

const refusedBy = (what: string) => ({ code: 'CONFLICT', message: expect.stringContaining(what) as string });
const nothing = () => Promise.resolve();

test('a training that runs keeps the photos of its data set, and no others; one that waits keeps the data set alone', async () => {
  const job = await training({ dataset: pets });
  await expect(deletions.deleteDataset(pets, true)).rejects.toMatchObject(refusedBy(job.id));
  await job.begin();
  await expect(deletions.deleteImages([cow, cat])).rejects.toMatchObject(
    refusedBy(`the training ${job.id} (a training) is running`),
  );
  expect(await store.images.findMany([cow, cat])).toHaveLength(2);
  expect(await deletions.deleteImages([cow, upload, cow])).toMatchObject({
    images: 2,
    notThere: 0,
    referenceCaptions: 1,
  });
  expect(await deletions.deleteDataset(farm, true)).toMatchObject({ deletedPhotos: 0 });
  await job.end();
  expect(await deletions.deleteDataset(pets, true)).toMatchObject({ deletedPhotos: 1 });
});

test('an evaluation of all photos keeps those with captions; an import keeps those of its folder', async () => {
  const evaluation = await runningJob('evaluate', { modelId, split: 'dev' });
  await expect(deletions.deleteImages([cat])).rejects.toMatchObject(refusedBy(evaluation.id));
  expect(await deletions.deleteImages([upload])).toMatchObject({ images: 1 });
  await evaluation.end();
  const brought = await runningJob('import', { path: `/data/pets ${round}` });
  await expect(deletions.deleteImages([cat])).rejects.toMatchObject(refusedBy(brought.id));
  await expect(deletions.deleteDataset(pets, true)).rejects.toMatchObject(refusedBy(brought.id));
  expect(await deletions.deleteImages([cow])).toMatchObject({ images: 1 });
  await brought.end();
  expect(await deletions.deleteImages([cat])).toMatchObject({ images: 1 });
});

test('what has no row, as an evaluation on the command line, keeps what it needs until it ends', async () => {
  const model = await store.models.find(modelId);
  await whileNeeding({ models: [modelId], photos: { of: pets } }, elsewhere, async () => {
    await expect(deletions.deleteModel(modelId)).rejects.toMatchObject(
      refusedBy(`"${model?.name ?? ''}" cannot be deleted while an evaluation`),
    );
    await expect(deletions.deleteDataset(pets, true)).rejects.toMatchObject(refusedBy('an evaluation'));
    await expect(deletions.deleteImages([cat])).rejects.toMatchObject(refusedBy('an evaluation'));
    expect(await deletions.deleteImages([cow])).toMatchObject({ images: 1 });
  });
  await importGuard(elsewhere).importing(
    async () => (await store.datasets.find(pets)) ?? Promise.reject(new Error('it is gone')),
    async () => {
      await expect(deletions.deleteImages([cat])).rejects.toMatchObject(refusedBy('an import'));
    },
  );
  expect(await deletions.deleteModel(modelId)).toMatchObject({ model: { id: modelId }, evaluations: 0 });
  expect(await deletions.deleteDataset(pets, true)).toMatchObject({ deletedPhotos: 1 });
  await expect(whileNeeding({ models: [modelId] }, elsewhere, nothing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a model is kept by what was told to work with it, waiting or running, and by the training that decides on it', async () => {
  for (const [kind, settings] of [
    ['caption', { encoder: 'e', modelId, onlyMissing: true }],
    ['embed', { encoder: 'e', searchModelId: modelId }],
  ] as const) {
    const job = await elsewhere.jobs.create({ kind, settings });
    await expect(deletions.deleteModel(modelId)).rejects.toMatchObject(
      refusedBy(`the ${kind} job ${job.id} is queued`),
    );
    await elsewhere.jobs.end(job.id, { state: 'CANCELLED' });
  }
  const [further, making] = [await training({ fromModelId: modelId }), await training({ name: 'maker' })];
  await expect(deletions.deleteModel(modelId)).rejects.toMatchObject(refusedBy(further.id));
  await further.end();
  const made = await store.models.add({ ...(await addedModel()), trainingJobId: making.id });
  await expect(deletions.deleteModel(made.id)).rejects.toMatchObject(refusedBy('(maker)'));
  expect(await deletions.deleteModel(modelId)).toMatchObject({ model: { id: modelId } });
  await making.end();
});

async function addedModel() {
  const { name, encoder, checkpointSha256 } = await addModel(store, `made ${round}`);
  return { name, encoder, checkpointSha256, settings: {}, checkpoint: new Uint8Array() };
}

test('an import prunes nothing while a training reads the photos, its own job notwithstanding', async () => {
  const dataset = await store.datasets.find(pets);
  if (!dataset) throw new Error('there is no data set');
  const own = await runningJob('import', { path: dataset.origin });
  expect(await importGuard(store).unread(dataset, () => Promise.resolve('pruned'))).toBe('pruned');
  const job = await training({});
  await job.begin();
  await expect(importGuard(store).unread(dataset, nothing)).rejects.toMatchObject(refusedBy(job.id));
  await Promise.all([own.end(), job.end()]);
});

test('of a deletion and a job that begins at the same moment one has its way, and the job never loses its data', async () => {
  const attempts = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const { datasetId } = await addToDataset(store, [newImage(`race ${index} ${round}`)], {
        dataset: `race ${index} ${round}`,
        split: 'dev',
        captions: ['a race'],
      });
      const settings = { modelId, split: 'dev', dataset: datasetId };
      const begin = () =>
        beginWith({ photos: { of: datasetId } }, elsewhere, () =>
          elsewhere.jobs.create({ kind: 'evaluate', settings }),
        );
      const both =
        index % 2 === 0
          ? [begin(), deletions.deleteDataset(datasetId, true)]
          : [deletions.deleteDataset(datasetId, true), begin()];
      const codes = (await Promise.allSettled(both)).map((one) =>
        one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
      );
      return { codes: [...codes].sort().join(), isThere: (await store.datasets.find(datasetId)) !== undefined };
    }),
  );
  for (const { codes, isThere } of attempts) expect(codes).toBe(isThere ? 'CONFLICT,done' : 'NOT_FOUND,done');
});

test.skipIf(testUrl() === undefined)('a process that is lost keeps nothing any longer', async () => {
  await new Promise<void>((held, refused) => {
    const forEver = () => {
      held();
      return new Promise<never>(() => undefined);
    };
    whileNeeding({ models: [modelId] }, elsewhere, forEver).catch(refused);
  });
  await expect(deletions.deleteModel(modelId)).rejects.toMatchObject(refusedBy('an evaluation'));
  const ownLocks =
    "locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  await elsewhere.executeSql(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${ownLocks}`, []);
  await expect.poll(() => store.locks.held([`model ${modelId}`])).toEqual([]);
  expect(await deletions.deleteModel(modelId)).toMatchObject({ model: { id: modelId } });
});

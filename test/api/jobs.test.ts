import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImageId } from '../../src/ids.js';
import type { ModelRecord } from '../../src/store/models.js';
import { picture } from '../collection/seeing.js';
import type { NewImage } from '../../src/store/images.js';
import { addToDataset, sha256Of } from '../store/records.js';
import { ask, refusal } from './client.js';
import { subscribe, subscriptionRefusal } from './subscriptions.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
let root: string;
let model: ModelRecord;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ekphrasis-import-'));
  server = await openTestServer({ IMPORT_ROOT: join(root, 'allowed') });
  model = await addUntrainedModel(server.application);
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const FIELDS = `id kind state total done failed throughput error { code message } model { id }
  importReport { dataset imported alreadyThere problemCount problems { kind message } }`;

const jobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  total: z.number().nullable(),
  done: z.number(),
  failed: z.number(),
  throughput: z.number().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  model: z.object({ id: z.string() }).nullable(),
  importReport: z
    .object({
      dataset: z.string(),
      imported: z.number(),
      alreadyThere: z.number(),
      problemCount: z.number(),
      problems: z.array(z.object({ kind: z.string(), message: z.string() })),
    })
    .nullable(),
});
type Job = z.infer<typeof jobSchema>;

/** A mutation that answers with a job. */
async function mutate(call: string): Promise<Job> {
  return (await ask(server, z.object({ job: jobSchema }), `mutation { job: ${call} { ${FIELDS} } }`)).job;
}

/** What is told of a job until it has ended. */
async function followed(id: string): Promise<Job[]> {
  const query = `subscription ($id: ID!) { job: jobProgress(jobId: $id) { ${FIELDS} } }`;
  const told: Job[] = [];
  for await (const { job } of subscribe(server.subscribe(), z.object({ job: jobSchema }), query, { id }))
    told.push(job);
  return told;
}

async function ended(id: string): Promise<Job | undefined> {
  return (await followed(id)).at(-1);
}

let drawn = 0;
async function addPhotos(count: number): Promise<ImageId[]> {
  const photos = await Promise.all(Array.from({ length: count }, () => picture((drawn += 1))));
  return add(photos);
}

async function add(photos: readonly Uint8Array[]): Promise<ImageId[]> {
  return (await server.application.store.images.add(photos.map(newPhoto))).map(({ id }) => id);
}

function newPhoto(bytes: Uint8Array): NewImage {
  return { sha256: sha256Of(bytes), mediaType: 'image/png', width: 48, height: 32, bytes, name: 'photo.png' };
}

const DEAD = '{ deadJobs { kind message job { id } } }';
const deadSchema = z.object({
  deadJobs: z.array(z.object({ kind: z.string(), message: z.string(), job: z.object({ id: z.string() }) })),
});
const deadJobs = async () => (await ask(server, deadSchema, DEAD)).deadJobs;

describe('before there is a worker', () => {
  test('a job waits, is listed, and can be cancelled once', async () => {
    const job = await mutate('embedCollection(input: {})');
    expect(job).toMatchObject({ kind: 'EMBED', state: 'QUEUED', total: null, done: 0, throughput: null });
    const list = await ask(
      server,
      z.object({
        jobs: z.object({ totalCount: z.number(), edges: z.array(z.object({ node: z.object({ id: z.string() }) })) }),
      }),
      '{ jobs(first: 5, filter: { kind: EMBED, state: QUEUED }) { totalCount edges { node { id } } } }',
    );
    expect(list.jobs).toEqual({ totalCount: 1, edges: [{ node: { id: job.id } }] });
    expect(await mutate(`cancelJob(input: { jobId: "${job.id}" })`)).toMatchObject({ state: 'CANCELLED' });
    expect(await followed(job.id)).toMatchObject([{ state: 'CANCELLED' }]);
    expect(await refusal(server, `mutation { cancelJob(input: { jobId: "${job.id}" }) { id } }`)).toMatchObject({
      code: 'CONFLICT',
    });
    expect(await refusal(server, `mutation { retryJob(input: { jobId: "${job.id}" }) { id } }`)).toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('jobs that are the same and wait are one, however many ask for them at once', async () => {
    const calls = Array.from({ length: 8 }, () => mutate('captionCollection(input: { onlyMissing: true })'));
    const [first, ...others] = await Promise.all(calls);
    expect(new Set(others.map(({ id }) => id))).toEqual(new Set([first?.id]));
    const all = await mutate('captionCollection(input: { onlyMissing: false })');
    expect(all.id).not.toBe(first?.id);
    await mutate(`cancelJob(input: { jobId: "${first?.id}" })`);
    const again = await mutate('captionCollection(input: { onlyMissing: true })');
    expect(again).toMatchObject({ state: 'QUEUED' });
    expect(again.id).not.toBe(first?.id);
    for (const { id } of [all, again]) await mutate(`cancelJob(input: { jobId: "${id}" })`);
  });

  test.each([
    '{ job(id: "nothing") { id } }',
    'mutation { cancelJob(input: { jobId: "nothing" }) { id } }',
    'mutation { retryJob(input: { jobId: "nothing" }) { id } }',
  ])('%s is NOT_FOUND', async (query) => {
    expect(await refusal(server, query)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an unknown job cannot be followed, nor an unknown model caption', async () => {
    const query = 'subscription { jobProgress(jobId: "nothing") { id } }';
    expect(await subscriptionRefusal(server.subscribe(), query)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(server, 'mutation { captionCollection(input: { modelId: "nothing" }) { id } }')).toMatchObject(
      {
        code: 'NOT_FOUND',
      },
    );
  });

  test.each(['..', '../elsewhere', '/', '/etc', '', 'a/../../b'])(
    'the folder "%s" is not imported for a client',
    async (path) => {
      const query = `mutation { importDataset(input: { path: ${JSON.stringify(path)} }) { id } }`;
      expect(await refusal(server, query)).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('imports from') as string,
      });
    },
  );
});

describe('with a worker', () => {
  beforeAll(() => server.application.work());

  test('every photo is captioned, and the job tells how far it is', async () => {
    const ids = await addPhotos(40);
    const job = await mutate('captionCollection(input: {})');
    expect(job.model).toEqual({ id: model.id });
    const told = await followed(job.id);
    const last = told.at(-1);
    expect(last).toMatchObject({ state: 'SUCCEEDED', total: 40, done: 40, failed: 0, error: null });
    expect(last?.throughput).toBeGreaterThan(0);
    const done = told.map((look) => look.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect((await server.application.store.captions.generatedOf(ids, model.id)).size).toBe(40);
  });

  test('nothing missing is a job that has succeeded at once', async () => {
    expect(await ended((await mutate('captionCollection(input: {})')).id)).toMatchObject({
      state: 'SUCCEEDED',
      total: 0,
      done: 0,
    });
  });

  test('photos are seen where they have not been', async () => {
    const ids = await addPhotos(17);
    expect(await ended((await mutate('embedCollection(input: {})')).id)).toMatchObject({
      state: 'SUCCEEDED',
      total: 17,
      done: 17,
    });
    const { id: encoderId } = (await server.application.collection()).inference.encoder;
    expect((await server.application.store.features.having(ids, encoderId)).size).toBe(17);
    expect(await ended((await mutate('embedCollection(input: { removeOthers: true })')).id)).toMatchObject({
      state: 'SUCCEEDED',
      total: 0,
    });
  });

  test('what fails for good is told with its error, kept as a dead letter, and done when it is retried', async () => {
    const [broken] = await add([new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3])]);
    await addPhotos(3);
    const job = await mutate('embedCollection(input: {})');
    const failed = await ended(job.id);
    expect(failed).toMatchObject({ state: 'FAILED', total: 4, done: 0, failed: 4, error: { code: 'INVALID_IMAGE' } });
    expect(failed?.error?.message).toContain(`retry ${job.id}`);
    expect(failed?.error?.message).toContain(String(broken));
    expect(await deadJobs()).toMatchObject([
      { kind: 'EMBED', job: { id: job.id }, message: expect.stringContaining(String(broken)) as string },
    ]);
    if (broken) await server.application.store.images.delete(broken);
    expect(await mutate(`retryJob(input: { jobId: "${job.id}" })`)).toMatchObject({
      state: 'QUEUED',
      failed: 0,
      error: null,
    });
    expect(await ended(job.id)).toMatchObject({ state: 'SUCCEEDED', done: 4, failed: 0 });
    expect(await deadJobs()).toEqual([]);
  });

  test('a job that is cancelled in mid work stops, and what is done stays', async () => {
    const ids = await addPhotos(96);
    const job = await mutate('captionCollection(input: {})');
    const query = 'subscription ($id: ID!) { job: jobProgress(jobId: $id) { done state } }';
    const events = subscribe(
      server.subscribe(),
      z.object({ job: z.object({ done: z.number(), state: z.string() }) }),
      query,
      { id: job.id },
    );
    for await (const { job: look } of events) {
      if (look.done > 0) break;
    }
    await mutate(`cancelJob(input: { jobId: "${job.id}" })`);
    const { jobs, captions } = server.application.store;
    // Those that were under way are let go of before anything else of the kind is done.
    expect(await ended((await mutate('captionCollection(input: { onlyMissing: true })')).id)).toMatchObject({
      state: 'SUCCEEDED',
    });
    const cancelled = (await jobs.list({ limit: 10 }, { state: 'CANCELLED' })).items.find(({ id }) => id === job.id);
    expect(cancelled?.done).toBeGreaterThan(0);
    expect(cancelled?.done).toBeLessThan(96);
    expect((await captions.generatedOf(ids, model.id)).size).toBe(96);
  });

  test('a folder below the allowed one is imported, again without change, and reported', async () => {
    const folder = join(root, 'allowed', 'holiday');
    await mkdir(folder, { recursive: true });
    for (let number = 0; number < 3; number += 1)
      await writeFile(join(folder, `${number}.png`), await picture(1000 + number));
    await writeFile(join(folder, 'torn.jpg'), new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3]));
    const first = await ended((await mutate('importDataset(input: { path: "holiday" })')).id);
    expect(first).toMatchObject({
      state: 'SUCCEEDED',
      importReport: {
        dataset: 'holiday',
        imported: 3,
        problems: [{ message: expect.stringMatching(/torn\.jpg\.$/) as string }],
      },
    });
    const again = await ended((await mutate('importDataset(input: { path: "holiday" })')).id);
    expect(again).toMatchObject({ state: 'SUCCEEDED', importReport: { imported: 0, alreadyThere: 3 } });
  });

  test('a table of any columns is looked at before it is imported, then imported as it was told', async () => {
    const folder = join(root, 'allowed', 'table');
    await mkdir(folder, { recursive: true });
    for (const number of [1, 2]) await writeFile(join(folder, `${number}.png`), await picture(1100 + number));
    await writeFile(join(folder, 'words.csv'), 'x,y,z\n1.png,A dog runs,train\n2.png,"A cat, asleep",val\n');
    const preview =
      'query ($format: String, $columns: String) { previewDataset(path: "table", format: $format, columns: $columns) { summary format photos captions problems { message } } }';
    const columns = 'file=x,caption=y,split=z';
    expect(await ask(server, z.unknown(), preview, { columns })).toEqual({
      previewDataset: {
        summary: 'Table: 2 photos, 2 captions, 1/1/0 in train/dev/test',
        format: 'table',
        photos: 2,
        captions: 2,
        problems: [],
      },
    });
    expect((await refusal(server, preview, { format: 'coco' })).code).toBe('INVALID_DATASET');
    expect((await refusal(server, preview, { format: 'tarot' })).code).toBe('BAD_USER_INPUT');
    expect((await refusal(server, preview, { columns: 'nonsense' })).code).toBe('BAD_USER_INPUT');
    expect(
      await ended((await mutate(`importDataset(input: { path: "table", format: "table", columns: "${columns}" })`)).id),
    ).toMatchObject({ state: 'SUCCEEDED', importReport: { dataset: 'table', imported: 2 } });
    const found =
      '{ images(filter: { dataset: "table", split: DEV }) { edges { node { name referenceCaptions { text } } } } }';
    expect(await ask(server, z.unknown(), found)).toEqual({
      images: { edges: [{ node: { name: '2.png', referenceCaptions: [{ text: 'A cat, asleep' }] } }] },
    });
  });

  test('a model is measured, and the report is found', async () => {
    const { store, jobs } = server.application;
    const photos = [await picture(3001), await picture(3002)].map(newPhoto);
    const { datasetId } = await addToDataset(store, photos, {
      dataset: 'measured',
      split: 'dev',
      captions: ['a red circle'],
    });
    const { id } = await jobs.evaluate({ modelId: model.id, split: 'dev', dataset: datasetId });
    expect(await ended(id)).toMatchObject({
      kind: 'EVALUATE',
      state: 'SUCCEEDED',
      total: 2,
      done: 2,
      model: { id: model.id },
    });
    const report = z.object({ bleuReport: z.object({ images: z.number() }) });
    expect(await ask(server, report, `{ bleuReport(modelId: "${model.id}") { images } }`)).toEqual({
      bleuReport: { images: 2 },
    });
  });

  test('a link out of the allowed folder is not followed, and an empty folder fails at once', async () => {
    const outside = join(root, 'secret');
    await mkdir(outside);
    await writeFile(join(outside, 'photo.png'), await picture(2000));
    await mkdir(join(root, 'allowed', 'empty'), { recursive: true });
    await symlink(outside, join(root, 'allowed', 'link'));
    expect(await ended((await mutate('importDataset(input: { path: "link" })')).id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'BAD_USER_INPUT' },
    });
    expect(await ended((await mutate('importDataset(input: { path: "empty" })')).id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'INVALID_DATASET' },
    });
    expect((await server.application.store.images.findBySha256([sha256Of(await picture(2000))])).size).toBe(0);
  });
});

test('without IMPORT_ROOT a client may import nothing but scenes', async () => {
  const other = await openTestServer();
  try {
    expect(await refusal(other, 'mutation { importDataset(input: { path: "holiday" }) { id } }')).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('IMPORT_ROOT') as string,
    });
    const schema = z.object({ importDataset: z.object({ state: z.string() }) });
    expect(
      (await ask(other, schema, 'mutation { importDataset(input: { path: "scenes" }) { state } }')).importDataset.state,
    ).toBe('QUEUED');
  } finally {
    await other.close();
  }
});

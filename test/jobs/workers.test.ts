/** Workers as processes of their own, on a real Postgres: only with TEST_DATABASE_URL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { startServer } from '../../src/api/server/server.js';
import { type Application, openApplication } from '../../src/application.js';
import { runCommandLine } from '../../src/cli/program.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { loadConfig } from '../../src/config.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { ImageId, JobId } from '../../src/ids.js';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { subscribe } from '../api/subscriptions.js';
import { addUntrainedModel } from '../api/test-server.js';
import { picture } from '../collection/seeing.js';
import { sha256Of } from '../store/records.js';
import { createPostgresDatabase, type PostgresDatabase } from '../postgres/database.js';

const url = process.env['TEST_DATABASE_URL'];
const jobSchema = z.object({ id: z.string(), kind: z.string(), state: z.string() });
const workersSchema = z.object({
  workers: z.array(
    z.object({
      pid: z.number(),
      serves: z.boolean(),
      queues: z.array(z.string()),
      leases: z.array(z.object({ job: z.object({ id: z.string(), requestId: z.string().nullable() }) })),
    }),
  ),
});
const startedSchema = z.object({ captionCollection: z.object({ id: z.string() }) });
const MAIN = join(PROGRAM_FOLDER, 'dist', 'main.js');

/** A worker process, and which parts it says it has done. */
class Worker extends EventEmitter {
  readonly parts: number[] = [];
  private readonly process: ChildProcess;
  private readonly errors: string[] = [];

  constructor(environment: NodeJS.ProcessEnv, args: readonly string[] = []) {
    super();
    this.process = spawn(process.execPath, [MAIN, 'worker', ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (!this.process.stdout || !this.process.stderr) throw new Error('the worker has no streams');
    createInterface(this.process.stdout).on('line', () => this.emit('ready'));
    createInterface(this.process.stderr).on('line', (line) => {
      const part = /"part":(\d+),.*"msg":"a part of a job is done"/.exec(line)?.[1];
      if (part === undefined) {
        this.errors.push(line);
        return;
      }
      this.parts.push(Number(part));
      this.emit('part');
    });
  }

  get said(): string {
    return this.errors.join('\n');
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exit = once(this.process, 'exit');
    this.process.kill(signal);
    await exit;
    return this.process.exitCode;
  }

  ended(): Promise<unknown> {
    return once(this.process, 'exit');
  }
}

describe.skipIf(!url)('workers on a real Postgres', () => {
  let application: Application;
  let environment: NodeJS.ProcessEnv;
  let directory: string;
  let database: PostgresDatabase;
  const workers: Worker[] = [];

  function startWorker(args: readonly string[] = []): Worker {
    const worker = new Worker({ ...environment, EKPHRASIS_DATA: join(directory, `worker-${workers.length}`) }, args);
    workers.push(worker);
    return worker;
  }

  async function ended(id: JobId) {
    let last;
    for await (const job of application.jobs.progress(id)) last = job;
    return last;
  }

  /** What a command prints. */
  async function command(...args: string[]): Promise<string> {
    const stdout = new PassThrough();
    const out = text(stdout);
    const code = await runCommandLine(args, {
      stdout,
      stderr: new PassThrough(),
      env: environment,
      signal: new AbortController().signal,
    });
    expect(code).toBe(0);
    stdout.end();
    return out;
  }

  let drawn = 0;
  async function addPhotos(count: number): Promise<ImageId[]> {
    const photos = await Promise.all(Array.from({ length: count }, () => picture((drawn += 1))));
    const added = await application.store.images.add(
      photos.map((bytes) => ({
        sha256: sha256Of(bytes),
        mediaType: 'image/png',
        width: 48,
        height: 32,
        bytes,
        name: 'photo.png',
      })),
    );
    return added.map(({ id }) => id);
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ekphrasis-workers-'));
    database = await createPostgresDatabase(url ?? '');
    environment = {
      ...process.env,
      DATABASE_URL: database.url,
      EKPHRASIS_DATA: directory,
      EKPHRASIS_CACHE: directory,
      PORT: '0',
      VGG16_WEIGHTS: 'random:1',
      VGG16_PRECISION: 'fp32',
      JOB_LEASE_SECONDS: '3',
      LOG_LEVEL: 'debug',
    };
    application = await openApplication(loadConfig(environment), { log: pino({ level: 'silent' }) });
    await addUntrainedModel(application);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.end('SIGKILL')));
  });
  afterAll(async () => {
    await application.close();
    await database.drop({ force: true });
    await rm(directory, { recursive: true });
  });

  test('two workers share a job and caption every photo exactly once', async () => {
    const ids = await addPhotos(192);
    const pair = [startWorker(['--queues', 'caption']), startWorker(['--queues', 'caption,embed'])];
    await Promise.all(pair.map((worker) => once(worker, 'ready')));
    const job = await application.jobs.caption({ onlyMissing: true });
    expect(await ended(job.id)).toMatchObject({ state: 'SUCCEEDED', total: 192, done: 192, failed: 0 });
    expect((await application.store.captions.generatedOf(ids)).size).toBe(192);
    expect(await Promise.all(pair.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0]);
    const parts = pair.flatMap((worker) => worker.parts).sort((a, b) => a - b);
    expect(parts).toEqual(Array.from({ length: 12 }, (_, index) => index));
    for (const worker of pair) expect(worker.parts.length, worker.said).toBeGreaterThan(0);
  });

  test('a worker killed in mid work loses its parts to another, and the job ends right', async () => {
    const ids = await addPhotos(96);
    const doomed = startWorker();
    await once(doomed, 'ready');
    const job = await application.jobs.caption({ onlyMissing: true });
    await once(doomed, 'part');
    await doomed.end('SIGKILL');
    startWorker();
    expect(await ended(job.id)).toMatchObject({ state: 'SUCCEEDED', total: 96, done: 96, failed: 0 });
    expect((await application.store.captions.generatedOf(ids)).size).toBe(96);
  });

  test('who works is listed, a killed worker no longer; whoever takes its work up logs it under the same request', async () => {
    await addPhotos(192);
    const server = await startServer(application);
    const ask = async (query: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', 'x-request-id': 'who-asked' };
      const response = await fetch(server.url, { method: 'POST', body: JSON.stringify({ query }), headers });
      return ((await response.json()) as { data: unknown }).data;
    };
    const workersOf = async () =>
      workersSchema.parse(await ask('{ workers { pid serves queues leases { job { id requestId } } } }')).workers;
    const own = { pid: process.pid, serves: true, queues: [], leases: [] };
    // Those that tests before have killed are listed until their leases end.
    await expect.poll(workersOf).toEqual([own]);
    const doomed = startWorker(['--queues', 'caption']);
    await once(doomed, 'ready');
    expect(await workersOf()).toMatchObject([own, { serves: false, queues: ['CAPTION'] }]);

    const { id } = startedSchema.parse(await ask('mutation { captionCollection(input: {}) { id } }')).captionCollection;
    const job = { id, requestId: 'who-asked' };
    const leased = async () => (await workersOf()).flatMap(({ leases }) => leases);
    await expect.poll(leased).toContainEqual({ job });
    await doomed.end('SIGKILL');
    await expect.poll(workersOf).toEqual([own]);

    const heir = startWorker();
    expect(await ended(id as JobId)).toMatchObject({ state: 'SUCCEEDED', total: 192, done: 192 });
    await expect
      .poll(() => heir.said)
      .toMatch(new RegExp(`"requestId":"who-asked","jobId":"${id}".*"msg":"a job has ended"`));
    await heir.end('SIGTERM');
    // One that has said goodbye is missing at once.
    expect(await workersOf()).toEqual([own]);
    await server.close();
  });

  test('a worker that is told to end gives back what it holds at once', async () => {
    const ids = await addPhotos(96);
    const first = startWorker();
    await once(first, 'ready');
    const job = await application.jobs.caption({ onlyMissing: true });
    await once(first, 'part');
    expect(await first.end('SIGTERM')).toBe(0);
    const { rows } = await application.store.executeSql(
      `SELECT count(*)::int AS active FROM pgboss.job WHERE state = 'active'`,
      [],
    );
    expect(rows).toEqual([{ active: 0 }]);
    startWorker();
    expect(await ended(job.id)).toMatchObject({ state: 'SUCCEEDED', done: 96 });
    expect((await application.store.captions.generatedOf(ids)).size).toBe(96);
  });

  test('a training that a worker does is followed on the server, every epoch once', async () => {
    await importDataset(openScenes({ seed: 1, train: 48, dev: 8 }), await application.collection());
    const settings = { epochs: 3, batchImages: 16, mirror: false, embeddingSize: 8, hiddenSize: 8, attentionSize: 8 };
    const { id } = await application.training.start({ dataset: 'scenes', settings });
    const server = await startServer(application);
    const client = createClient({ url: server.url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
    const query = `subscription { trainingProgress(jobId: "${id}") { __typename ... on TrainingJob { state } ... on TrainingEpoch { epoch } } }`;
    const toldSchema = z.object({
      trainingProgress: z.object({
        __typename: z.string(),
        state: z.string().optional(),
        epoch: z.number().optional(),
      }),
    });
    const told: z.infer<typeof toldSchema>['trainingProgress'][] = [];
    for await (const { trainingProgress } of subscribe(client, toldSchema, query)) {
      told.push(trainingProgress);
      if (trainingProgress.state === 'QUEUED') startWorker(['--queues', 'train']);
    }
    expect(told.flatMap(({ state }) => state ?? [])).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
    expect(told.flatMap(({ epoch }) => epoch ?? [])).toEqual([1, 2, 3]);
    // What is in no row, and was heard from the other process.
    const kinds = new Set(told.map(({ __typename }) => __typename));
    expect(kinds).toContain('TrainingPreparation');
    expect(kinds).toContain('TrainingSample');
    await client.dispose();
    await server.close();
  });

  test("an import that is handed over on the command line is a worker's, listed there and done", async () => {
    const folder = join(directory, 'holiday');
    await mkdir(folder);
    for (let number = 0; number < 3; number += 1)
      await writeFile(join(folder, `${number}.png`), await picture(1000 + number));
    const job = jobSchema.parse(JSON.parse(await command('import', folder, '--queue', '--json')));
    expect(job).toMatchObject({ kind: 'import', state: 'QUEUED' });
    startWorker(['--queues', 'import', '--concurrency', '1']);
    expect(await ended(job.id as JobId)).toMatchObject({
      state: 'SUCCEEDED',
      done: 3,
      result: { dataset: 'holiday', imported: 3 },
    });
    const listed = z.array(jobSchema).parse(JSON.parse(await command('jobs', '--json')));
    expect(listed[0]).toMatchObject({ id: job.id, state: 'SUCCEEDED' });
  });
});

test('a worker with the embedded database is refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-workers-'));
  const worker = new Worker({ ...process.env, DATABASE_URL: '', EKPHRASIS_DATA: directory });
  await worker.ended();
  expect(await worker.end('SIGKILL')).toBe(1);
  expect(worker.said).toMatch(/^INVALID_CONFIGURATION: .*ekphrasis serve.*DATABASE_URL/m);
  await rm(directory, { recursive: true });
});

/** What an operator sees of a server: whether it lives and can work, its metrics, and its requests by their ids. */
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startWorkerServer } from '../../src/api/server/worker-server.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { JobId, TrainingJobId } from '../../src/ids.js';
import { picture } from '../collection/seeing.js';
import {
  addUntrainedModel,
  CAPTION_IMAGE,
  openTestServer,
  readResponse,
  type TestServer,
  uploadForm,
} from './test-server.js';

const readyzSchema = z.object({
  status: z.string(),
  checks: z.record(
    z.string(),
    z.object({ ok: z.boolean(), code: z.string().optional(), reason: z.string().optional() }),
  ),
});

const lineSchema = z.object({
  level: z.number(),
  msg: z.string().optional(),
  requestId: z.string().optional(),
  jobId: z.string().optional(),
  req: z.object({ id: z.string(), method: z.string().optional(), path: z.string() }).optional(),
  res: z.object({ statusCode: z.number() }).optional(),
});

const jobSchema = z.object({ id: z.string(), requestId: z.string().nullable() });

const WORKERS = `{ workers {
  host pid serves queues encoder device leases { queue isPart job { id } training { id } }
} }`;

const failedSchema = z.object({
  errors: z.array(
    z.object({ extensions: z.object({ code: z.literal('INTERNAL_SERVER_ERROR'), requestId: z.string() }) }),
  ),
});

const at = ({ url }: TestServer, path: string) => new URL(path, url);

/** The samples of Prometheus' text by their names with labels. */
async function scrape(url: URL): Promise<Map<string, number>> {
  const lines = (await (await fetch(url)).text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(/ (\S+)$/.exec(line)?.[1])]));
}

async function readyz(server: TestServer) {
  const response = await fetch(at(server, '/readyz'));
  return { httpStatus: response.status, ...readyzSchema.parse(await response.json()) };
}

describe('a server that works', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({ LOG_LEVEL: 'info' });
    await addUntrainedModel(server.application);
  });
  afterAll(() => server.close());

  test('/livez and /readyz say so', async () => {
    const livez = await fetch(at(server, '/livez'));
    expect([livez.status, livez.headers.get('cache-control'), await livez.json()]).toEqual([
      200,
      'no-store',
      { status: 'ok' },
    ]);
    const ok = { ok: true };
    expect(await readyz(server)).toEqual({
      httpStatus: 200,
      status: 'ok',
      checks: { database: ok, disk: ok, inference: ok, queue: ok },
    });
  });

  test('/readyz answers 503 and says which part does not work, without what only the operator may know', async () => {
    await server.application.store.executeSql('ALTER TABLE pgboss.job RENAME TO hidden', []);
    try {
      await expect.poll(async () => (await readyz(server)).httpStatus).toBe(503);
      const { status, checks } = await readyz(server);
      expect(status).toBe('unavailable');
      expect(checks['queue']).toMatchObject({ ok: false, reason: 'The queue of jobs does not answer.' });
      expect(checks['database']).toEqual({ ok: true });
      expect(JSON.stringify(checks)).not.toContain('pgboss');
      expect(server.logged.join('')).toContain('pgboss.job');
      expect((await fetch(at(server, '/livez'))).status).toBe(200);
    } finally {
      await server.application.store.executeSql('ALTER TABLE pgboss.hidden RENAME TO job', []);
    }
  });

  test('/metrics tells what was asked for, written, found and kept', async () => {
    const { application } = server;
    const photo = await picture(1);
    const uploaded = await server.captionImage(photo, 'one.png');
    expect(uploaded.errors).toBeUndefined();
    const { image } = z
      .object({ captionImage: z.object({ image: z.object({ url: z.string() }) }) })
      .parse(uploaded.data).captionImage;
    for (let round = 0; round < 2; round += 1) await fetch(at(server, `${image.url}?width=320`));
    await server.query('{ nonsense }');
    await fetch(at(server, '/nowhere/at/all'));
    await application.jobs.embed();

    const samples = await scrape(at(server, '/metrics'));
    expect(samples.get('ekphrasis_captions_written_total')).toBe(1);
    expect(samples.get('ekphrasis_inference_items_total{call="encode"}')).toBe(1);
    expect(samples.get('ekphrasis_inference_duration_seconds_sum{call="caption"}')).toBeGreaterThan(0);
    expect(samples.get('ekphrasis_cache_reads_total{cache="thumbnails",result="hit"}')).toBe(1);
    expect(samples.get('ekphrasis_cache_reads_total{cache="thumbnails",result="miss"}')).toBe(1);
    expect(samples.get('ekphrasis_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
    const requests = 'ekphrasis_http_request_duration_seconds_count';
    expect(samples.get(`${requests}{method="GET",route="other",status="404"}`)).toBe(1);
    expect(samples.get(`${requests}{method="GET",route="/images",status="200"}`)).toBe(2);
    expect(samples.get('ekphrasis_queue_waiting{kind="embed"}')).toBe(1);
    expect(samples.get('ekphrasis_queue_oldest_seconds{kind="embed"}')).toBeGreaterThan(0);
    expect(samples.get('ekphrasis_queue_dead{kind="embed"}')).toBe(0);
    expect(samples.get('ekphrasis_jobs{kind="embed",state="QUEUED"}')).toBe(1);
    expect(samples.get('ekphrasis_disk_free_bytes')).toBeGreaterThan(0);
    expect(samples.get('ekphrasis_inference_queue')).toBe(0);
    expect(samples.has('nodejs_eventloop_lag_seconds')).toBe(true);
    expect(
      [...samples.keys()].some((name) => /^ekphrasis_model_info\{task="CAPTION".*name="untrained"/.test(name)),
    ).toBe(true);
    expect(samples.get('ekphrasis_scrape_failed{source="queues"}')).toBe(0);
  });

  test('/metrics of a database that does not answer leaves out what it would know', async () => {
    await server.application.store.executeSql('ALTER TABLE pgboss.job RENAME TO hidden', []);
    try {
      const samples = await scrape(at(server, '/metrics'));
      expect(samples.get('ekphrasis_scrape_failed{source="queues"}')).toBe(1);
      expect(samples.has('ekphrasis_queue_waiting{kind="embed"}')).toBe(false);
      expect(samples.get('ekphrasis_captions_written_total')).toBe(1);
    } finally {
      await server.application.store.executeSql('ALTER TABLE pgboss.hidden RENAME TO job', []);
    }
  });

  test('a request has an id: in its answer, in the log and in an unexpected error, and no secrets beside it', async () => {
    const ask = (id: string, query: string) =>
      fetch(server.url, {
        method: 'POST',
        body: JSON.stringify({ query }),
        headers: {
          'content-type': 'application/json',
          'x-request-id': id,
          authorization: 'Bearer secret-key',
          cookie: 'ekphrasis_key=secret-cookie',
        },
      });
    const given = await ask('from-a.proxy_7', '{ viewer { name } }');
    expect(given.headers.get('x-request-id')).toBe('from-a.proxy_7');
    const own = await ask('no id at all', '{ viewer { name } }');
    expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);

    await server.application.store.executeSql('ALTER TABLE pgboss.job RENAME TO hidden', []);
    const failed = await ask('it-fails', '{ deadJobs { kind } }');
    await server.application.store.executeSql('ALTER TABLE pgboss.hidden RENAME TO job', []);
    expect(await failed.json()).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'it-fails' } }],
    });
    await fetch(at(server, '/livez'));

    const lines = z.array(lineSchema).parse(server.logged.map((line): unknown => JSON.parse(line)));
    expect(lines.find(({ req }) => req?.id === 'from-a.proxy_7')).toMatchObject({
      level: 30,
      req: { method: 'POST', path: '/graphql' },
      res: { statusCode: 200 },
    });
    expect(lines.find(({ msg }) => msg === 'an operation failed unexpectedly')?.requestId).toBe('it-fails');
    expect(lines.filter(({ req }) => /livez|readyz|metrics/.test(req?.path ?? ''))).toEqual([]);
    expect(server.logged.join('')).not.toMatch(/secret-(key|cookie)/);
  });

  test('an upload that fails unexpectedly has its id in the error as well', async () => {
    await server.application.store.executeSql('ALTER TABLE "Image" RENAME TO "Hidden"', []);
    const headers = { 'apollo-require-preflight': '1', 'x-request-id': 'upload-1' };
    const form = uploadForm(CAPTION_IMAGE, [{ bytes: await picture(2), name: 'two.png' }]);
    const failed = await fetch(server.url, { method: 'POST', body: form, headers });
    await server.application.store.executeSql('ALTER TABLE "Hidden" RENAME TO "Image"', []);
    expect(await failed.json()).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'upload-1' } }],
    });
  });

  test('an operation of a WebSocket has an id as well: in its error, in the line of the log that has the cause, and at its end', async () => {
    const client = server.subscribe();
    const failing = (id: string) => ({ query: `subscription { jobProgress(jobId: "${id}") { id } }` });
    await server.application.store.executeSql('ALTER TABLE "Job" RENAME TO "Hidden"', []);
    const failures = await Promise.all(
      ['01900000-0000-7000-8000-000000000000', '01900000-0000-7000-8000-000000000001'].map(async (id) =>
        failedSchema.parse(
          await client
            .iterate(failing(id))
            .next()
            .then(
              ({ value }): unknown => value,
              (errors: unknown) => ({ errors }),
            ),
        ),
      ),
    );
    await server.application.store.executeSql('ALTER TABLE "Hidden" RENAME TO "Job"', []);
    const ids = failures.map(({ errors: [error] }) => error?.extensions.requestId ?? '');
    expect(new Set(ids).size).toBe(2);
    await expect
      .poll(() => {
        const lines = z.array(lineSchema).parse(server.logged.map((line): unknown => JSON.parse(line)));
        return ids.map((id) => [
          lines.find(({ msg, requestId }) => requestId === id && msg === 'an operation failed unexpectedly')?.level,
          lines.find(({ msg, req }) => req?.id === id && msg === 'operation completed')?.req?.path,
        ]);
      })
      .toEqual(ids.map(() => [50, '/graphql']));
  });

  test('a worker serves the same of itself', async () => {
    const closing = new AbortController();
    const worker = await startWorkerServer(server.application, 0, closing.signal);
    const status = async (path: string) => (await fetch(new URL(path, worker.url))).status;
    try {
      expect(await status('/livez')).toBe(200);
      await expect.poll(() => status('/readyz')).toBe(200);
      expect((await scrape(new URL('/metrics', worker.url))).has('ekphrasis_queue_waiting{kind="embed"}')).toBe(true);
      expect(await status('/graphql')).toBe(404);
      closing.abort();
      expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
    } finally {
      await worker.close();
    }
  });

  // The last: whoever makes a key closes the server for good.
  test('where keys are asked for, /metrics needs one with the scope read, and the others none', async () => {
    const { secret } = await server.application.keys.create({ scopes: ['read'] });
    const status = async (path: string, headers = {}) => (await fetch(at(server, path), { headers })).status;
    expect(await status('/metrics')).toBe(401);
    expect(await status('/metrics', { authorization: `Bearer ${secret}` })).toBe(200);
    expect(await status('/livez')).toBe(200);
    await expect.poll(() => status('/readyz')).toBe(200);
  });
});

describe('a server that works on jobs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({ LOG_LEVEL: 'info' });
    await addUntrainedModel(server.application);
    await server.captionImage(await picture(1), 'one.png');
    await server.application.work();
  });
  afterAll(() => server.close());

  const post = async (requestId: string, query: string) => {
    const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
    const response = await fetch(server.url, { method: 'POST', body: JSON.stringify({ query }), headers });
    return readResponse(response);
  };

  test('a job leads to the request that started it: by its field, and by every line of the log', async () => {
    const { data } = await post(
      'who-asked',
      'mutation { embedCollection(input: { removeOthers: true }) { id requestId } }',
    );
    const { id, requestId } = z.object({ embedCollection: jobSchema }).parse(data).embedCollection;
    expect(requestId).toBe('who-asked');
    const state = async () => (await server.application.jobs.find(id as JobId)).state;
    await expect.poll(state).toBe('SUCCEEDED');
    const lines = z.array(lineSchema).parse(server.logged.map((line): unknown => JSON.parse(line)));
    const ofJob = lines.filter(({ jobId }) => jobId === id).map(({ msg, requestId: of }) => [msg, of]);
    expect(ofJob).toEqual(
      ['a job waits', 'a job is taken up', 'a job has ended'].map((message) => [message, 'who-asked']),
    );
    // What no request has started leads to none.
    expect(await server.application.jobs.embed()).toMatchObject({ requestId: null });
  });

  test('a training leads to its request, too', async () => {
    await importDataset(openScenes({ seed: 1, train: 8, dev: 4 }), await server.application.collection());
    const { data } = await post('who-trains', 'mutation { startTraining(input: {}) { id requestId } }');
    const { id, requestId } = z.object({ startTraining: jobSchema }).parse(data).startTraining;
    expect(requestId).toBe('who-trains');
    await expect
      .poll(() => {
        const lines = z.array(lineSchema).parse(server.logged.map((line): unknown => JSON.parse(line)));
        return lines.find(({ msg, jobId }) => jobId === id && msg === 'a training is taken up')?.requestId;
      })
      .toBe('who-trains');

    const { data: who } = await server.query(WORKERS);
    expect(z.object({ workers: z.unknown() }).parse(who).workers).toContainEqual({
      host: hostname(),
      pid: process.pid,
      serves: true,
      queues: [
        'TRAIN',
        'IMPORT',
        'SCAN_LIBRARY',
        'EMBED',
        'CAPTION',
        'EVALUATE',
        'REINDEX',
        'EXPORT_XMP',
        'REFRESH_METADATA',
        'WEBHOOK',
      ],
      encoder: (await server.application.collection()).inference.encoder.id,
      device: 'auto',
      leases: [{ queue: 'TRAIN', isPart: false, job: null, training: { id } }],
    });
    await server.application.training.cancel(id as TrainingJobId);
  });
});

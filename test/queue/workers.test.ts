/** Who works: several processes on one database, each with its queue. Killed ones are in test/jobs/workers.test.ts. */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkerId } from '../../src/ids.js';
import { JobQueue } from '../../src/queue/queue.js';
import { Workers } from '../../src/queue/workers.js';
import { QUEUES } from '../../src/queues.js';
import type { Store } from '../../src/store/store.js';
import { PROGRAM_VERSION } from '../../src/version.js';
import { openTestStore } from '../store/open-test-store.js';
import { ENCODER } from '../store/records.js';

let store: Store;
let queues: [JobQueue, JobQueue];
let server: Workers;
let worker: Workers;
/** Ends what `worker` is at. */
let finish = (): void => undefined;
const onError = (error: unknown): never => {
  throw error;
};

beforeAll(async () => {
  store = await openTestStore();
  const openQueue = () => JobQueue.open(store, { queues: QUEUES, alone: false, lease: 60, onError });
  queues = [await openQueue(), await openQueue()];
  const common = { store, alone: false, lease: 60, onError };
  server = new Workers({ ...common, queue: queues[0], device: 'auto', encoder: () => undefined });
  worker = new Workers({ ...common, queue: queues[1], device: 'cuda', encoder: () => ENCODER });
});
afterAll(async () => {
  finish();
  await Promise.all(queues.map((queue) => queue.close()));
  await Promise.all([server.close(), worker.close()]);
  await store.close();
});

test('nobody is listed who has not said what it does', async () => {
  expect(await server.list()).toEqual([]);
});

test('each lists all, with what each is, and what it is at', async () => {
  await server.announce({ serves: true });
  await worker.announce({ queues: ['caption'] });
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await queues[1].work('caption', 1, { handle: () => finished, failed: () => Promise.resolve() });
  await queues[0].send('caption', [{ jobId: 'one', partId: 'first' }]);
  const common = { host: hostname(), pid: process.pid, version: PROGRAM_VERSION };
  const idle = [
    { ...common, serves: true, queues: [], encoder: null, device: 'auto', leases: [] },
    { ...common, serves: false, queues: ['caption'], encoder: ENCODER, device: 'cuda', leases: [] },
  ];
  const work = { kind: 'caption', work: { jobId: 'one', partId: 'first' } };
  await expect.poll(() => server.list()).toMatchObject([idle[0], { ...idle[1], leases: [work] }]);
  const [, busy] = await server.list();
  const lasts = (busy?.leases[0]?.until.getTime() ?? 0) - (busy?.heartbeatAt.getTime() ?? 0);
  expect(lasts).toBeGreaterThan(50_000);
  expect(lasts).toBeLessThan(70_000);
  finish();
  // What has ended is no lease any more, whatever its worker has written last.
  await expect.poll(() => worker.list()).toMatchObject(idle);
});

test('one that gives no sign of life is listed for its lease, and then its row is removed by others', async () => {
  const silent = {
    id: '01900000-0000-7000-8000-000000000000' as WorkerId,
    host: 'elsewhere',
    pid: 1,
    version: '0.0.1',
    serves: false,
    queues: ['train', 'queue of a later version'],
    encoder: null,
    device: 'cpu',
    entries: [],
    leaseSeconds: 2,
  };
  await store.workers.renew(silent);
  expect((await server.list()).map(({ host }) => host)).toContain('elsewhere');
  await wait(2_100);
  expect((await server.list()).map(({ host }) => host)).not.toContain('elsewhere');
  const { rows } = await store.executeSql('SELECT count(*)::int AS count FROM "Worker"', []);
  expect(rows).toEqual([{ count: 2 }]);
});

test('one that closes is listed no more', async () => {
  await worker.close();
  expect((await server.list()).map(({ serves }) => serves)).toEqual([true]);
});

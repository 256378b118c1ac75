import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobId } from '../../src/ids.js';
import { type JobNotifier, openJobNotifier } from '../../src/jobs/notifier.js';
import { followJob } from '../../src/jobs/job-progress.js';
import { CHANGED } from '../../src/queue/notifier.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';

let store: Store;
let notifier: JobNotifier;
beforeAll(async () => {
  store = await openTestStore();
  notifier = await openJobNotifier(store);
});
afterAll(async () => {
  await notifier.close();
  await store.close();
});

async function runningJob(): Promise<JobId> {
  const { id } = await store.jobs.create({ kind: 'import', settings: { path: 'scenes' } });
  await store.jobs.begin(id);
  return id;
}

const follow = (id: JobId) => followJob(id, { jobs: store.jobs, notifier });

test('the job is told as it is, when it has gone on, and at its end', async () => {
  const id = await runningJob();
  const reader = follow(id);
  expect((await reader.next()).value).toMatchObject({ state: 'RUNNING', done: 0 });
  const next = reader.next();
  await store.jobs.progress(id, 5, 10);
  await notifier.tell(id, CHANGED);
  expect((await next).value).toMatchObject({ done: 5, total: 10 });
  const end = reader.next();
  await store.jobs.end(id, { state: 'SUCCEEDED' });
  await notifier.tell(id, CHANGED);
  expect((await end).value).toMatchObject({ state: 'SUCCEEDED' });
  expect((await reader.next()).done).toBe(true);
});

test('a slow reader is told the latest, not all it missed', async () => {
  const id = await runningJob();
  const reader = follow(id);
  await reader.next();
  for (let done = 1; done <= 50; done += 1) {
    await store.jobs.progress(id, done, 50);
    await notifier.tell(id, CHANGED);
  }
  expect((await reader.next()).value).toMatchObject({ done: 50 });
  const none = reader.next();
  await reader.return?.();
  expect((await none).done).toBe(true);
});

test('of a job that goes on quickly other processes are told now and then only', async () => {
  const id = await runningJob();
  let told = 0;
  const stop = notifier.subscribe(id, () => {
    told += 1;
  });
  for (let count = 0; count < 20; count += 1) await notifier.tellInPassing(id, CHANGED);
  await notifier.tell(id, CHANGED);
  stop();
  expect(told).toBeLessThan(20);
});

test('an unknown job is told by its code', async () => {
  await expect(follow('01900000-0000-7000-8000-000000000000' as JobId).next()).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(follow('nothing' as JobId).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

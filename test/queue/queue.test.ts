import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EkphrasisError, ErrorCode } from '../../src/errors.js';
import { FreeSpace } from '../../src/files/free-space.js';
import type { TrainingJobId } from '../../src/ids.js';
import { JobQueue, type QueueDatabase, type WorkHandler } from '../../src/queue/queue.js';
import { QUEUES } from '../../src/queues.js';
import { trainingQueue } from '../../src/trainings/queue.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';

/** The queue of trainings would have one. */
const TRIES = 2;

let store: Store;
let statements: string[] = [];
const open: JobQueue[] = [];

async function openQueue({ alone = false, lease = 60, space = () => store.space } = {}): Promise<JobQueue> {
  const database: QueueDatabase = {
    get space() {
      return space();
    },
    executeSql(text, values) {
      statements.push(text);
      return store.executeSql(text, values);
    },
    listen: (channel, handler) => store.listen(channel, handler),
    get locks() {
      return store.locks;
    },
    notify: (channel, payload) => store.notify(channel, payload),
  };
  const queue = await JobQueue.open(database, {
    queues: QUEUES,
    alone,
    lease,
    onError: (error) => {
      throw error;
    },
  });
  open.push(queue);
  return queue;
}

const job = (name: string) => name as TrainingJobId;

/** Notes what it is told and says so; `act` does the work. */
function recorder(act: (jobId: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve()) {
  const events = new EventEmitter();
  const seen: string[] = [];
  const note = (what: string) => {
    seen.push(what);
    events.emit(what);
  };
  const handler: WorkHandler = {
    async handle({ jobId }, signal) {
      note(`begin ${jobId}`);
      await act(jobId, signal);
      note(`end ${jobId}`);
    },
    failed({ jobId }, error) {
      note(`failed ${jobId}: ${error instanceof Error ? error.message : ''}`);
      return Promise.resolve();
    },
  };
  return { handler, seen, told: (what: string) => once(events, what) };
}

beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close()));
});
afterAll(() => store.close());

test('work is handled in the order it was sent, one at a time', async () => {
  const queue = await openQueue();
  const { handler, seen, told } = recorder(() => new Promise(setImmediate));
  const done = told('end third');
  await queue.work('embed', 1, handler);
  for (const jobId of ['first', 'second', 'third']) await queue.send('embed', [{ jobId }]);
  await done;
  expect(seen).toEqual(['begin first', 'end first', 'begin second', 'end second', 'begin third', 'end third']);
});

test('as many entries as are allowed run at once', async () => {
  const queue = await openQueue();
  const both = new EventEmitter();
  let running = 0;
  const { handler, told } = recorder(async () => {
    running += 1;
    if (running === 2) both.emit('together');
    else await once(both, 'together');
  });
  const done = told('end second');
  await queue.send('embed', [{ jobId: 'first' }, { jobId: 'second' }]);
  await queue.work('embed', 2, handler);
  await done;
});

test('another process hears at once of work that is sent', async () => {
  const [sender, worker] = [await openQueue(), await openQueue()];
  const { handler, told } = recorder();
  const idle = told('end earlier');
  await worker.work('caption', 1, handler);
  await sender.send('caption', [{ jobId: 'earlier' }]);
  await idle;
  const done = told('end later');
  await sender.send('caption', [{ jobId: 'later' }]);
  await done;
});

test('a training that waited while no server ran is handled by the next', async () => {
  const before = await openQueue();
  await trainingQueue(before).send(job('patient'));
  await before.close();
  const events = new EventEmitter();
  const handled = once(events, 'handled');
  await trainingQueue(await openQueue()).work((id) => {
    events.emit('handled', id);
    return Promise.resolve();
  });
  expect(await handled).toEqual(['patient']);
});

test('a training waits in the queue once, however often it is sent', async () => {
  const training = trainingQueue(await openQueue());
  for (const name of ['same', 'same', 'last']) await training.send(job(name));
  const events = new EventEmitter();
  const done = once(events, 'done');
  const seen: string[] = [];
  await training.work((id) => {
    seen.push(id);
    if (id === 'last') events.emit('done');
    return Promise.resolve();
  });
  await done;
  expect(seen).toEqual(['same', 'last']);
});

test('what fails is tried again after a while', async () => {
  const queue = await openQueue();
  let tries = 0;
  const { handler, seen, told } = recorder(() => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error('the network was gone')) : Promise.resolve();
  });
  const done = told('end stubborn');
  await queue.work('evaluate', 1, handler);
  await queue.send('evaluate', [{ jobId: 'stubborn' }]);
  await done;
  expect(seen).toEqual(['begin stubborn', 'begin stubborn', 'end stubborn']);
  expect(await queue.deadLetters(10)).toEqual([]);
});

test('tries before one that got further do not count: work of hours outlives any number of lost workers', async () => {
  const queue = await openQueue();
  await queue.send('import', [{ jobId: 'long' }]);
  const tries = `SELECT retry_count AS count FROM pgboss.job WHERE name = 'import' AND data->>'jobId' = 'long'`;
  // As workers leave it that were lost: the next try is the last.
  await store.executeSql(
    `UPDATE pgboss.job SET retry_count = retry_limit - 1, started_on = now() WHERE name = 'import' AND data->>'jobId' = 'long'`,
    [],
  );
  const counts: unknown[] = [];
  const seen: string[] = [];
  const events = new EventEmitter();
  const done = once(events, 'done');
  await queue.work('import', 1, {
    async handle(_, __, gotFurther) {
      if (counts.length > 0) {
        events.emit('done');
        return;
      }
      counts.push(...(await store.executeSql(tries)).rows);
      await gotFurther();
      counts.push(...(await store.executeSql(tries)).rows);
      throw new Error('the network was gone');
    },
    failed(_, error) {
      seen.push(String(error));
      return Promise.resolve();
    },
  });
  await done;
  expect(counts).toEqual([{ count: 9 }, { count: 0 }]);
  expect(seen).toEqual([]);
});

/** Loses workers over an entry that does nothing before they end, until it is given up. @returns how many */
async function losesUntilGivenUp(kind: string, jobId: string): Promise<number> {
  for (let lost = 1; ; lost += 1) {
    // As pg-boss hands an entry out, whatever its delay.
    await store.executeSql(
      `UPDATE pgboss.job SET state = 'active', started_on = now(),
         retry_count = CASE WHEN started_on IS NOT NULL THEN retry_count + 1 ELSE retry_count END
       WHERE name = $1 AND data->>'jobId' = $2 AND state < 'active'`,
      [kind, jobId],
    );
    const queue = await openQueue({ alone: true });
    const isGivenUp = (await queue.deadLetters(10, [jobId])).length > 0;
    if (isGivenUp) await queue.removeDeadLetters(kind, jobId);
    await queue.close();
    if (isGivenUp) return lost;
  }
}

test('workers that are lost before an import got anywhere count less than those over the same photo, and an end there is', async () => {
  const queue = await openQueue();
  await queue.send('import', [{ jobId: 'begun' }]);
  const events = new EventEmitter();
  const gotFurther = once(events, 'further');
  await queue.work('import', 1, {
    async handle(_, signal, further) {
      await further();
      const ends = once(signal, 'abort');
      events.emit('further');
      await ends;
      throw new Error('the server ends');
    },
    failed: () => Promise.resolve(),
  });
  await gotFurther;
  await queue.close();
  const idle = await openQueue();
  await idle.send('import', [{ jobId: 'restarted' }]);
  await idle.send('embed', [{ jobId: 'divided' }]);
  await idle.close();
  expect(await losesUntilGivenUp('import', 'restarted')).toBe(10);
  expect(await losesUntilGivenUp('import', 'begun')).toBe(5);
  expect(await losesUntilGivenUp('embed', 'divided')).toBe(5);
});

test('an import that fails is not tried as often as one whose workers are lost', async () => {
  const queue = await openQueue();
  const { handler } = recorder(() => Promise.reject(new Error('the folder is away')));
  await queue.send('import', [{ jobId: 'failing' }]);
  await queue.work('import', 1, handler);
  const failed = `SELECT retry_limit AS retries FROM pgboss.job WHERE data->>'jobId' = 'failing' AND output IS NOT NULL`;
  await expect.poll(async () => (await store.executeSql(failed, [])).rows).toEqual([{ retries: 4 }]);
  await queue.withdraw('import', 'failing');
});

test('what another try would not mend is a dead letter at once, with its error, until it is removed', async () => {
  const queue = await openQueue();
  const { handler, seen, told } = recorder(() =>
    Promise.reject(new EkphrasisError(ErrorCode.InvalidDataset, 'There is no photo.')),
  );
  const failed = told('failed hopeless: There is no photo.');
  await queue.work('import', 1, handler);
  await queue.send('import', [{ jobId: 'hopeless' }]);
  await failed;
  await queue.stop('import');
  expect(seen).toEqual(['begin hopeless', 'failed hopeless: There is no photo.']);
  const letter = {
    kind: 'import',
    work: { jobId: 'hopeless' },
    message: 'There is no photo.',
    code: 'INVALID_DATASET',
  };
  expect(await queue.deadLetters(10)).toMatchObject([letter]);
  expect(await queue.deadLetters(10, ['another'])).toEqual([]);
  await queue.removeDeadLetters('import', 'hopeless');
  expect(await queue.deadLetters(10)).toEqual([]);
});

test('a worker that ends gives back what it holds, and that is no failed try', async () => {
  const [first, second] = [await openQueue(), await openQueue()];
  const slow = recorder((_, signal) =>
    once(signal, 'abort').then(() => {
      signal.throwIfAborted();
    }),
  );
  const begun = slow.told('begin handed over');
  await first.work('reindex', 1, slow.handler);
  await first.send('reindex', [{ jobId: 'handed over' }]);
  await begun;
  await first.close();
  const { rows } = await store.executeSql(
    `SELECT state, retry_limit - retry_count AS tries FROM pgboss.job WHERE name = 'reindex'`,
    [],
  );
  expect(rows).toEqual([{ state: 'retry', tries: 5 }]);
  const quick = recorder();
  const done = quick.told('end handed over');
  await second.work('reindex', 1, quick.handler);
  await done;
});

test('a worker that gives no sign of life loses its work to another', async () => {
  const [dead, living] = [await openQueue(), await openQueue({ lease: 2 })];
  const { handler, told } = recorder();
  await living.send('embed', [{ jobId: 'abandoned' }]);
  // As a killed worker leaves it: taken, and never heard of again.
  await store.executeSql(
    `UPDATE pgboss.job SET state = 'active', started_on = now() WHERE name = 'embed' AND data->>'jobId' = 'abandoned'`,
    [],
  );
  await dead.close();
  const done = told('end abandoned');
  await living.work('embed', 1, handler);
  await done;
});

test('a worker that takes longer than the lease but lives keeps its work', async () => {
  const [slow, idle] = [await openQueue({ lease: 2 }), await openQueue({ lease: 2 })];
  const long = recorder(() => new Promise((resolve) => setTimeout(resolve, 3500)));
  const other = recorder();
  const [begun, done] = [long.told('begin long'), long.told('end long')];
  await slow.work('embed', 1, long.handler);
  await slow.send('embed', [{ jobId: 'long' }]);
  await begun;
  await idle.work('embed', 1, other.handler);
  await done;
  expect([...long.seen, ...other.seen]).toEqual(['begin long', 'end long']);
});

test('where no other process can be, what ran at the start is taken up at once', async () => {
  const before = await openQueue();
  await before.send('caption', [{ jobId: 'interrupted' }]);
  await store.executeSql(
    `UPDATE pgboss.job SET state = 'active', started_on = now() WHERE name = 'caption' AND data->>'jobId' = 'interrupted'`,
    [],
  );
  const { handler, told } = recorder();
  const done = told('end interrupted');
  await (await openQueue({ alone: true })).work('caption', 1, handler);
  await done;
});

test('what waits of a job can be withdrawn', async () => {
  const queue = await openQueue();
  await queue.send('embed', [{ jobId: 'cancelled' }, { jobId: 'wanted' }]);
  await queue.withdraw('embed', 'cancelled');
  const { handler, seen, told } = recorder();
  const done = told('end wanted');
  await queue.work('embed', 1, handler);
  await done;
  expect(seen).toEqual(['begin wanted', 'end wanted']);
});

test('an idle queue leaves the database alone', async () => {
  const queue = await openQueue();
  const { handler, told } = recorder();
  const first = told('end only');
  await queue.work('embed', 1, handler);
  await queue.send('embed', [{ jobId: 'only' }]);
  await first;
  await new Promise((resolve) => setTimeout(resolve, 500));
  statements = [];
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(statements).toEqual([]);
});

test('on a full disk nothing is begun, and what failed for want of room waits and is done again without losing a try', async () => {
  const full = new FreeSpace(tmpdir(), 2 ** 52);
  let isFull = false;
  const queue = await openQueue({ space: () => (isFull ? full : store.space) });
  let tries = 0;
  const { handler, seen, told } = recorder(async () => {
    tries += 1;
    if (tries > TRIES) return;
    isFull = true;
    await full.claim(1);
  });
  await queue.work('train', 1, handler);
  await queue.send('train', [{ jobId: 'roomy' }]);
  for (let fails = 1; fails <= TRIES; fails += 1) {
    while (tries < fails) await wait(10);
    await wait(100);
    expect(tries).toBe(fails);
    isFull = false;
  }
  if (!seen.includes('end roomy')) await told('end roomy');
  expect(seen.filter((what) => what.startsWith('failed'))).toEqual([]);
});

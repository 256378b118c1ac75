import { EventEmitter, once } from 'node:events';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TrainingJobId } from '../../src/ids.js';
import { type SqlRunner, TrainingQueue } from '../../src/jobs/queue.js';

let database: PGlite;
let statements: string[] = [];
const open: TrainingQueue[] = [];

/** The store's adapter in small: pg-boss sends several statements at once when there are no values. */
const sql: SqlRunner = {
  async executeSql(text, values) {
    statements.push(text);
    if (values) return database.query(text, values);
    return (await database.exec(text)).find(({ rows }) => rows.length > 0) ?? { rows: [] };
  },
};

async function openQueue() {
  const queue = await TrainingQueue.open(sql, (error) => {
    throw error;
  });
  open.push(queue);
  return queue;
}

const job = (name: string) => name as TrainingJobId;

beforeAll(() => {
  database = new PGlite();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close()));
});
afterAll(() => database.close());

test('jobs are handled in the order they were sent, one at a time', async () => {
  const queue = await openQueue();
  const events = new EventEmitter();
  const done = once(events, 'done');
  const seen: string[] = [];
  await queue.work(async (id) => {
    seen.push(`begin ${id}`);
    await new Promise(setImmediate);
    seen.push(`end ${id}`);
    if (id === 'third') events.emit('done');
  });
  for (const name of ['first', 'second', 'third']) await queue.send(job(name));
  await done;
  expect(seen).toEqual(['begin first', 'end first', 'begin second', 'end second', 'begin third', 'end third']);
});

test('a job that waited while no server ran is handled by the next', async () => {
  const before = await openQueue();
  await before.send(job('patient'));
  await before.close();
  const after = await openQueue();
  const events = new EventEmitter();
  const handled = once(events, 'handled');
  await after.work(async (id) => {
    events.emit('handled', id);
    await Promise.resolve();
  });
  expect(await handled).toEqual(['patient']);
});

test('a job waits in the queue once, however often it is sent', async () => {
  const queue = await openQueue();
  for (const name of ['same', 'same', 'last']) await queue.send(job(name));
  const events = new EventEmitter();
  const done = once(events, 'done');
  const seen: string[] = [];
  await queue.work(async (id) => {
    seen.push(id);
    if (id === 'last') events.emit('done');
    await Promise.resolve();
  });
  await done;
  expect(seen).toEqual(['same', 'last']);
});

test('an idle queue leaves the database alone', async () => {
  const queue = await openQueue();
  await queue.work(() => Promise.resolve());
  await new Promise((resolve) => setTimeout(resolve, 500));
  statements = [];
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(statements).toEqual([]);
});

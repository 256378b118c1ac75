import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { FreeSpace } from '../../src/files/free-space.js';
import { isDatabaseLoss, toDatabaseFailure } from '../../src/store/database-loss.js';
import { useOf } from '../../src/store/guarded-writes.js';
import { createStore } from '../../src/store/store.js';
import { openTestDatabase } from './open-test-store.js';
import { newImage } from './records.js';

test.each([
  ['SELECT 1', undefined],
  ['  WITH found AS (SELECT 1) SELECT * FROM found', undefined],
  ['EXPLAIN (FORMAT JSON) SELECT 1', undefined],
  [`SELECT pg_notify($1, $2)`, undefined],
  ['INSERT INTO "public"."Image" ("id") VALUES ($1)', 'growth'],
  ['WITH given AS (SELECT 1) INSERT INTO "Job" SELECT * FROM given', 'growth'],
  ['SELECT "createVectorIndex"($1, $2, $3, $4)', 'growth'],
  ['UPDATE "public"."Job" SET "state" = $1', 'upkeep'],
  ['WITH next AS (SELECT id FROM pgboss.job FOR UPDATE SKIP LOCKED) UPDATE pgboss.job SET state = $1', 'upkeep'],
  ['DELETE FROM "public"."Image" WHERE true', 'upkeep'],
  ['CREATE TABLE IF NOT EXISTS "somewhere" ()', 'upkeep'],
  ['VACUUM', 'upkeep'],
])('%s', (sql, use) => {
  expect(useOf(sql)).toBe(use);
});

describe('on a disk with less than its reserve', () => {
  test('nothing new is stored, while what is there is read, found, changed and removed', async () => {
    const { freeBytes } = await new FreeSpace(tmpdir()).state();
    const database = await openTestDatabase(new FreeSpace(tmpdir(), 1));
    const store = await createStore(database);
    try {
      const [kept, removed] = await store.images.add([newImage('kept'), newImage('removed')]);
      if (!kept || !removed) throw new Error('two photos were stored');
      const job = await store.jobs.create({ kind: 'embed', settings: {} });
      // As if the disk had filled up.
      Object.assign(store.space, { reserve: Math.round(freeBytes * 1.5) });
      const full = { code: 'STORAGE_FAILED', message: expect.stringContaining('nearly full') as string };
      await expect(store.images.add([newImage('new')])).rejects.toMatchObject(full);
      await expect(store.jobs.create({ kind: 'embed', settings: {} })).rejects.toMatchObject(full);
      expect(await store.images.find(kept.id)).toMatchObject({ name: 'kept' });
      expect(await store.captionSearch.search({ text: 'dog', limit: 5 })).toEqual([]);
      expect(await store.jobs.begin(job.id)).toMatchObject({ state: 'RUNNING' });
      expect(await store.images.delete(removed.id)).toBe(true);
      Object.assign(store.space, { reserve: 1 });
      expect(await store.images.add([newImage('new')])).toMatchObject([{ isNew: true }]);
    } finally {
      await store.close();
    }
  });
});

test.each([
  ['53100', 'STORAGE_FAILED', /disk of the database is full/],
  ['53200', 'DATABASE_UNAVAILABLE', /out of memory/],
  ['53300', 'DATABASE_UNAVAILABLE', /no connection free/],
  ['57P01', 'DATABASE_UNAVAILABLE', /shut down or started/],
  ['ECONNREFUSED', 'DATABASE_UNAVAILABLE', /does not answer/],
])('what PostgreSQL calls %s is %s', (postgres, code, message) => {
  const error = Object.assign(new Error('could not extend file'), { code: postgres });
  const failure = toDatabaseFailure(error);
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(isDatabaseLoss(failure)).toBe(code === 'DATABASE_UNAVAILABLE');
});

test('a wrong statement is thrown as it is', () => {
  const error = Object.assign(new Error('syntax error'), { code: '42601' });
  expect(toDatabaseFailure(error)).toBe(error);
});

/** A database that is too busy for a transaction, by Prisma's own limits. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.js';
import { createStore, type Store } from '../../src/store/store.js';
import { openTestDatabase } from './open-test-store.js';

/** More than there are connections; the embedded database has one. */
const TRANSACTIONS = 12;

const refusal = { code: 'DATABASE_UNAVAILABLE', message: 'The database does not answer. Try again in a moment.' };

let database: Database;
let store: Store;
beforeAll(async () => {
  database = await openTestDatabase();
  store = await createStore(database);
});
afterAll(() => store.close());

/** Begins so many transactions that there is room for no other, until they are let go. */
function occupy(): () => Promise<unknown> {
  let letGo = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const held = Array.from({ length: TRANSACTIONS }, () =>
    database.prisma.$transaction(() => released, { maxWait: 30_000, timeout: 30_000 }),
  );
  return () => {
    letGo();
    return Promise.all(held);
  };
}

test('a transaction that the database is too busy to begin says so by its code', async () => {
  const release = occupy();
  try {
    const write = () => database.prisma.$transaction((own) => own.model.count(), { maxWait: 100 });
    await expect(write()).rejects.toMatchObject({ ...refusal, cause: { code: 'P2028' } });
  } finally {
    await release();
  }
  expect(await database.prisma.$transaction((own) => own.model.count(), { maxWait: 5000 })).toBe(0);
});

test('one that lasts too long is undone, and says so', async () => {
  const write = () =>
    database.prisma.$transaction(
      async (own) => {
        await own.dataset.create({ data: { name: 'slow', origin: 'slow', format: 'folder' } });
        await wait(500);
        await own.dataset.count();
      },
      { timeout: 100 },
    );
  await expect(write()).rejects.toMatchObject({ ...refusal, cause: { code: 'P2028' } });
  expect(await database.prisma.dataset.count()).toBe(0);
});

test('a machine that computes has more patience than the five seconds of Prisma', async () => {
  const counted = database.prisma.$transaction(async (own) => {
    await wait(5500);
    return own.dataset.count();
  });
  // It waits for more than two seconds to begin.
  const next = database.prisma.$transaction((own) => own.dataset.count());
  expect(await Promise.all([counted, next])).toEqual([0, 0]);
});

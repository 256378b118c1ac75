/** Locks by name: of one process on the embedded database, of several connections on a Postgres. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Locks } from '../../src/store/locks.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from './open-test-store.js';

let store: Store;
let locks: Locks;
beforeAll(async () => {
  store = await openTestStore();
  ({ locks } = store);
});
afterAll(() => store.close());

test('what is shared by two is held until both have let go; letting go twice is once', async () => {
  const [first, second] = [await locks.share(['photos', 'model']), await locks.share(['photos'])];
  expect(await locks.held(['model', 'photos', 'others'])).toEqual(['model', 'photos']);
  await first();
  await first();
  expect(await locks.held(['model', 'photos'])).toEqual(['photos']);
  await second();
  expect(await locks.held(['model', 'photos'])).toEqual([]);
});

test('whoever wants to be alone waits for those before and is waited for by those after', async () => {
  const order: string[] = [];
  const first = await locks.share(['photos']);
  const alone = locks.alone('photos').then((release) => {
    order.push('alone');
    return release;
  });
  // Its turn is before theirs who come later, so it is not kept waiting for ever.
  await isWaitedFor();
  const later = locks.share(['photos']).then((release) => {
    order.push('later');
    return release;
  });
  order.push('first lets go');
  await first();
  const release = await alone;
  order.push('alone lets go');
  await release();
  await (
    await later
  )();
  expect(order).toEqual(['first lets go', 'alone', 'alone lets go', 'later']);
});

/** The wish to be alone has reached the database. */
async function isWaitedFor(): Promise<void> {
  for (;;) {
    const { rows } = await store.executeSql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", []);
    if (rows.length > 0 || process.env['TEST_DATABASE_URL'] === undefined) return;
  }
}

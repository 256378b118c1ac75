/** What becomes of the embedded database when its thread ends, or stands. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FreeSpace } from '../../src/files/free-space.js';
import { DatabaseThread } from '../../src/store/database-thread.js';
import { ThreadKeeper } from '../../src/store/thread-keeper.js';
import { preparedData, prepareDataFolder } from './open-test-store.js';

const SPIN = 'DO $$ BEGIN LOOP END LOOP; END $$';

let directory: string;
let folder: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-thread-'));
  folder = join(directory, 'database');
  await prepareDataFolder(directory);
});
afterEach(() => rm(directory, { recursive: true }));

test('a thread that ended is replaced: what was committed is there, what was under way fails, and notices are heard again', async () => {
  const troubles: unknown[] = [];
  const keeper = await ThreadKeeper.open({ folder }, new FreeSpace(directory, 1), (error) => troubles.push(error));
  try {
    const heard: string[] = [];
    await keeper.listen('some_channel', (payload) => heard.push(payload));
    const first = await keeper.thread();
    await first.call('exec', undefined, 'CREATE TABLE kept (word text)');
    await first.call('query', undefined, 'INSERT INTO kept VALUES ($1)', ['committed']);
    const transaction = await first.call('begin');
    await first.call('query', transaction, 'INSERT INTO kept VALUES ($1)', ['under way']);
    const fails = expect(first.call('exec', transaction, SPIN)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await first.end('a test ends it');
    await fails;
    await expect(first.call('commit', transaction)).rejects.toThrow('a test ends it');

    const second = await keeper.thread();
    expect(second).not.toBe(first);
    expect((await second.call('query', undefined, 'SELECT word FROM kept', [])).rows).toEqual([{ word: 'committed' }]);
    await second.call('query', undefined, `SELECT pg_notify('some_channel', 'again')`, []);
    expect(heard).toEqual(['again']);
    expect(troubles).toMatchObject([{ code: 'DATABASE_UNAVAILABLE' }]);
  } finally {
    await keeper.close();
  }
});

test('a database that cannot be started again fails at once, and is started when it can', async () => {
  const aside = join(directory, 'aside');
  const keeper = await ThreadKeeper.open({ folder }, new FreeSpace(directory, 1));
  try {
    const first = await keeper.thread();
    await cp(folder, aside, { recursive: true });
    await rm(join(folder, 'global'), { recursive: true });
    await first.end('a test ends it');
    await first.ended;
    await expect(keeper.thread()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('could not be started again') as string,
    });
    await cp(aside, folder, { recursive: true });
    for (;;) {
      const thread = await keeper.thread().catch(() => undefined);
      if (thread?.alive) break;
      await wait(200);
    }
  } finally {
    await keeper.close();
  }
});

test('a thread that stands at a statement is seen to stand, and can be ended', async () => {
  let [longest, ended] = [0, false];
  const thread = await DatabaseThread.start(
    { archive: await preparedData() },
    {
      onNotification: () => undefined,
      onStanding: (seconds, standing) => {
        if (!standing.isOpen) return;
        longest = Math.max(longest, seconds);
        if (seconds < 1 || ended) return;
        ended = true;
        void standing.end('it stood');
      },
    },
  );
  await expect(thread.call('exec', undefined, SPIN)).rejects.toThrow('it stood');
  expect(longest).toBeGreaterThanOrEqual(1);
});

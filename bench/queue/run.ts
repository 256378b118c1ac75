/**
 * How many entries a second the queue hands out, when the work itself is nothing: what limits very many small parts.
 *
 *     npx tsc -p bench/queue && node dist/bench/bench/queue/run.js [ENTRIES]
 *
 * On an embedded database of its own in memory, or with DATABASE_URL on that Postgres (in the schema pgboss, whose
 * entries of the queue `reindex` it handles).
 */
import { randomUUID } from 'node:crypto';
import { cpus, tmpdir } from 'node:os';
import { JobQueue } from '../../src/queue/queue.js';
import { QUEUES } from '../../src/queues.js';
import { FreeSpace } from '../../src/files/free-space.js';
import { openInMemory } from '../../src/store/embedded.js';
import { openPostgres } from '../../src/store/postgres.js';
import { createStore } from '../../src/store/store.js';

const entries = Number(process.argv[2] ?? 2000);
const space = new FreeSpace(tmpdir());
const url = process.env['DATABASE_URL'];

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${url === undefined ? 'embedded' : 'Postgres'}`,
);
for (const concurrency of [1, 2, 8]) {
  const store = await createStore(url === undefined ? await openInMemory(space) : await openPostgres(url, space));
  const queue = await JobQueue.open(store, { queues: QUEUES, alone: false, lease: 60, onError: console.error });
  const started = performance.now();
  for (let sent = 0; sent < entries; sent += 64) {
    await queue.send(
      'reindex',
      Array.from({ length: Math.min(64, entries - sent) }, () => ({ jobId: randomUUID() })),
    );
  }
  const sent = performance.now();
  await new Promise<void>((resolve) => {
    let handled = 0;
    void queue.work('reindex', concurrency, {
      handle: () => {
        handled += 1;
        if (handled === entries) resolve();
        return Promise.resolve();
      },
      failed: () => Promise.resolve(),
    });
  });
  const rate = (from: number, to: number) => ((1000 * entries) / (to - from)).toFixed(0);
  console.log(
    `${concurrency} at a time: ${rate(started, sent)} entries/s sent, ${rate(sent, performance.now())} entries/s handled`,
  );
  await queue.close();
  await store.close();
}

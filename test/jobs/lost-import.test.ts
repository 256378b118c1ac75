/** An import whose workers were lost: it goes on as long as it gets further, and is given up where it does not. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from '../collection/seeing.js';
import { openTestServer, type TestServer } from '../api/test-server.js';

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lost-import-'));
  for (const [index, name] of ['first', 'second'].entries()) {
    await mkdir(join(folder, name));
    for (const place of [1, 2]) await writeFile(join(folder, name, `${place}.png`), await picture(2 * index + place));
  }
  server = await openTestServer();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('only a try that got further than those before has them forgotten', async () => {
  const { application } = server;
  const { jobs, store } = application;
  const tries = new Map<number, unknown>();
  const started = [];
  // As workers leave it that were lost after so many of two photos: three tries are gone, and the fourth is to come.
  for (const [name, done] of [
    ['first', 1],
    ['second', 2],
  ] as const) {
    const { id } = await jobs.importFolder(join(folder, name));
    await store.jobs.begin(id);
    await store.jobs.progress(id, done, 2);
    await store.executeSql('UPDATE pgboss.job SET retry_count = 3, started_on = now() WHERE id = $1::uuid', [id]);
    started.push({ id, done });
  }
  await application.work({ kinds: ['import'] });
  for (const { id, done } of started) {
    let state = '';
    for await (const job of jobs.progress(id)) ({ state } = job);
    expect(state).toBe('SUCCEEDED');
    const { rows } = await store.executeSql('SELECT retry_count AS count FROM pgboss.job WHERE id = $1::uuid', [id]);
    tries.set(done, rows[0]);
  }
  expect(tries).toEqual(
    new Map([
      [1, { count: 0 }],
      [2, { count: 4 }],
    ]),
  );
});

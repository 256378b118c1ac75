/** The built program as a process of its own. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ended, type Environment, environmentIn, lineOf, run, start } from './command-line.js';

// The first command makes a database on disk: seconds in peace, half a minute beside other work.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let env: Environment;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-process-'));
  env = environmentIn(folder);
});
afterAll(() => rm(folder, { recursive: true }));

test('a server greets, answers, keeps its data to itself, and ends in order when it is told to', async () => {
  const server = start(env, 'serve');
  try {
    const greeting = await lineOf(server.stdout);
    const [, url] = /^GraphQL is at (http:\/\/127\.0\.0\.1:\d+\/graphql)\. Try: curl /.exec(greeting) ?? [];
    const body = JSON.stringify({ query: '{ searchImages(text: "dog") { edges { node { caption } } } }' });
    const response = await fetch(url ?? '', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(await response.json()).toEqual({ data: { searchImages: { edges: [] } } });

    const refused = await run(env, ['search', 'dog']);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toMatch(new RegExp(`^DATABASE_LOCKED: .* in use by process ${server.pid ?? 0}\\..*\n$`));
  } finally {
    server.kill('SIGTERM');
  }
  expect(await once(server, 'exit')).toEqual([0, null]);
  expect(await run(env, ['search', 'dog'])).toMatchObject({ exitCode: 0 });
});

test('a data folder that is a file is refused with what is wrong', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { exitCode, stderr } = await run({ ...env, EKPHRASIS_DATA: file }, ['search', 'dog']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^STORAGE_FAILED: .*file.* cannot be written: a file stands where a folder is needed\.\n$/);
});

test('output that nobody reads any more ends no command with a crash', async () => {
  const program = start(env, '--help');
  program.stdout.destroy();
  expect(await ended(program)).toMatchObject({ exitCode: 0, stderr: '' });
});

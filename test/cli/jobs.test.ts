import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/program.js';
import { prepareDataFolder } from '../store/open-test-store.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-cli-jobs-'));
  await prepareDataFolder(directory);
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs a command with an embedded database of its own. */
async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, error] = [text(stdout), text(stderr)];
  const env = {
    EKPHRASIS_DATA: directory,
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
  };
  const code = await runCommandLine(args, { stdout, stderr, env, signal: new AbortController().signal });
  stdout.end();
  stderr.end();
  return { code, out: await out, error: await error };
}

test.each([
  ['worker'],
  ['serve', '--no-worker'],
  ['import', 'scenes', '--queue'],
  ['evaluate', '--queue'],
  ['metadata', 'refresh', '--queue'],
])('%s %s needs a database that other processes can reach, and says which', async (...args) => {
  const { code, out, error } = await run(...args);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(error).toMatch(/^INVALID_CONFIGURATION: .*ekphrasis serve.*DATABASE_URL/);
});

test('a queue that there is not is a mistake of the command line, which names those there are', async () => {
  const { code, error } = await run('worker', '--queues', 'train,dream');
  expect(code).toBe(2);
  expect(error).toContain(
    'There is no queue dream: there are train, import, scan-library, embed, caption, evaluate, reindex, export-xmp, refresh-metadata, webhook',
  );
});

test.each([[[]], [['--dead']]])('where there are no jobs the list %j is empty', async (options) => {
  expect(await run('jobs', ...options, '--json')).toMatchObject({ code: 0, out: '[]\n' });
});

test.each(['retry', 'cancel'])('there is nothing to %s in an unknown job', async (command) => {
  expect(await run('jobs', command, 'nothing')).toMatchObject({
    code: 1,
    out: '',
    error: 'NOT_FOUND: There is no job nothing.\n',
  });
});

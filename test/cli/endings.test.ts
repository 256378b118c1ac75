/** How commands end, and what they have said by then: done, refused, interrupted, unread. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runCommandLine } from '../../src/cli/program.js';
import { type CommandLine, openCommandLine, writeFlickr } from './command-line.js';

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine();
});
afterAll(() => line.close());

test('a folder that cannot be imported is refused in one line, without progress of nothing', async () => {
  const { code, stdout, stderr } = await line.run('import', join(line.directory, 'nowhere'));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^INVALID_DATASET: There is no folder .*\n$/);
});

test('an interrupted import ends at once, and what it imported stays', async () => {
  const controller = new AbortController();
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  let shown = '';
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (/ [1-9]\d* of 1300 photos/.test(shown)) controller.abort();
  });
  const env = {
    EKPHRASIS_DATA: join(line.directory, 'data'),
    EKPHRASIS_CACHE: line.directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
  };
  expect(await runCommandLine(['import', 'scenes'], { stdout, stderr, env, signal: controller.signal })).toBe(130);
  stdout.end();
  expect(await text(stdout)).toBe('');
  expect(shown).not.toContain('INTERNAL_ERROR');
  expect((await line.run('search', 'circles or squares or triangles', '--json')).stdout).toContain('scene-1-');
});

const epochSchema = z.strictObject({
  epoch: z.number(),
  loss: z.number(),
  learningRate: z.number(),
  seconds: z.number(),
  validationSeconds: z.number(),
  imagesPerSecond: z.number(),
  secondsLeft: z.number(),
  bleu: z.array(z.number()).length(4),
  cider: z.number(),
  reward: z.null(),
  retrieval: z.null(),
  best: z.boolean(),
  samples: z.array(z.object({ image: z.string(), caption: z.string() })),
});

test('a training shows every step as done, and its JSON names no file that is gone; the next begins anew', async () => {
  const folder = join(line.directory, 'flickr');
  await writeFlickr(folder, { train: 16, dev: 4 });
  expect(await line.run('import', folder)).toMatchObject({ code: 0 });
  const settings = ['--epochs', '1', '--batch-images', '8'];
  const first = await line.run('train', ...settings, '--json');
  expect(first.code, first.stderr).toBe(0);
  const told = z.strictObject({
    job: z.string(),
    model: z.string(),
    epochs: z.array(epochSchema),
    outcome: z.looseObject({ used: z.boolean(), sentence: z.string() }),
  });
  const { epochs, outcome } = told.parse(JSON.parse(first.stdout));
  expect(outcome).toMatchObject({
    used: true,
    sentence: expect.stringContaining('It captions from now on.') as string,
  });
  expect(epochs.map(({ epoch, best }) => ({ epoch, best }))).toEqual([{ epoch: 1, best: true }]);
  expect(first.stderr).toMatch(/^Epoch 1 of 1: (\d+) of \1 steps/m);

  const second = await line.run('train', ...settings, '--seed', '2');
  expect(second.code, second.stderr).toBe(0);
  expect(second.stdout).toMatch(
    /^Model (\S+) is the best of 1 epoch\. The new model is .* on 4 held-out photos of .* It is kept and not used\. Use it with: ekphrasis models use \1\n$/,
  );
  expect(second.stderr.match(/^Epoch 1: loss/gm)).toHaveLength(1);

  const third = await line.run('train', '--from', 'current', '--phases', 'self-critical:1', '--batch-images', '8');
  expect(third.code, third.stderr).toBe(0);
  expect(third.stderr).toMatch(/^Epoch 1: loss \S+, dev BLEU \S+, CIDEr-D \S+, reward \S+/m);
  expect(await line.run('train', '--phases', 'self-critical:1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('begin with a phase of CROSS_ENTROPY') as string,
  });

  const search = await line.run('train', '--task', 'search', ...settings);
  expect(search.code, search.stderr).toBe(0);
  expect(search.stdout).toMatch(
    /^Model \S+ is the best of 1 epoch\. There was no search model to compare the new one with\. It answers once it has embedded every photo\.\n$/,
  );
  expect(search.stderr).toMatch(
    /^Epoch 1: loss \S+, dev R@1\/5\/10 \S+ of photos by captions, \S+ of captions by photos \(best\)/m,
  );
  expect(search.stderr).toMatch(/^Embedding the collection: (\d+) of \1 photos/m);
  expect((await line.run('search', 'circle', '--mode', 'semantic', '--json')).stdout).toContain('"name": "semantic"');
});

test('a folder in place of a photo is refused by what to do instead', async () => {
  const { code, stderr } = await line.run('caption', line.directory);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `${line.directory}: BAD_USER_INPUT: This is a folder. Name its photos, or import it: ekphrasis import FOLDER.`,
  );
});

test('settings of a training that cannot be used are refused before its data set is imported', async () => {
  const { code, stderr } = await line.run(
    'train',
    '--dataset',
    join(line.directory, 'nowhere'),
    '--epochs',
    '3',
    '--phases',
    'cross-entropy:2',
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^BAD_USER_INPUT: .*epochs: the phases have 2 epochs/);
});

test('a data folder that is a file is refused by what is wrong', async () => {
  const file = join(line.directory, 'file');
  await writeFile(file, '');
  const { code, stderr } = await line.runWith({ EKPHRASIS_DATA: file }, 'search', 'dog');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^STORAGE_FAILED: .* cannot be written: a file stands where a folder is needed\.\n$/);
});

test('a command whose output nobody reads any more ends in order', async () => {
  const program = line.start('--help');
  program.stdout.destroy();
  const [complaints] = await Promise.all([text(program.stderr), once(program, 'exit')]);
  expect({ code: program.exitCode, complaints }).toEqual({ code: 0, complaints: '' });
});

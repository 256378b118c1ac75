/** A training that is interrupted on the command line, and gone on with there. */
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { pino } from 'pino';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { PERSON } from '../../src/store/split-rules.js';
import { TRAINING_SPLITS } from '../../src/splits.js';
import { runCommandLine } from '../../src/cli/program.js';
import { type CommandLine, openCommandLine, writeFlickr } from './command-line.js';

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine();
});
afterAll(() => line.close());

const outcomeSchema = z.object({
  job: z.string(),
  epochs: z.array(z.object({ epoch: z.number(), learningRate: z.number() })),
});

test('an interrupted training is paused and says how to go on; it does so after its last finished epoch', async () => {
  const controller = new AbortController();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let shown = '';
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown.includes('Epoch 1: loss')) controller.abort();
  });
  const folder = join(line.directory, 'flickr');
  await writeFlickr(folder, { train: 8, dev: 2 });
  const args = ['train', '--epochs', '2', '--batch-images', '8', '--dataset', folder];
  expect(await runCommandLine(args, { stdout, stderr, env: line.env, signal: controller.signal })).toBe(130);
  const id = /ekphrasis train --resume (\S+)$/m.exec(shown)?.[1] ?? '';
  expect(shown).not.toContain('INTERNAL_ERROR');
  expect((await line.run('jobs')).stdout).toMatch(new RegExp(`^${id}  train  PAUSED  .*, epoch \\d of 2$`, 'm'));
  expect(await line.run('jobs', 'pause', id)).toMatchObject({
    code: 1,
    stderr: 'CONFLICT: The training is paused already.\n',
  });

  const resumed = await line.run('train', '--resume', id, '--learning-rate', '0.0005', '--json');
  expect(resumed.code, resumed.stderr).toBe(0);
  const { job, epochs } = outcomeSchema.parse(JSON.parse(resumed.stdout));
  expect(job).toBe(id);
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(epochs.at(-1)?.learningRate).toBeLessThan(0.0005);
  expect(await line.run('train', '--resume', id)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^CONFLICT: .*succeeded/) as string,
  });
});

test.each([
  [['--resume', 'nothing'], 1, /^NOT_FOUND: There is no training job nothing/],
  [['--resume', 'nothing', '--epochs', '3'], 2, /--resume.*cannot be used with.*--epochs/],
])('train %j ends with %i', async (args, code, message) => {
  const outcome = await line.run('train', ...args);
  expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) as string });
});

test('train --task corrections says what is missing, and then teaches the captioner in use what people wrote', async () => {
  expect(await line.run('train', '--task', 'corrections')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^BAD_USER_INPUT: People have corrected the captions of 0 photos .* needs 50\. Correct 50 more\.\n$/,
    ) as string,
  });
  const folder = join(line.directory, 'corrected');
  await writeFlickr(folder, { train: 40, dev: 10 });
  expect(await line.run('import', folder)).toMatchObject({ code: 0 });
  const application = await openApplication(loadConfig(line.env), { log: pino({ level: 'silent' }) });
  const { name } = await application.currentModel();
  const { captions, peopleCaptions } = application.store;
  for await (const { id } of captions.captioned(TRAINING_SPLITS)) await peopleCaptions.add(id, 'a zebra', PERSON);
  await application.close();

  const taught = await line.run('train', '--task', 'corrections', '--epochs', '1', '--name', 'taught', '--json');
  expect(taught.code, taught.stderr).toBe(0);
  expect(outcomeSchema.parse(JSON.parse(taught.stdout)).epochs).toHaveLength(1);
  const listed = z
    .array(z.object({ name: z.string(), from: z.string().nullable() }).partial())
    .parse(JSON.parse((await line.run('models', '--json')).stdout));
  expect(listed.map((model) => model.name)).toEqual(expect.arrayContaining([name, 'taught']));
});

/** A training that is interrupted on the command line, and gone on with there. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
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

const repeatedSchema = z.object({
  job: z.string(),
  equal: z.boolean(),
  sameModel: z.boolean(),
  difference: z.object({ epoch: z.number(), was: z.number(), is: z.number() }).nullable(),
  data: z.array(z.string()),
  versions: z.array(z.string()),
});

test('a run that is exported is repeated with equal losses; one whose rate was changed on its way is not', async () => {
  const [resumed] = z.array(z.object({ id: z.string() })).parse(JSON.parse((await line.run('runs', '--json')).stdout));
  const folder = join(line.directory, 'run');
  expect(await line.run('runs', 'export', resumed?.id ?? '', '--out', folder)).toMatchObject({ code: 0, stderr: '' });
  const files = (await readdir(folder)).sort();
  expect(files).toEqual([
    'curves.csv',
    expect.stringMatching(/^events\.out\.tfevents\./) as string,
    'run.json',
    'samples.csv',
  ]);
  expect(await line.run('runs', 'export', resumed?.id ?? '', '--out', folder)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^CONFLICT: .*--out/) as string,
  });
  // Nothing half-written beside it.
  expect((await readdir(line.directory)).filter((name) => name.includes('partial'))).toEqual([]);

  const other = await line.run('runs', 'repeat', folder, '--json');
  expect(other.code, other.stderr).toBe(1);
  // The first loss is that of the first step, which no rate has changed.
  const differing = repeatedSchema.parse(JSON.parse(other.stdout));
  expect(differing).toMatchObject({ equal: false, sameModel: false, difference: { epoch: 2 }, data: [], versions: [] });

  const second = join(line.directory, 'second');
  await line.run('runs', 'export', differing.job, '--out', second);
  const again = await line.run('runs', 'repeat', join(second, 'run.json'), '--json');
  expect(again.code, again.stderr).toBe(0);
  expect(repeatedSchema.parse(JSON.parse(again.stdout))).toMatchObject({
    equal: true,
    sameModel: true,
    difference: null,
  });
  expect(again.stderr).toMatch(/Epoch 2: loss [\d.]+, equal\./);

  // A recipe in a file is trained on with flags in place of it, and read back whole.
  const config = ['train', '--config', join(second, 'run.json')];
  const trained = await line.run(...config, '--epochs', '1', '--dropout', '0.25', '--beam', '1');
  expect(trained).toMatchObject({ code: 2 });
  const short = await line.run(...config, '--epochs', '1', '--dropout', '0.25', '--name', 'short', '--json');
  expect(short.code, short.stderr).toBe(0);
  const third = join(line.directory, 'third');
  await line.run('runs', 'export', outcomeSchema.parse(JSON.parse(short.stdout)).job, '--out', third);
  const [earlier, now] = await Promise.all([second, third].map(recipeIn));
  expect(now).toEqual({ ...earlier, epochs: 1, dropout: 0.25, name: 'short' });
});

test('data that are not those of the run are told of before anything is trained', async () => {
  const file = join(line.directory, 'elsewhere.json');
  const run = z
    .looseObject({ provenance: z.looseObject({ data: z.record(z.string(), z.unknown()) }) })
    .parse(JSON.parse(await readFile(join(line.directory, 'second', 'run.json'), 'utf8')));
  const data = { ...run.provenance.data, captionsSha256: '0'.repeat(64), captionCount: 7 };
  await writeFile(file, JSON.stringify({ ...run, provenance: { ...run.provenance, data } }));
  expect(await line.run('runs', 'repeat', file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^CONFLICT: The captions differ: the run had 7, there are 50 now\. .*--anyway/m,
    ) as string,
  });
  await writeFile(file, '{}');
  expect(await line.run('runs', 'repeat', file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^BAD_USER_INPUT: .* holds no run/) as string,
  });
});

test.each([
  [{ learning_rate: 1, epochs: 0 }, /^BAD_USER_INPUT: .*learning_rate: .*epochs: /],
  [[], /^BAD_USER_INPUT: .*no JSON object/],
])('train --config refuses %j', async (recipe, message) => {
  const file = join(line.directory, 'bad.json');
  await writeFile(file, JSON.stringify(recipe));
  expect(await line.run('train', '--config', file)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(message) as string,
  });
});

async function recipeIn(folder: string): Promise<Record<string, unknown>> {
  return z
    .object({ recipe: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))).recipe;
}

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

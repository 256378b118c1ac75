/** The commands on one collection, in the order in which a person meets them. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { drawnPicture } from '../vision/pictures.js';
import { type Environment, environmentIn, run, writeFlickr8k } from './command-line.js';

// The first command makes a database on disk: seconds in peace, half a minute beside other work.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let env: Environment;
const inFolder = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-cli-'));
  env = environmentIn(folder);
  const [good, other] = await Promise.all([drawnPicture(1), drawnPicture(2)]);
  const mixed = {
    'good.png': good,
    'the same.png': good,
    'cut.png': other.subarray(0, other.length / 2),
    'phone.heic': Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(12)]),
    'diary.jpg': Buffer.from('Dear diary, today I was renamed.'),
    'zero.jpg': Buffer.alloc(0),
    'notes.txt': Buffer.from('No photo.'),
  };
  await mkdir(inFolder('mixed'));
  await mkdir(inFolder('empty'));
  for (const [name, bytes] of Object.entries(mixed)) await writeFile(inFolder('mixed', name), bytes);
  await writeFlickr8k(inFolder('flickr8k'), { train: 16, dev: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

test('a folder is imported: what cannot be read is named with its reason, the rest comes in', async () => {
  const { exitCode, stdout, stderr } = await run(env, ['import', inFolder('mixed')]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '1 photo imported, 0 there already.\n' });
  expect(stderr.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^cut\.png: The file is damaged/),
    expect.stringMatching(/^diary\.jpg: The file is damaged, cut short or no picture/),
    'phone.heic: HEIC photos are not read: convert the photo to JPEG or AVIF first.',
    'the same.png: The same photo as good.png.',
    expect.stringMatching(/^zero\.jpg: The file is empty/),
    '',
  ]);
});

test('imported again nothing is new, and --json says so and nothing else on stdout', async () => {
  const { exitCode, stdout } = await run(env, ['import', inFolder('mixed'), '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ dataset: 'mixed', imported: 0, alreadyThere: 1, duplicates: 1 });
});

test.each(['empty', 'absent'])('an import of %s is refused in one line', async (name) => {
  const { exitCode, stdout, stderr } = await run(env, ['import', inFolder(name)]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^INVALID_DATASET: .*${name}.*\n$`));
});

test('before there is a model for this encoder, captioning says what to do', async () => {
  const { exitCode, stdout, stderr } = await run(env, ['caption', inFolder('mixed', 'good.png')]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^ENCODER_MISMATCH: .*ekphrasis train\.\n$/);
});

const trainedSchema = z.strictObject({
  job: z.string(),
  model: z.string(),
  epochs: z.array(
    z.strictObject({
      epoch: z.number(), loss: z.number(), learningRate: z.number(), seconds: z.number(), validationSeconds: z.number(), imagesPerSecond: z.number(),
      secondsLeft: z.number(), bleu: z.array(z.number()).length(4), cider: z.number(), best: z.boolean(),
      samples: z.array(z.object({ image: z.string(), caption: z.string() })),
    }),
  ),
});

test('a training with its import prints only JSON on stdout and shows every step done on stderr', async () => {
  const { exitCode, stdout, stderr } = await run(env, ['train', '--dataset', inFolder('flickr8k'), '--epochs', '1', '--batch-images', '8', '--json']);
  expect(exitCode, stderr).toBe(0);
  expect(trainedSchema.parse(JSON.parse(stdout)).epochs.map(({ epoch, best }) => ({ epoch, best }))).toEqual([{ epoch: 1, best: true }]);
  expect(stderr).toMatch(/^Importing: 20 of 20 photos/m);
  expect(stderr).toMatch(/on 16 photos with 80 captions: 1 epoch of 2 steps, onnx on cpu\.$/m);
  expect(stderr).toMatch(/^Epoch 1 of 1: 2 of 2 steps/m);
  expect(await readdir(inFolder('data', 'training'))).toEqual([]);
});

test('another training begins anew; its model captions from then on', async () => {
  const { exitCode, stdout, stderr } = await run(env, ['train', '--epochs', '1', '--batch-images', '8', '--seed', '2', '--name', 'second']);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^Model \S+ is the best of 1 epoch and captions from now on\.\n$/);
  expect(stderr.match(/^Epoch 1: loss/gm)).toHaveLength(1);
  expect(await readdir(inFolder('data', 'models'))).toHaveLength(2);
});

const share = z.number().min(0).max(1);
const evaluationSchema = z.object({
  images: z.literal(4), bleu: z.array(share).length(4), brevityPenalty: share, cider: z.number().min(0), rougeL: share, signature: z.string(),
  captions: z.array(z.object({ file: z.string(), caption: z.string() })).length(4),
});

test('the dev split is measured', async () => {
  const { exitCode, stdout } = await run(env, ['evaluate', '--split', 'dev', '--json']);
  expect(exitCode).toBe(0);
  const { captions } = evaluationSchema.parse(JSON.parse(stdout));
  expect(await readdir(inFolder('flickr8k', 'Images'))).toEqual(expect.arrayContaining(captions.map(({ file }) => file)));
});

test('a split without photos and an unknown model are refused in one line', async () => {
  const noPhotos = await run(env, ['evaluate', '--split', 'test']);
  expect(noPhotos).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^INVALID_DATASET: .* test split.*\n$/) as string });
  const noModel = await run(env, ['evaluate', '--model', 'absent']);
  expect(noModel).toMatchObject({ exitCode: 1, stdout: '', stderr: 'NOT_FOUND: There is no model absent.\n' });
});

test('a search finds by words, and says when it finds nothing', async () => {
  const { exitCode, stdout } = await run(env, ['search', 'circles', '--json']);
  expect(exitCode).toBe(0);
  const hits = z.array(z.object({ id: z.string(), file: z.string(), caption: z.string(), score: z.number() })).parse(JSON.parse(stdout));
  expect(hits.length).toBeGreaterThan(0);
  for (const { caption } of hits) expect(caption).toContain('circle');
  expect(await run(env, ['search', 'submarine'])).toEqual({ exitCode: 0, stdout: '', stderr: 'No photo has a caption that says so.\n' });
  expect(await run(env, ['search', ' '])).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^BAD_USER_INPUT: /) as string });
});

const captionedSchema = z.strictObject({
  file: z.string(), caption: z.string(), probability: share,
  words: z.array(z.strictObject({ word: z.string(), probability: share, attention: z.array(share).length(49) })).min(1),
});

test('photos are captioned in their order, those that cannot be are named, and the exit code tells', async () => {
  const good = inFolder('mixed', 'good.png');
  const bad = [inFolder('absent.jpg'), inFolder('mixed'), inFolder('mixed', 'zero.jpg'), inFolder('mixed', 'phone.heic')];
  const { exitCode, stdout, stderr } = await run(env, ['caption', good, ...bad, '--json']);
  expect(exitCode).toBe(1);
  const [captioned, ...refused] = z.array(z.unknown()).parse(JSON.parse(stdout));
  const { caption, words } = captionedSchema.parse(captioned);
  expect(words.map(({ word }) => word).join(' ')).toBe(caption);
  for (const { attention } of words) expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 1);
  expect(refused.map((outcome) => z.object({ file: z.string(), error: z.object({ code: z.string() }) }).parse(outcome))).toEqual(
    ['NOT_FOUND', 'BAD_USER_INPUT', 'INVALID_IMAGE', 'INVALID_IMAGE'].map((code, index) => ({ file: bad[index], error: { code } })),
  );
  expect(stderr).toContain(`${inFolder('mixed')}: BAD_USER_INPUT: This is a folder. Name its photos, or import it: ekphrasis import FOLDER.`);
  expect(await run(env, ['caption', good])).toMatchObject({ exitCode: 0, stdout: `${good}: ${caption}\n` });
});

test('an import that is interrupted ends at once, and what it imported stays', async () => {
  const controller = new AbortController();
  const { exitCode, stdout, stderr } = await run(env, ['import', 'scenes'], {
    isTTY: true,
    signal: controller.signal,
    onStderr: (text) => { if (/ [1-9]\d* of 1300 photos/.test(text)) controller.abort(); },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
  expect(stderr).not.toContain('INTERNAL_ERROR');
  const found = await run(env, ['search', 'circles or squares or triangles', '--limit', '100', '--json']);
  expect(found.stdout).toContain('scene-1-');
});

test('a damaged checkpoint is said to be one', async () => {
  for (const name of await readdir(inFolder('data', 'models'))) {
    const path = inFolder('data', 'models', name);
    await writeFile(path, (await readFile(path)).subarray(0, 1000));
  }
  const photo = inFolder('flickr8k', 'new.png');
  await writeFile(photo, await drawnPicture(9));
  const { exitCode, stdout, stderr } = await run(env, ['caption', photo, '--json']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(/^INVALID_CHECKPOINT: /m);
});

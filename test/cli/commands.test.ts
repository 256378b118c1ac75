/**
 * A newcomer's way through the commands, in their order: one collection is imported, trained on, measured, searched.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sha256Of } from '../../src/files/sha256.js';
import { drawnPicture } from '../vision/pictures.js';
import { type CommandLine, openCommandLine, writeFlickr } from './command-line.js';

let line: CommandLine;
let photo: string;
beforeAll(async () => {
  line = await openCommandLine();
  photo = join(line.directory, 'photo.png');
  await writeFile(photo, await drawnPicture(1));
  await writeFlickr(join(line.directory, 'flickr'), { train: 24, dev: 8 });
});
afterAll(() => line.close());

const probability = z.number().min(0).max(1);
const reportSchema = z.object({
  imported: z.number(),
  alreadyThere: z.number(),
  duplicates: z.number(),
  problems: z.array(z.object({ kind: z.string(), message: z.string(), count: z.number() })),
});

test('a folder is imported: what cannot be read is named with the reason, the rest is there', async () => {
  const folder = join(line.directory, 'mixed');
  await mkdir(folder);
  const files = {
    'copy.png': await drawnPicture(2),
    'cut.png': (await drawnPicture(3)).subarray(0, 900),
    'first.png': await drawnPicture(2),
    'phone.heic': 'no photo',
    'text.jpg': 'Dear diary',
    'zero.jpg': '',
    'notes.txt': 'not a photo, and nobody says so',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const { code, stdout } = await line.run('import', folder, '--json');
  expect(code).toBe(0);
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(report).toMatchObject({ imported: 1, alreadyThere: 0, duplicates: 1 });
  for (const file of ['cut.png', 'phone.heic', 'text.jpg', 'zero.jpg'])
    expect(
      report.problems.filter(({ message }) => message.includes(file)),
      file,
    ).toHaveLength(1);
  expect(report.problems.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  expect(report.problems.find(({ message }) => message.includes('zero.jpg'))?.message).toContain('empty');

  const again = await line.run('import', folder);
  expect(again).toMatchObject({ code: 0, stdout: '0 photos imported, 1 were there already: the data set mixed.\n' });
  expect(again.stderr).toMatch(/This PNG cannot be read: it is damaged, cut short or of a rare kind\..*cut\.png/);
});

test('data sets are listed, renamed, and deleted only with a confirmation', async () => {
  expect((await line.run('datasets')).stdout).toMatch(
    /^\S+ {2}mixed {2}1 photo \(0 train, 0 dev, 0 test\), 0 captions {2}folder {2}en {2}from .*mixed\n$/,
  );
  expect(await line.run('datasets', 'rename', 'mixed', 'odds and ends')).toMatchObject({ code: 0 });
  expect(await line.run('train', '--dataset', 'odds and ends')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^INVALID_DATASET: .*odds and ends/) as string,
  });
  const refused = await line.run('datasets', 'delete', 'odds and ends');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^BAD_USER_INPUT: Delete odds and ends with its 0 captions and 1 of its 1 photo\? .*--yes/,
    ) as string,
  });
  expect(await line.run('datasets', 'delete', 'odds and ends', '--yes')).toMatchObject({
    code: 0,
    stdout: 'odds and ends is deleted, with 0 captions and 1 photo.\n',
  });
  expect(await line.run('datasets', '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
});

test('without a model for this encoder nothing is captioned, and what to do is said once', async () => {
  const { code, stdout, stderr } = await line.run('caption', photo, photo);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^ENCODER_MISMATCH: .*ekphrasis train\.$/m);
});

test('a data set is trained on in one command; the model captions from then on', async () => {
  const args = [
    '--dataset',
    join(line.directory, 'flickr'),
    '--epochs',
    '2',
    '--seed',
    '3',
    '--batch-images',
    '8',
    '--name',
    'small',
  ];
  const { code, stdout, stderr } = await line.runWith({ CACHE_MAX_BYTES: '20000' }, 'train', ...args, '--json');
  expect(code, stderr).toBe(0);
  const outcome = z
    .object({ model: z.string(), epochs: z.array(z.object({ epoch: z.number(), loss: z.number().positive() })) })
    .parse(JSON.parse(stdout));
  expect(outcome.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(stderr).toContain('Looking at photos: ');
  expect(await readdir(join(line.directory, 'data', 'training')).catch(() => [])).toEqual([]);

  const captioned = await line.run('caption', photo, '--json');
  const [first] = z
    .array(
      z.object({
        file: z.string(),
        caption: z.string(),
        probability,
        words: z.array(z.object({ word: z.string(), probability, attention: z.array(probability).length(49) })),
      }),
    )
    .parse(JSON.parse(captioned.stdout));
  expect(first).toMatchObject({ file: photo, caption: first?.words.map(({ word }) => word).join(' ') });
  expect(await line.run('caption', photo)).toMatchObject({ code: 0, stdout: `${photo}: ${first?.caption ?? ''}\n` });
});

test('the model is trained further from its id, until it gets no better: the end is told, once', async () => {
  const further = [
    '--from',
    'current',
    '--epochs',
    '9',
    '--patience',
    '1',
    '--learning-rate',
    '1e-9',
    '--batch-images',
    '8',
    '--name',
    'further',
    '--use',
    'always',
  ];
  const { code, stdout, stderr } = await line.run('train', ...further);
  expect(code, stderr).toBe(0);
  const [, second, end] = stderr.split('\n').filter((text) => /^(Epoch \d+: |Stopped)/.test(text));
  expect(second).toMatch(/^Epoch 2: loss .* 0 s left of the epochs$/);
  expect(end).toBe('Stopped early, after epoch 2 of 9: epoch 1 is the best, and the epoch after it was no better.');
  const model = /^Model (\S+) is the best of 2 epochs\. .* It captions from now on\.\n$/.exec(stdout)?.[1] ?? '';
  // From its id, and refused before anything is imported.
  const other = await line.runWith({ VGG16_WEIGHTS: 'random:2' }, 'train', '--from', model, '--dataset', 'nowhere');
  expect(other).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^ENCODER_MISMATCH: The model "further"/m) as string,
  });
});

test('a captioner learns from its own captions, told what they are worth; two write together', async () => {
  const outcome = z.object({
    model: z.string(),
    epochs: z.array(
      z.object({
        reward: z.number().min(0).nullable(),
        best: z.boolean(),
        bleu: z.array(probability).length(4),
        cider: z.number(),
      }),
    ),
  });
  const wrong = await line.run('train', '--phases', 'greedy:2');
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cross-entropy and self-critical') as string,
  });
  const baseless = await line.run('train', '--phases', 'self-critical:1');
  expect(baseless).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^BAD_USER_INPUT: .*learned nothing yet/m) as string,
  });

  const args = [
    '--from',
    'current',
    '--phases',
    'cross-entropy:1,self-critical:1',
    '--batch-images',
    '8',
    '--name',
    'critical',
    '--use',
    'always',
    '--json',
  ];
  const { code, stdout, stderr } = await line.run('train', ...args);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^Epoch 2: loss .*CIDEr-D \d\.\d+, reward \d\.\d+/m);
  const { model, epochs } = outcome.parse(JSON.parse(stdout));
  expect(epochs.map(({ reward }) => reward === null)).toEqual([true, false]);

  const together = await line.run('ensemble', model, model, '--name', 'both', '--use', 'always');
  // One model twice writes as it does alone, and is worth as much.
  const best = epochs.findLast((epoch) => epoch.best);
  const worth = `BLEU ${best?.bleu.map((score) => (100 * score).toFixed(1)).join('/') ?? ''}, CIDEr-D ${best?.cider.toFixed(3) ?? ''}`;
  expect(together.stdout.replace(/^Model \S+/, 'Model')).toContain(
    `Model is 2 models writing together. On dev: ${worth}. `,
  );
  expect(together.stdout).toMatch(/ It captions from now on\.\n$/);
  expect(await line.run('caption', photo)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('photo.png: ') as string,
  });

  // Nobody is bound to what was made last.
  const used = await line.run('models', 'use', model);
  expect(used).toMatchObject({ code: 0, stdout: `${model}  caption  in use  critical  ${worth} on all data sets\n` });
  const listed = (await line.run('models')).stdout.split('\n');
  expect(listed.filter((text) => text.includes('  caption  in use  '))).toEqual([used.stdout.trimEnd()]);
  expect(listed[0]).toContain(`  caption  kept  both  ${worth}`);
  expect(await line.run('models', 'use', 'nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_FOUND: /m) as string,
  });
});

test('a photo that cannot be read does not keep the others from their captions', async () => {
  const empty = join(line.directory, 'empty.jpg');
  await writeFile(empty, '');
  const { code, stdout, stderr } = await line.run(
    'caption',
    empty,
    photo,
    join(line.directory, 'nothing.jpg'),
    line.directory,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/photo\.png: .*\n$/);
  expect(stderr).toContain(`${empty}: INVALID_IMAGE: The file is empty.`);
  expect(stderr).toMatch(/nothing\.jpg: NOT_FOUND: .* does not exist\./);
  expect(stderr).toContain(`${line.directory}: BAD_USER_INPUT`);
});

test('a split is measured, in numbers for programs and in words for people', async () => {
  const { code, stdout } = await line.run('evaluate', '--split', 'dev', '--json');
  expect(code).toBe(0);
  const schema = z.object({
    images: z.literal(8),
    bleu: z.array(probability).length(4),
    brevityPenalty: probability,
    cider: z.number().min(0),
    rougeL: probability,
    signature: z.string(),
    captions: z.array(z.object({ file: z.string(), caption: z.string(), cider: z.number() })).length(8),
    meteorStem: probability,
    intervals: z.object({ bleu4: z.object({ low: probability, high: probability }) }),
    diversity: z.object({ novel: probability, lengths: z.array(z.number()) }),
  });
  const { bleu, cider, rougeL, meteorStem } = schema.parse(JSON.parse(stdout));
  const told = await line.run('evaluate', '--split', 'dev');
  expect(told.stdout).toMatch(
    new RegExp(`^BLEU-1\\.\\.4 +${bleu.map((score) => (100 * score).toFixed(1)).join(' / ')};`, 'm'),
  );
  for (const [name, value] of [
    ['CIDEr-D', cider],
    ['ROUGE-L', rougeL],
    ['METEOR without synonyms', meteorStem],
  ] as const) {
    expect(told.stdout).toMatch(new RegExp(`^${name} +${value.toFixed(3)}  95 %: `, 'm'));
  }
  expect(await line.run('evaluate', '--split', 'test')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('INVALID_DATASET') as string,
  });
});

test('photos are found by what people wrote of them, with the reason', async () => {
  const { code, stdout } = await line.run('search', 'red', 'circles', '--json');
  expect(code).toBe(0);
  const hits = z
    .array(
      z.object({
        id: z.string(),
        file: z.string(),
        caption: z.string(),
        score: z.number().positive(),
        signals: z.array(z.object({ name: z.literal('words'), rank: z.number() })).length(1),
      }),
    )
    .parse(JSON.parse(stdout));
  expect(hits.length).toBeGreaterThan(0);
  for (const { caption } of hits) expect(caption).toMatch(/red.*circle|circle.*red/);
  const told = await line.run('search', 'red', 'circels', '--mode', 'text');
  expect(told.stderr).toBe(
    'No caption has the word "circels": "circles" was searched for. --exact searches the words as you typed them.\n',
  );
  expect(told.stdout).toMatch(/^\d\.\d{3} {2}\S+: .*\*circles?\*.* {2}\[words: no\. 1\]$/m);
  expect(await line.run('search', 'red', 'circels', '--mode', 'text', '--exact')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'No photo has a caption that says so.\n',
  });
  expect(await line.run('search', 'zebra')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('No photo has a caption that says so.\n') as string,
  });
  expect(await line.run('search', ' ')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('BAD_USER_INPUT') as string,
  });
  expect(await line.run('search', 'red', '--mode', 'semantic')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('NO_MODEL') as string,
  });
});

test('a model of another language is kept beside the others; used, it writes for what others have written; the other is deleted', async () => {
  const models = z.array(
    z.object({ id: z.string(), name: z.string(), task: z.string(), language: z.string(), current: z.boolean() }),
  );
  const trained = await line.run(
    'train',
    '--dataset',
    'flickr',
    '--language',
    'de',
    '--epochs',
    '1',
    '--batch-images',
    '24',
    '--name',
    'klein',
  );
  expect(trained.code, trained.stderr).toBe(0);
  const listed = models.parse(JSON.parse((await line.run('models', '--json')).stdout));
  const [german, before] = [
    listed.find(({ name }) => name === 'klein'),
    listed.find(({ task, current }) => task === 'CAPTION' && current),
  ];
  expect(german).toMatchObject({ language: 'de', current: false });
  expect(before).toMatchObject({ language: 'en' });

  const switched = await line.run('models', 'use', german?.id ?? '');
  expect(switched.stderr).toMatch(/^\d+ photos? ha(s|ve) captions of other models only\. .*--recaption$/m);
  const used = await line.run('models', 'use', german?.id ?? '', '--recaption', '--json');
  expect(JSON.parse(used.stdout)).toMatchObject({ id: german?.id, current: true, photosOnlyOfOthers: 0 });

  expect(await line.run('models', 'delete', german?.id ?? '', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^CONFLICT: The model "klein" is in use/) as string,
  });
  expect(await line.run('models', 'delete', before?.id ?? '')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--yes') as string,
  });
  const gone = await line.run('models', 'delete', before?.id ?? '', '--yes');
  expect(gone).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^Deleted the model "[^"]+", \d+ captions?, 0 ratings, \d+ evaluations?\.\n$/,
    ) as string,
  });
  expect(await line.run('models', 'delete', before?.id ?? '', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_FOUND: /) as string,
  });
});

test('photos are deleted only with a confirmation, and what had measured on them is told', async () => {
  expect(await line.run('evaluate', '--split', 'dev')).toMatchObject({ code: 0 });
  const found = await line.run('search', 'red', '--split', 'dev', '--limit', '1', '--json');
  const [hit] = z
    .array(z.object({ id: z.string() }))
    .length(1)
    .parse(JSON.parse(found.stdout));
  const id = hit?.id ?? '';
  expect(await line.run('images', 'delete', id)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('--yes') as string,
  });
  const deleted = await line.run('images', 'delete', id, 'nothing', '--yes');
  expect(deleted).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^Deleted 1 photo, \d+ captions and 0 ratings\. 1 id had no photo\. \d+ evaluations had measured on them: .*\n$/,
    ) as string,
  });
  expect(JSON.parse((await line.run('images', 'delete', id, '--yes', '--json')).stdout)).toMatchObject({
    images: 0,
    notThere: 1,
  });
  const entry = /ekphrasis trash restore (\S+)/.exec(deleted.stderr)?.[1] ?? '';
  expect((await line.run('trash')).stdout).toContain(entry);
  expect(await line.run('trash', 'restore', entry)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Restored .*: 1 photo, \d+ captions\.\n$/) as string,
  });
  expect(await line.run('trash', 'restore', entry)).toMatchObject({ code: 1 });
  expect((await line.run('images', 'delete', id, '--yes', '--forever')).stderr).toBe('');
  expect(await line.run('trash', 'empty')).toMatchObject({ code: 1, stdout: '' });
  expect((await line.run('trash', 'empty', '--yes')).stdout).toMatch(/^Deleted \d+ items? for good\.\n$/);
});

test("a model's file that was damaged is written anew from the database", async () => {
  const models = join(line.directory, 'data', 'models');
  const names = await readdir(models);
  for (const name of names) {
    expect(name).toMatch(/^[0-9a-f]{64}\.safetensors$/);
    await writeFile(join(models, name), 'no checkpoint');
  }
  const other = join(line.directory, 'other.png');
  await writeFile(other, await drawnPicture(9));
  expect(await line.run('caption', other)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('other.png: ') as string,
  });
  // That of the model that captions; the earlier one's is written when it is needed.
  const hashes = await Promise.all(
    names.map(async (name) => `${sha256Of(await readFile(join(models, name)))}.safetensors`),
  );
  expect(hashes.filter((hash) => names.includes(hash))).toHaveLength(1);
});

test.each([
  [
    'a folder without photos',
    () => mkdir(join(line.directory, 'bare'), { recursive: true }),
    'bare',
    'INVALID_DATASET: There is no photo in',
  ],
  ['a folder that there is not', () => Promise.resolve(), 'nowhere', 'INVALID_DATASET: There is no folder'],
])('%s cannot be imported', async (_, prepare, name, message) => {
  await prepare();
  const { code, stderr } = await line.run('import', join(line.directory, name));
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

test.each([
  [['dance']],
  [['caption']],
  [['search', 'dog', '--limit', 'many']],
  [['evaluate', '--split', 'all']],
  [['serve', '--fast']],
])('a command line that makes no sense is answered by exit code 2 and the way to the help: %j', async (args) => {
  const { code, stdout, stderr } = await line.run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: .*\n\n?\(ekphrasis --help shows the commands\)\n$/);
});

test('the help names every variable; a variable with a bad value stops any command', async () => {
  const { code, stdout } = await line.run('--help');
  expect(code).toBe(0);
  for (const name of [
    'EKPHRASIS_DATA',
    'DATABASE_URL',
    'VGG16_WEIGHTS',
    'VGG16_PRECISION',
    'ENCODER',
    'PORT',
    'MAX_UPLOAD_BYTES',
  ])
    expect(stdout).toContain(name);
  const refused = await line.runWith({ PORT: 'x', VGG16_PRECISION: 'fp8' }, 'search', 'dog');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^INVALID_CONFIGURATION: .*PORT.*VGG16_PRECISION/) as string,
  });
});

test('a server does not start with an encoder that cannot be used', async () => {
  const ENCODER = join(line.directory, 'nowhere.onnx');
  const { code, stdout, stderr } = await line.runWith({ ENCODER }, 'serve');
  expect(stderr).toContain(`INVALID_CONFIGURATION: ENCODER: ${ENCODER}: it cannot be read`);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test('a dry run says what is recognised, and opens neither the collection nor VGG16', async () => {
  const folder = join(line.directory, 'dry');
  await mkdir(folder);
  for (const [name, content] of Object.entries({
    'a.jpg': 'A',
    'b.jpg': 'B',
    'words.csv': 'x,y\na.jpg,A dog\nb.jpg,A cat\n',
  }))
    await writeFile(join(folder, name), content);
  const environment = {
    EKPHRASIS_DATA: join(line.directory, 'untouched'),
    VGG16_WEIGHTS: join(line.directory, 'nowhere'),
  };
  const { code, stdout } = await line.runWith(
    environment,
    'import',
    folder,
    '--dry-run',
    '--columns',
    'file=x,caption=y',
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Table: 2 photos, 2 captions, 2/0/0 in train/dev/test.\n' });
  await expect(readFile(environment.EKPHRASIS_DATA)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await line.runWith(environment, 'import', folder, '--dry-run', '--format', 'coco')).stderr).toContain(
    'INVALID_DATASET',
  );
  expect((await line.runWith(environment, 'import', folder, '--columns', 'nonsense')).code).toBe(2);
});

test("what lies in the data folder is its owner's alone, whatever the process's umask says", async () => {
  const folder = join(line.directory, 'data');
  const entries = await readdir(folder, { recursive: true });
  expect(entries.some((name) => name.startsWith('cache/regions/'))).toBe(true);
  expect(entries.some((name) => name.startsWith('models/'))).toBe(true);
  expect(entries.length).toBeGreaterThan(500);
  const modes = await Promise.all(
    entries.map(async (name) => ({ name, open: ((await stat(join(folder, name))).mode & 0o077) !== 0 })),
  );
  expect(modes.filter(({ open }) => open).map(({ name }) => name)).toEqual([]);
});

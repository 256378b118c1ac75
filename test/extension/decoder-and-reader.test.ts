/**
 * A decoder and a reader of captions are added as the program's makers would do it: a data set is read, and a captioner
 * is trained on it.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openScenes } from '../../src/datasets/scenes.js';
import { type ExtendedProgram, extendProgram } from './extended-program.js';

const PHOTOS = 16;

let directory: string;
let program: ExtendedProgram;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-decoder-'));
  program = await extendProgram(
    { file: 'init-inject.ts', name: 'initInjectDecoder', table: 'captioner/decoders/all.ts', key: 'init-inject' },
    { file: 'llava.ts', name: 'llava', table: 'datasets/formats/all.ts' },
  );
});
afterAll(async () => {
  await program.remove();
  await rm(directory, { recursive: true });
});

async function run(...args: readonly string[]): Promise<unknown> {
  const env = {
    ...process.env,
    EKPHRASIS_DATA: join(directory, 'data'),
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
  };
  const { stdout } = await promisify(execFile)(process.execPath, [program.main, ...args], { env });
  return JSON.parse(stdout) as unknown;
}

test('each is one file and one line of a table', () => {
  const tables = ['captioner/decoders/all.ts', 'datasets/formats/all.ts'];
  expect(program.changes).toEqual([...tables, 'captioner/decoders/init-inject.ts', 'datasets/formats/llava.ts'].sort());
});

test('a folder in the format is imported, and the network learns from it and captions', async () => {
  const folder = join(directory, 'photos');
  await mkdir(folder);
  const entries: object[] = [];
  const photos: string[] = [];
  for await (const item of openScenes({ seed: 1, train: PHOTOS, dev: 0 }).items) {
    const { name, captions } = item;
    await writeFile(join(folder, name), await item.read());
    photos.push(join(folder, name));
    const [question, answer] = [
      { from: 'human', value: '<image>\nWhat is in it?' },
      { from: 'gpt', value: captions[0] },
    ];
    entries.push({ id: name, image: name, conversations: [question, answer] });
  }
  await writeFile(join(folder, 'llava_instruct.json'), JSON.stringify(entries));

  expect(await run('import', folder, '--dry-run', '--json')).toMatchObject({
    format: 'llava',
    problems: [{ kind: 'no split lists' }],
    summary: { photos: PHOTOS, captions: PHOTOS },
  });
  expect(await run('import', folder, '--json')).toMatchObject({ imported: PHOTOS, captionsAdded: PHOTOS });

  const training = [
    '--architecture',
    'init-inject',
    '--cell',
    'gru',
    '--epochs',
    '1',
    '--batch-images',
    '4',
    '--name',
    'injected',
    '--use',
    'always',
  ];
  expect(await run('train', ...training, '--json')).toMatchObject({ outcome: { used: true } });
  const models = z.array(z.object({ name: z.string(), current: z.boolean(), architectures: z.array(z.string()) }));
  const current = models.parse(await run('models', '--json')).filter((model) => model.current);
  expect(current).toContainEqual({ name: 'injected', current: true, architectures: ['init-inject'] });
  const captioned = z
    .array(z.object({ caption: z.string() }))
    .length(1)
    .parse(await run('caption', ...photos.slice(0, 1), '--json'));
  expect(captioned[0]?.caption).toMatch(/\w/);
});

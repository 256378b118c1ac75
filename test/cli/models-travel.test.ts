/** Models that come and go by the command line, what they look at, and captions of other programs. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import type { EncoderId } from '../../src/ids.js';
import { decodeSafetensors } from '../../src/tensors/safetensors.js';
import { SMALL, untrainedCheckpoint } from '../captioner/untrained.js';
import { addressOf, type CommandLine, openCommandLine, writeFlickr } from './command-line.js';

let line: CommandLine;
let data: string;
let photos: string[];
let encoder: EncoderId;
beforeAll(async () => {
  line = await openCommandLine();
  data = join(line.directory, 'set');
  await writeFlickr(data, { train: 2, dev: 6 });
  photos = (await readdir(join(data, 'Images'))).sort().map((name) => join(data, 'Images', name));
  await succeed('import', data);
});
afterAll(() => line.close());

async function succeed(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const outcome = await line.run(...args);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return outcome;
}

/** An untrained captioner as a file of this machine's encoder. */
async function checkpointOf(architecture: 'attention' | 'merge'): Promise<string> {
  const path = join(line.directory, `${architecture}.safetensors`);
  const settings = { ...SMALL, architecture };
  await writeFile(path, writeCheckpoint(untrainedCheckpoint(encoder, { settings, name: architecture }), 'fp16'));
  return path;
}

const imported = z.object({ id: z.string(), wasThere: z.boolean(), fits: z.boolean(), used: z.boolean() });
const read = async (...args: string[]): Promise<unknown> => JSON.parse((await succeed(...args, '--json')).stdout);

test('export features writes what the encoder sees, once', async () => {
  const file = join(line.directory, 'features.safetensors');
  const told = z
    .object({ encoder: z.string(), photos: z.number() })
    .parse(await read('export', 'features', file, ...photos.slice(0, 2)));
  encoder = told.encoder as EncoderId;
  const { tensors, metadata } = decodeSafetensors(await readFile(file));
  expect(metadata).toEqual({ encoder });
  expect([...tensors.values()].map(({ type, shape }) => [type, shape])).toEqual([
    ['F16', [49, 512]],
    ['F16', [49, 512]],
  ]);
  expect(await line.run('export', 'features', file, ...photos)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('CONFLICT') as string,
  });
});

test('a model is imported, used when that is asked for, exported, and known again', async () => {
  const checkpoint = await checkpointOf('attention');
  const first = imported.parse(await read('models', 'import', checkpoint));
  expect(first).toMatchObject({ wasThere: false, fits: true, used: false });
  expect(imported.parse(await read('models', 'import', checkpoint, '--use'))).toMatchObject({
    id: first.id,
    wasThere: true,
    used: true,
  });
  const out = join(line.directory, 'out');
  await succeed('models', 'export', first.id, '--out', out);
  expect((await readdir(out)).sort()).toEqual([
    'card.md',
    'model.json',
    'model.safetensors',
    'onnx',
    'vocabulary.json',
  ]);
  expect(await readFile(join(out, 'model.safetensors'))).toEqual(await readFile(checkpoint));
  expect(await line.run('models', 'export', first.id, '--out', out)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('CONFLICT') as string,
  });
  expect((await succeed('models', 'import', out)).stdout).toContain(`is there already: ${first.id}`);
  expect(await line.run('models', 'import', photos[0] ?? '')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('INVALID_CHECKPOINT') as string,
  });
});

test('caption --attention writes a sheet and the weights of each photo, over nothing', async () => {
  const folder = join(line.directory, 'attention');
  const [photo = '', other = ''] = photos;
  await succeed('caption', '--attention', folder, photo);
  const [json = '', png = ''] = (await readdir(folder)).sort();
  expect([...(await readFile(join(folder, png))).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  const weights = z.object({
    rows: z.literal(7),
    columns: z.literal(7),
    words: z.array(z.object({ attention: z.array(z.number()).length(49) })).min(1),
  });
  for (const { attention } of weights.parse(JSON.parse(await readFile(join(folder, json), 'utf8'))).words)
    expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 2);
  await writeFile(join(folder, png), 'mine');
  const again = await line.run('caption', '--attention', folder, photo, other);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('CONFLICT') as string });
  expect(await readFile(join(folder, png), 'utf8')).toBe('mine');
  expect(await readdir(folder)).toHaveLength(4);
});

test("what evaluate writes as COCO's results is measured to the same figures, and compared", async () => {
  const [results, references] = ['results.json', 'references.json'].map((name) => join(line.directory, name)) as [
    string,
    string,
  ];
  const { stdout } = await succeed('evaluate', '--format', 'coco', '--references', references);
  await writeFile(results, stdout);
  const entries = z.array(
    z.object({ image_id: z.union([z.string(), z.number()]), file_name: z.string(), caption: z.string() }),
  );
  expect(entries.parse(JSON.parse(stdout))).toHaveLength(6);
  expect(JSON.parse(await readFile(references, 'utf8'))).toMatchObject({ images: { length: 6 } });
  const figures = z.object({
    cider: z.number(),
    bleu: z.array(z.number()),
    coco: z.object({ figures: z.record(z.string(), z.number()) }),
  });
  const own = figures.parse(await read('evaluate'));
  const theirs = figures.extend({
    comparison: z.object({ images: z.literal(6), differences: z.array(z.object({ difference: z.literal(0) })) }),
  });
  const compared = theirs.parse(
    await read('evaluate', '--captions', results, '--compare', 'current', '--name', 'by coco'),
  );
  expect([compared.cider, compared.bleu, compared.coco]).toEqual([own.cider, own.bleu, own.coco]);
  expect((await succeed('models')).stdout).toMatch(/captions only {2}kept {2}by coco/);
  expect((await succeed('evaluate', '--captions', results)).stdout).toContain('As pycocoevalcap counts words');
});

test('a model without attention looks at no places, which is said before anything is captioned', async () => {
  const { id } = imported.parse(await read('models', 'import', await checkpointOf('merge'), '--use'));
  const folder = join(line.directory, 'none');
  const refused = await line.run('caption', '--attention', folder, photos[0] ?? '');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is without attention') as string });
  expect(await readdir(line.directory)).not.toContain('none');
  expect(id).not.toBe('');
});

test('export and import work beside a running server', async () => {
  const server = line.start('serve');
  try {
    await addressOf(server);
    const archive = join(line.directory, 'beside.tar.gz');
    const answer = imported.parse(await read('models', 'import', await checkpointOf('attention')));
    await succeed('models', 'export', answer.id, '--out', archive);
    expect(imported.parse(await read('models', 'import', archive))).toEqual({ ...answer, wasThere: true });
  } finally {
    server.kill('SIGTERM');
    await new Promise((done) => server.once('exit', done));
  }
});

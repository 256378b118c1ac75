/** Models that leave a collection and come into another: whole, once, and such that Python writes the same captions. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Captioner } from '../../src/captioner/captioner.js';
import { type Checkpoint, ensembleOf, readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { FreeSpace } from '../../src/files/free-space.js';
import { toHalf } from '../../src/files/half.js';
import type { EncoderId } from '../../src/ids.js';
import { writeSearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { exportedFiles, type ModelFile } from '../../src/models/exported-model.js';
import { importModel } from '../../src/models/import-model.js';
import { readModelFiles, writeModelFiles } from '../../src/models/model-archive.js';
import type { Store } from '../../src/store/store.js';
import { encodeSafetensors, type StoredTensor } from '../../src/tensors/safetensors.js';
import { SMALL, untrainedCheckpoint } from '../captioner/untrained.js';
import { smallSearchCheckpoint } from '../joint-embedding/small-search-model.js';
import { openTestStore } from '../store/open-test-store.js';
import { ENCODER, sha256Of } from '../store/records.js';
import { pythonWith, runPython } from './python.js';

const OTHER = 'onnx-other' as EncoderId;
const WORDS = [
  '<pad>',
  '<start>',
  '<end>',
  '<unknown>',
  ...'a red dog and cat run sits on the big white ball'.split(' '),
];

const one = (settings: Partial<typeof SMALL>, seed: number) =>
  untrainedCheckpoint(ENCODER, { settings: { ...SMALL, ...settings }, vocabulary: WORDS, seed });
const NETWORKS: Readonly<Record<string, Checkpoint>> = {
  'attention with LSTM': one({}, 1),
  'attention with GRU': one({ cell: 'gru' }, 2),
  'show-and-tell with LSTM': one({ architecture: 'show-and-tell' }, 3),
  'show-and-tell with GRU': one({ architecture: 'show-and-tell', cell: 'gru' }, 4),
  'merge with LSTM': one({ architecture: 'merge' }, 5),
  'merge with GRU': one({ architecture: 'merge', cell: 'gru' }, 6),
  'an ensemble of unlike members': ensembleOf([one({}, 7), one({ architecture: 'merge', hiddenSize: 12 }, 8)], 'both'),
};

function fileOf(checkpoint: Checkpoint, name = 'a model'): ModelFile {
  const bytes = writeCheckpoint(checkpoint, 'fp16');
  return { name, task: 'CAPTION', figures: null, checkpoint: bytes, checkpointSha256: sha256Of(bytes) };
}

let store: Store;
let directory: string;
let judge: ModelFile;
beforeAll(async () => {
  [store, directory] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), 'ekphrasis-exported-'))]);
  const bytes = writeSearchCheckpoint(smallSearchCheckpoint(ENCODER, WORDS.slice(4)), 'fp16');
  judge = { name: 'a judge', task: 'SEARCH', figures: null, checkpoint: bytes, checkpointSha256: sha256Of(bytes) };
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});
const space = () => new FreeSpace(directory, 0);

describe('an exported model', () => {
  test.each(['folder', 'model.tar', 'model.tar.gz'])(
    'comes back the same by way of %s, and is not doubled',
    async (name) => {
      const model = fileOf(one({}, 20 + name.length), `by ${name}`);
      const path = join(directory, name);
      await writeModelFiles(exportedFiles(model, judge), path, space());
      const first = await importModel(await readModelFiles(path), undefined, ENCODER, store);
      expect(first).toMatchObject({ wasThere: false, fits: true, model: { name: `by ${name}`, current: false } });
      expect(Buffer.from((await store.models.readCheckpoint(first.model.id)) ?? [])).toEqual(
        Buffer.from(model.checkpoint),
      );
      const again = await importModel(model.checkpoint, 'another name', OTHER, store);
      expect(again).toMatchObject({ wasThere: true, fits: false, model: { id: first.model.id, name: `by ${name}` } });
    },
  );

  test('takes the place of nothing', async () => {
    const path = join(directory, 'taken');
    await writeFile(path, 'mine');
    await expect(writeModelFiles(exportedFiles(fileOf(one({}, 1))), path, space())).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  test('is told of by its manifest and its card', () => {
    const files = exportedFiles(fileOf(one({}, 1)), judge);
    expect([...files.keys()].sort()).toEqual(
      [
        'card.md',
        'judge/model.safetensors',
        'judge/onnx/photo.onnx',
        'judge/onnx/text.onnx',
        'judge/vocabulary.json',
        'model.json',
        'model.safetensors',
        'onnx/photo.onnx',
        'onnx/step.onnx',
        'vocabulary.json',
      ].sort(),
    );
    const manifest = JSON.parse(Buffer.from(files.get('model.json') ?? []).toString()) as object;
    expect(manifest).toMatchObject({
      encoder: ENCODER,
      search: { beamWidth: 20, lengthExponent: 0.7, maximumLength: 20 },
      judge: { name: 'small', words: 24 },
    });
  });
});

describe('what is not as it was exported is refused, and nothing is stored', () => {
  const files = exportedFiles(fileOf(one({}, 40)));
  const without = (path: string) => new Map([...files].filter(([name]) => name !== path));
  const changed = (path: string) => {
    const bytes = Uint8Array.from(files.get(path) ?? []);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    return new Map([...files, [path, bytes]]);
  };
  const checkpoint = files.get('model.safetensors') ?? new Uint8Array();
  test.each([
    ['a changed checkpoint', changed('model.safetensors'), 'model.safetensors is damaged'],
    ['a changed graph', changed('onnx/step.onnx'), 'onnx/step.onnx is damaged'],
    ['a missing graph', without('onnx/photo.onnx'), 'onnx/photo.onnx is missing'],
    ['no manifest', without('model.json'), 'There is no model.json'],
    [
      'a manifest of something else',
      new Map([['model.json', Buffer.from('{"format":"x"}')]]),
      'model.json is of no model',
    ],
    ['half a checkpoint', checkpoint.subarray(0, checkpoint.length / 2), ''],
    ['a photo', Buffer.from('not a model at all'), ''],
  ])('%s', async (_, given, said) => {
    const before = await store.models.count();
    await expect(importModel(given, undefined, ENCODER, store)).rejects.toMatchObject({
      code: 'INVALID_CHECKPOINT',
      message: expect.stringContaining(said) as string,
    });
    expect(await store.models.count()).toBe(before);
  });

  test('half an archive', async () => {
    const path = join(directory, 'whole.tar.gz');
    await writeModelFiles(files, path, space());
    const half = join(directory, 'half.tar.gz');
    await writeFile(half, (await readFile(path)).subarray(0, (await stat(path)).size / 2));
    await expect(readModelFiles(half)).rejects.toMatchObject({ code: 'INVALID_CHECKPOINT' });
  });
});

const python = await pythonWith('examples/requirements.txt');
/** For each network; the first has fifty. */
const PHOTOS = 6;
const MOST = 50;

describe.skipIf('reason' in python)(
  `Python${'reason' in python ? ` (left out, as its packages cannot be had: ${python.reason})` : ''}`,
  () => {
    const path = 'path' in python ? python.path : '';
    let regions: Uint16Array[];
    beforeAll(() => {
      regions = Array.from({ length: MOST }, (_, photo) =>
        toHalf(
          Float32Array.from({ length: SMALL.regions * SMALL.regionSize }, (__, place) =>
            Math.max(0, 3 * Math.sin(place * (photo + 1) * 0.37)),
          ),
        ),
      );
    });

    /** What would be seen of so many photos. */
    async function writeFeatures(count: number): Promise<string> {
      const file = join(directory, `${count}.safetensors`);
      const tensors = regions
        .slice(0, count)
        .map((data, photo): [string, StoredTensor] => [
          `${String(photo).padStart(2, '0')}.jpg`,
          { type: 'F16', shape: [SMALL.regions, SMALL.regionSize], data },
        ]);
      await writeFile(file, encodeSafetensors(new Map(tensors), { encoder: ENCODER }));
      return file;
    }

    test.each(Object.entries(NETWORKS))('writes the same captions with %s', async (name, checkpoint) => {
      const folder = join(directory, name.replaceAll(' ', '-'));
      const own = regions.slice(0, checkpoint === Object.values(NETWORKS)[0] ? MOST : PHOTOS);
      const features = await writeFeatures(own.length);
      const file = fileOf(checkpoint);
      await writeModelFiles(exportedFiles(file, judge), folder, space());
      const captioner = Captioner.load(readCheckpoint(file.checkpoint), 1);
      const searchModel = SearchModel.open(judge.checkpoint, 1);
      const written = async (options: Parameters<Captioner['caption']>[1], judged: boolean) =>
        (await captioner.caption(own, options, judged ? (...asked) => searchModel.likeness(...asked) : undefined)).map(
          ([best], photo) => `${String(photo).padStart(2, '0')}.jpg: ${best?.text ?? ''}`,
        );
      const ran = async (...options: string[]) =>
        (await runPython(path, 'examples/caption.py', folder, features, ...options)).trim().split('\n');
      expect(await ran()).toEqual(await written({}, true));
      expect(await ran('--beam', '1')).toEqual(await written({ beamWidth: 1, consensus: false }, false));
      // The checkpoint's own numbers, by the equations of docs/checkpoint.md.
      expect(Number(await runPython(path, 'test/models/equations.py', folder, features))).toBeLessThan(1e-4);
      await captioner.close();
      await searchModel.close();
    });

    test('refuses features of another encoder', async () => {
      const foreign = join(directory, 'foreign.safetensors');
      const data = regions[0] ?? new Uint16Array();
      const tensor: StoredTensor = { type: 'F16', shape: [SMALL.regions, SMALL.regionSize], data };
      await writeFile(foreign, encodeSafetensors(new Map([['a.jpg', tensor]]), { encoder: OTHER }));
      const folder = join(directory, 'attention-with-LSTM');
      await expect(runPython(path, 'examples/caption.py', folder, foreign)).rejects.toThrow(
        'features of another encoder',
      );
    });
  },
);

test('the example is short enough to be read', async () => {
  const lines = (await readFile('examples/caption.py', 'utf8')).trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(120);
});

import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TrainingData, type TrainingImageWithRegions, writeTrainingData } from '../../src/training/data.js';
import { holdsInAMirror } from '../../src/training/mirroring.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';
import { ENCODER } from '../store/records.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-data-'));
});
afterAll(() => rm(directory, { recursive: true }));

const view = (value: number) => new Uint16Array(49 * 512).fill(value);
const image = (name: string, split: 'train' | 'dev', ...values: readonly number[]): TrainingImageWithRegions => ({
  name,
  split,
  captions: [`this is ${name}`],
  views: values.map(view),
});

async function* each(images: readonly TrainingImageWithRegions[]): AsyncGenerator<TrainingImageWithRegions> {
  for (const one of images) yield await Promise.resolve(one);
}

test('every view of every image is read back from its place', async () => {
  const path = join(directory, 'whole');
  const images = [image('one', 'train', 1, 2), image('two', 'dev', 3), image('three', 'train', 4, 5)];
  await writeTrainingData(path, { encoder: { id: ENCODER, ...VGG16_SHAPE }, images: each(images) });
  const data = await TrainingData.open(path);
  expect(data.images).toEqual(images.map(({ views, ...rest }) => ({ ...rest, views: views.length })));
  const places = [
    { index: 2, view: 1 },
    { index: 0, view: 0 },
    { index: 1, view: 0 },
    { index: 0, view: 1 },
    { index: 2, view: 0 },
  ];
  const regions = await data.readRegions(places);
  await data.close();
  expect(places.map((_, row) => new Set(regions.subarray(row * 49 * 512, (row + 1) * 49 * 512)))).toEqual(
    [5, 1, 3, 2, 4].map((value) => new Set([value])),
  );
});

test('a folder that was cut short is refused', async () => {
  const path = join(directory, 'cut');
  await writeTrainingData(path, {
    encoder: { id: ENCODER, ...VGG16_SHAPE },
    images: each([image('one', 'train', 1, 2), image('two', 'dev', 3)]),
  });
  await truncate(join(path, 'regions.f16'), 2 * 49 * 512 * 2);
  await expect(TrainingData.open(path)).rejects.toMatchObject({ code: 'INVALID_DATASET' });
});

test('without a dev split there is nothing to train with, and no folder is left that looks whole', async () => {
  const path = join(directory, 'lacking');
  const written = writeTrainingData(path, {
    encoder: { id: ENCODER, ...VGG16_SHAPE },
    images: each([image('one', 'train', 1)]),
  });
  await expect(written).rejects.toMatchObject({
    code: 'INVALID_DATASET',
    message: expect.stringContaining('dev') as string,
  });
  expect(await readdir(directory)).not.toContain('lacking');
});

test.each([
  [['a dog runs', 'the bright dog is righteous'], true],
  [['a dog runs', 'a dog on the LEFT.'], false],
  [['the right-hand door'], false],
  [[], true],
])('whether %j is true in a mirror: %s', (captions, holds) => {
  expect(holdsInAMirror(captions)).toBe(holds);
});

/** Trains a search model on drawn scenes, as VGG16 with random weights sees them: no download, and real in all else. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openScenes } from '../../src/datasets/scenes.js';
import { readSearchCheckpoint } from '../../src/retrieval/checkpoint.js';
import type { TrainingImageWithRegions } from '../../src/training/data.js';
import { writeTrainingData } from '../../src/training/data.js';
import { searchSettingsSchema } from '../../src/training/search/settings.js';
import type { SearchEpoch } from '../../src/training/search/train.js';
import { trainSearch } from '../../src/training/search/train.js';
import { Vgg16Encoder } from '../../src/vision/encoder.js';

const TRAIN = 160;
const DEV = 40;

let directory: string;
let dataFile: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-search-'));
  dataFile = join(directory, 'data');
  const encoder = await Vgg16Encoder.load({ weights: 'random:5', precision: 'int8', cacheDirectory: directory });
  async function* images(): AsyncGenerator<TrainingImageWithRegions> {
    for await (const item of openScenes({ seed: 3, train: TRAIN, dev: DEV }).items) {
      const { name, split, captions } = item;
      const [features] = await encoder.encode([await item.read()]);
      if (features && (split === 'train' || split === 'dev')) yield { name, split, captions, views: [features.regions] };
    }
  }
  await writeTrainingData(dataFile, { encoder: encoder.id, images: images() });
  await encoder.close();
});
afterAll(() => rm(directory, { recursive: true }));

async function trained(name: string, epochs: number): Promise<{ epochs: SearchEpoch[]; file: Uint8Array }> {
  const settings = searchSettingsSchema.parse({
    epochs, batchImages: 40, captionsPerImage: 3, learningRate: 5e-3, weightDecay: 0, dropout: false, averageDecay: 0.8, wordSize: 24, hiddenSize: 32,
  });
  const told: SearchEpoch[] = [];
  const best = await trainSearch(
    { name: 'scenes', dataFile, outputDirectory: join(directory, name), settings, compute: { engine: 'onnx', device: 'cpu' } },
    (epoch) => told.push(epoch),
  );
  return { epochs: told, file: await readFile(best) };
}

it('finds scenes that it has not seen by what is said of them, and what is said by the scene', { timeout: 120_000 }, async () => {
  const { epochs, file } = await trained('search', 6);
  const last = epochs.at(-1);
  expect(last?.loss).toBeLessThan(epochs[0]?.loss ?? 0);
  // By chance one query in four would find its scene among the first ten of forty.
  expect(last?.textToImage.recall[2]).toBeGreaterThan(0.6);
  expect(last?.imageToText.recall[2]).toBeGreaterThan(0.6);
  expect(readSearchCheckpoint(file).header.vocabulary).toContain('circle');
});

it('gives the same file for the same seed, bit by bit', { timeout: 120_000 }, async () => {
  const [one, other] = [await trained('one', 1), await trained('other', 1)];
  expect(Buffer.from(one.file).equals(Buffer.from(other.file))).toBe(true);
});

/** Trains a search model on drawn scenes, as VGG16 with random weights sees them: no download, and real in all else. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openScenes } from '../../src/datasets/scenes.js';
import { readSearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import type { TrainingImageWithRegions } from '../../src/training/data.js';
import { writeTrainingData } from '../../src/training/data.js';
import { searchSettingsSchema } from '../../src/training/joint-embedding/settings.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { checkpointName } from '../../src/training/run-folder.js';
import { train } from '../../src/training/train.js';
import { openVgg16Encoder } from '../../src/vision/vgg16/encoder.js';

const TRAIN = 160;
const DEV = 40;

let directory: string;
let dataFile: string;
/** A training that nothing disturbed. */
let whole: Training;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-search-'));
  dataFile = join(directory, 'data');
  const encoder = await openVgg16Encoder({ weights: 'random:5', precision: 'int8', cacheDirectory: directory });
  async function* images(): AsyncGenerator<TrainingImageWithRegions> {
    for await (const item of openScenes({ seed: 3, train: TRAIN, dev: DEV }).items) {
      const { name, split, captions } = item;
      const [features] = await encoder.encode([await item.read()]);
      if (features && (split === 'train' || split === 'dev'))
        yield { name, split, captions, views: [features.regions] };
    }
  }
  await writeTrainingData(dataFile, { encoder, images: images() });
  await encoder.close();
  whole = await trained('whole', 3);
});
afterAll(() => rm(directory, { recursive: true }));

const directoryOf = async (name: string) => {
  await mkdir(join(directory, name), { recursive: true });
  return join(directory, name);
};

interface Training {
  readonly events: readonly TrainingEvent[];
  readonly file: Uint8Array;
}

/** Trains in the folder of this name, on behind what lies there. */
async function trained(name: string, epochs: number, until = epochs): Promise<Training> {
  const settings = searchSettingsSchema.parse({
    epochs,
    batchImages: 40,
    captionsPerImage: 3,
    learningRate: 5e-3,
    weightDecay: 0,
    dropout: 0,
    averageDecay: 0.8,
    embeddingSize: 24,
    hiddenSize: 32,
  });
  const outputDirectory = await directoryOf(name);
  const events: TrainingEvent[] = [];
  const run = train(
    {
      task: 'SEARCH',
      name: 'scenes',
      dataFile,
      outputDirectory,
      settings,
      compute: { engine: 'onnx', device: 'cpu' },
      resume: true,
    },
    (event) => {
      events.push(event);
      if (event.type === 'epoch' && event.epoch === until && until < epochs) throw new Stopped();
    },
  );
  await run.catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error;
  });
  const last = events.findLast((event) => event.type === 'finished');
  return {
    events,
    file: await readFile(join(outputDirectory, checkpointName(last?.type === 'finished' ? last.bestEpoch : until))),
  };
}

/** Thrown where a test breaks a training off. */
class Stopped extends Error {}

it('finds scenes that it has not seen by what is said of them, and what is said by the scene', () => {
  const { events, file } = whole;
  const epochs = events.flatMap((event) => (event.type === 'epoch' ? [event] : []));
  const last = epochs.at(-1);
  expect(last?.loss).toBeLessThan(epochs[0]?.loss ?? 0);
  expect(last).toMatchObject({ bleu: null, cider: null, samples: [] });
  // By chance one query in four would find its scene among the first ten of forty.
  expect(last?.retrieval?.textToImage.recall[2]).toBeGreaterThan(0.6);
  expect(last?.retrieval?.imageToText.recall[2]).toBeGreaterThan(0.6);
  expect(readSearchCheckpoint(file).header.vocabulary).toContain('circle');
});

it('gives the same file for the same seed, bit by bit, also when it is broken off and gone on with', async () => {
  await trained('other', 3, 1);
  const other = await trained('other', 3);
  expect(other.events.flatMap((event) => (event.type === 'epoch' ? [event.epoch] : []))).toEqual([1, 2, 3]);
  expect(Buffer.from(whole.file).equals(Buffer.from(other.file))).toBe(true);
});

/** A training of seconds: made-up photos with captions that follow from what is seen, and a small decoder. */
import { join } from 'node:path';
import type { EncoderId } from '../../src/ids.js';
import { toHalf } from '../../src/files/half.js';
import type { TrainingImageWithRegions } from '../../src/training/data.js';
import { writeTrainingData } from '../../src/training/data.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { RandomStream } from '../../src/training/random.js';
import type { EngineWish } from '../../src/training/settings.js';
import { trainingSettingsSchema } from '../../src/training/settings.js';
import type { CaptionRun } from '../../src/training/run.js';
import { regionValues } from '../../src/vision/encoder.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';
import { startTrainer } from '../../src/training/trainer.js';

const WORDS = ['red', 'green', 'blue', 'round', 'square'];
const REGION_VALUES = regionValues(VGG16_SHAPE);

// The linter wants an await in an async generator; the data are asked for one by one anyway.
async function* photos(): AsyncGenerator<TrainingImageWithRegions> {
  const random = new RandomStream(3, 'photos');
  for (let place = 0; place < 10; place++) {
    const regions = toHalf(Array.from({ length: REGION_VALUES }, () => Math.max(0, random.uniform() - 0.5)));
    const words = [WORDS[place % 5], WORDS[(place * 2 + 1) % 5], WORDS[place % 3]].slice(0, 2 + (place % 2)).join(' ');
    yield await Promise.resolve({
      name: `${place}.png`,
      split: place < 8 ? 'train' : 'dev',
      captions: [`a ${words}`, words],
      views: [regions],
    });
  }
}

/** Writes the photos into `directory` and says how to train on them there. */
export async function tinyTraining(directory: string, compute: EngineWish): Promise<CaptionRun> {
  const dataFile = join(directory, 'data');
  await writeTrainingData(dataFile, {
    encoder: { id: 'encoder-of-tests' as EncoderId, ...VGG16_SHAPE },
    images: photos(),
  });
  const settings = trainingSettingsSchema.parse({
    epochs: 2,
    batchImages: 4,
    minimumWordCount: 1,
    warmUpSteps: 1,
    embeddingSize: 8,
    hiddenSize: 12,
    attentionSize: 8,
    validationBeamWidth: 1,
  });
  return { task: 'CAPTION', name: 'tiny', dataFile, outputDirectory: directory, settings, compute };
}

type Told = Exclude<TrainingEvent, { type: 'stage' }>;

/** Trains in a process of its own to its end. What it is at, which `test/training/stages.test.ts` is about, is left out. */
export async function eventsOf(run: CaptionRun): Promise<Told[]> {
  const events: Told[] = [];
  for await (const event of startTrainer(run).events) if (event.type !== 'stage') events.push(event);
  return events;
}

export const lossesIn = (events: readonly TrainingEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'epoch' ? [event.loss] : []));

/** The shipped model fine-tuned on corrections, by the trainer and the recipe that the server has. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { architecturesOf, type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import type { ModelId, Sha256 } from '../../src/ids.js';
import { writeTrainingData } from '../../src/training/data.js';
import { checkpointName } from '../../src/training/run-folder.js';
import { type TrainingSettings, trainingSettingsSchema } from '../../src/training/settings.js';
import { startTrainer } from '../../src/training/trainer.js';
import { CORRECTIONS_RECIPE } from '../../src/trainings/corrections.js';
import type { RegionSource } from '../../src/vision/encoder.js';
import type { Photo } from './photos.js';

interface FineTuning {
  readonly seed: number;
  readonly encoder: RegionSource;
  /** For the training alone; it is gone afterwards. */
  readonly directory: string;
  /** In place of the recipe's. */
  readonly settings?: Partial<TrainingSettings> | undefined;
}

interface Learned {
  readonly checkpoint: Checkpoint;
  readonly seconds: number;
  /** Which of its epochs is the model. */
  readonly epoch: number;
}

/** @param photos corrected ones, of the train and the dev split */
export async function fineTune(
  model: Checkpoint,
  photos: readonly Photo[],
  { seed, encoder, directory, settings: others }: FineTuning,
): Promise<Learned> {
  const started = performance.now();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const dataFile = join(directory, 'data');
  await writeTrainingData(dataFile, { encoder, images: views(photos) });
  const path = join(directory, 'from.safetensors');
  const bytes = writeCheckpoint(model, 'fp16');
  await writeFile(path, bytes);
  const { regions: _, regionSize: __, ...network } = architecturesOf(model.header.settings)[0] ?? {};
  const settings = trainingSettingsSchema.parse({ ...network, seed, ...CORRECTIONS_RECIPE, ...others });
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
  const run = {
    task: 'CAPTION',
    name: model.header.name,
    dataFile,
    outputDirectory: directory,
    settings,
    compute: { engine: 'onnx', device: 'cpu' },
    from: { id: 'shipped' as ModelId, name: model.header.name, sha256, path },
  } as const;
  for await (const event of startTrainer(run).events) {
    if (event.type === 'failed') throw new Error(event.message);
    if (event.type !== 'finished') continue;
    const checkpoint = readCheckpoint(await readFile(join(directory, checkpointName(event.bestEpoch))));
    await rm(directory, { recursive: true, force: true });
    return { checkpoint, seconds: (performance.now() - started) / 1000, epoch: event.bestEpoch };
  }
  throw new Error('the trainer ended without a model');
}

async function* views(photos: readonly Photo[]) {
  for (const { name, split, captions, regions } of photos)
    yield await Promise.resolve({ name, split, captions, views: [regions] });
}

/** A collection to be photographed: scenes, two models trained on them, and what the better one writes. */
import { importDataset } from '../../src/collection/import-dataset.js';
import type { Application } from '../../src/application.js';
import { openScenes } from '../../src/datasets/scenes.js';

const SCENES = { seed: 1, train: 500, dev: 60 };

/** Small decoders, which learn scenes in a minute or two: first one that is left half-way, then one that knows them. */
const TRAININGS = [
  { name: 'scenes, small', epochs: 10, settings: { embeddingSize: 48, hiddenSize: 96, attentionSize: 48 } },
  { name: 'scenes, large', epochs: 16, settings: { embeddingSize: 64, hiddenSize: 128, attentionSize: 64 } },
];
const COMMON = {
  seed: 1,
  batchImages: 16,
  learningRate: 4e-3,
  warmUpSteps: 30,
  dropout: 0,
  mirror: false,
  validationImages: 60,
};

export async function setStage(application: Application): Promise<void> {
  await importDataset(openScenes(SCENES), await application.collection());
  await application.work();
  for (const { name, epochs, settings } of TRAININGS) {
    const { id } = await application.training.start({
      name,
      dataset: 'scenes',
      settings: { ...COMMON, ...settings, epochs },
    });
    for await (const event of application.training.progress(id)) {
      if (event.type === 'epoch')
        console.log(`${name}: epoch ${event.epoch.epoch}, CIDEr-D ${event.epoch.cider?.toFixed(3) ?? ''}`);
      if (event.type === 'job' && event.job.state === 'FAILED') throw new Error(`${name} was not trained`);
    }
  }
  const job = await application.jobs.caption({ onlyMissing: true });
  for await (const { state } of application.jobs.progress(job.id))
    if (state === 'FAILED') throw new Error('the scenes were not captioned');
}

/**
 * The study's comparison: merge, show-and-tell and attention, each trained by cross-entropy on Flickr8k at equal
 * settings and measured on its dev photos. Ended early, it goes on where it was: npx tsc -p bench/study && node
 * dist/bench/bench/study/run.js FLICKR8K_FOLDER --out FOLDER [--epochs 20]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodersOf, readCheckpoint } from '../../src/captioner/checkpoint.js';
import { ARCHITECTURES, type Architecture } from '../../src/captioner/decoders/all.js';
import { sizeOf } from '../../src/tensors/graph.js';
import { TrainingData } from '../../src/training/data.js';
import type { TrainingEpoch } from '../../src/training/events.js';
import { checkpointName } from '../../src/training/run-folder.js';
import { trainingSettingsSchema } from '../../src/training/settings.js';
import { startTrainer } from '../../src/training/trainer.js';
import { packPhotos } from './data.js';
import { describe, type DevPhoto, type Figures, figuresOf, write, type Written } from './measure.js';

const {
  values,
  positionals: [folder],
} = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    epochs: { type: 'string', default: '20' },
    architectures: { type: 'string', default: [...ARCHITECTURES].reverse().join() },
  },
});
const { out, epochs } = values;
if (folder === undefined || out === undefined)
  throw new Error(
    'usage: run.js FLICKR8K_FOLDER --out FOLDER [--epochs 20] [--architectures merge,show-and-tell,attention]',
  );
const architectures = ARCHITECTURES.filter((name) => values.architectures.split(',').includes(name)).reverse();

await mkdir(out, { recursive: true });
const dataFile = join(out, 'data');
await packPhotos(folder, dataFile);
const data = await TrainingData.open(dataFile);
const photos: DevPhoto[] = [];
const dev = data.images.flatMap(({ split, captions }, index) =>
  split === 'dev' && captions.length > 0 ? [index] : [],
);
for await (const chunk of data.inChunks(dev)) photos.push(...chunk.map(describe));

interface Trained {
  readonly architecture: Architecture;
  readonly history: readonly TrainingEpoch[];
  readonly seconds: number;
  readonly parameters: number;
  readonly greedy: Written;
  readonly beam: Written;
}

/** Seconds of every epoch stand in a file: the training may have been ended and begun again in between. */
async function trained(architecture: Architecture): Promise<Trained> {
  const directory = join(out ?? '', architecture);
  await mkdir(directory, { recursive: true });
  // No mirrored photos, no second phase: what the study did, for all three.
  const settings = trainingSettingsSchema.parse({
    epochs: Number(epochs),
    architecture,
    mirror: false,
    validationBeamWidth: 1,
  });
  const done = join(directory, 'history.json');
  let history = await readHistory(done);
  if (history.length < settings.epochs) {
    const run = {
      task: 'CAPTION',
      name: architecture,
      dataFile,
      outputDirectory: directory,
      settings,
      compute: { engine: 'onnx', device: 'auto' },
      resume: true,
    } as const;
    for await (const event of startTrainer(run).events) {
      if (event.type === 'failed') throw new Error(`${architecture}: ${event.message}`);
      if (event.type !== 'epoch') continue;
      history = [...history.filter(({ epoch }) => epoch < event.epoch), event];
      await writeFile(done, JSON.stringify(history));
      console.error(
        `${architecture}: epoch ${event.epoch}, loss ${event.loss.toFixed(3)}, CIDEr-D ${event.cider?.toFixed(3) ?? '?'}, ${event.seconds.toFixed(0)} s`,
      );
    }
  }
  const best = history.reduce((a, b) => (quality(b) > quality(a) ? b : a));
  const checkpoint = join(directory, checkpointName(best.epoch));
  const { header } = readCheckpoint(await readFile(checkpoint));
  const parameters = decodersOf(header)
    .flatMap(({ shapes }) => Object.values(shapes))
    .reduce((sum, shape) => sum + sizeOf(shape), 0);
  const [greedy, beam] = [await write(checkpoint, photos, 1), await write(checkpoint, photos, 5)];
  return {
    architecture,
    history,
    seconds: history.reduce((sum, epoch) => sum + epoch.seconds, 0),
    parameters,
    greedy,
    beam,
  };
}

const quality = ({ cider, bleu }: TrainingEpoch) => (cider ?? 0) + (bleu?.[3] ?? 0);

async function readHistory(path: string): Promise<TrainingEpoch[]> {
  return JSON.parse(await readFile(path, 'utf8').catch(() => '[]')) as TrainingEpoch[];
}

const percent = (value: number | undefined) => ((value ?? NaN) * 100).toFixed(1);
const inWords = ({ bleu, cider }: Figures) => `${bleu.map(percent).join(' / ')} | ${cider.toFixed(3)}`;

const networks: Trained[] = [];
for (const architecture of architectures) networks.push(await trained(architecture));

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores; ${photos.length} dev photos; ${epochs} epochs.\n`,
);
console.log(
  '| Network | Parameters | Seconds an epoch | Loss, first to last epoch | Best epoch | ms a photo, greedy / beam 5 |\n|---|---|---|---|---|---|',
);
for (const { architecture, history, seconds, parameters, greedy, beam } of networks) {
  const best = history.reduce((a, b) => (quality(b) > quality(a) ? b : a));
  const losses = `${history[0]?.loss.toFixed(3) ?? ''} to ${history.at(-1)?.loss.toFixed(3) ?? ''}`;
  const speed = `${greedy.milliseconds.toFixed(1)} / ${beam.milliseconds.toFixed(1)}`;
  console.log(
    `| ${architecture} | ${(parameters / 1e6).toFixed(2)} million | ${(seconds / history.length).toFixed(0)} | ${losses} | ${best.epoch} | ${speed} |`,
  );
}
console.log('\n| Network | Search | BLEU-1 / 2 / 3 / 4 | CIDEr-D |\n|---|---|---|---|');
for (const { architecture, greedy, beam } of networks) {
  console.log(`| ${architecture} | greedy | ${inWords(figuresOf(greedy, photos))} |`);
  console.log(`| ${architecture} | beam 5 | ${inWords(figuresOf(beam, photos))} |`);
}

const strata: readonly (readonly [string, (photo: DevPhoto) => boolean])[] = [
  ['at most 3 things', ({ things }) => things <= 3],
  ['4 or 5 things', ({ things }) => things === 4 || things === 5],
  ['6 or 7 things', ({ things }) => things === 6 || things === 7],
  ['8 things or more', ({ things }) => things >= 8],
  ['captions of fewer than 10 words', ({ length }) => length < 10],
  ['10 to 12 words', ({ length }) => length >= 10 && length < 12],
  ['12 words or more', ({ length }) => length >= 12],
];
console.log('\n| Photos (beam 5) | Number | Network | BLEU-1 / 2 / 3 / 4 | CIDEr-D |\n|---|---|---|---|---|');
for (const [name, fits] of strata) {
  for (const { architecture, beam } of networks) {
    const figures = figuresOf(beam, photos, fits);
    console.log(`| ${name} | ${figures.photos} | ${architecture} | ${inWords(figures)} |`);
  }
}
await data.close();

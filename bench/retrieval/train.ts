/** Trains the search model of models/: `npx tsc -p bench/retrieval && node dist/bench/bench/retrieval/train.js --dataset FLICKR8K --out DIR`. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { searchSettingsSchema } from '../../src/training/search/settings.js';
import { trainSearch } from '../../src/training/search/train.js';
import { packDataset } from './pack.js';

const { values: options } = parseArgs({
  options: {
    dataset: { type: 'string' },
    data: { type: 'string', default: 'retrieval-training-data' },
    out: { type: 'string', default: 'retrieval-training' },
    captioner: { type: 'string', default: join('models', 'flickr8k.safetensors') },
    name: { type: 'string', default: 'flickr8k-search' },
    /** JSON, see SearchSettings. */
    settings: { type: 'string', default: '{}' },
  },
});

if (!existsSync(options.data)) {
  if (options.dataset === undefined) throw new Error(`there is no ${options.data}: name the data set with --dataset`);
  await packDataset(options.dataset, options.data, { mirror: true });
}
await mkdir(options.out, { recursive: true });
const best = await trainSearch(
  {
    name: options.name,
    dataFile: options.data,
    outputDirectory: options.out,
    settings: searchSettingsSchema.parse(JSON.parse(options.settings)),
    compute: { engine: 'onnx', device: 'auto' },
    captioner: readCheckpoint(await readFile(options.captioner)),
  },
  ({ epoch, loss, seconds, textToImage, imageToText }) => {
    const percents = ({ recall }: typeof textToImage) => recall.map((share) => (100 * share).toFixed(1)).join(' / ');
    console.log(`| ${epoch} | ${loss.toFixed(3)} | ${seconds.toFixed(0)} | ${percents(textToImage)} | ${percents(imageToText)} |`);
  },
);
console.log(`the best: ${best}`);

/**
 * Recipes compared, one after another, after 100 corrections of each collection: npx tsc -p bench/corrections && node
 * dist/bench/bench/corrections/recipes.js FLICKR8K_FOLDER --out FOLDER --recipes '[{"learningRate": 3e-4}, …]'
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import type { TrainingSettings } from '../../src/training/settings.js';
import { byChance, corrected, divide } from './collections.js';
import { fineTune } from './fine-tuning.js';
import { figuresOf, write } from './measure.js';
import { openPhotos, type Photo } from './photos.js';

const {
  values: { out, recipes, corrections, collections: named },
  positionals: [folder],
} = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    recipes: { type: 'string', default: '[{}]' },
    corrections: { type: 'string', default: '100' },
    collections: { type: 'string', default: 'cluster,scenes' },
  },
});
if (folder === undefined || out === undefined)
  throw new Error('usage: recipes.js FLICKR8K_FOLDER --out FOLDER --recipes JSON [--corrections 100]');

const { encoder, ...photos } = await openPhotos(folder, join(out, 'seen'));
const { collections, rest } = divide({ encoder, ...photos });
const shipped = readCheckpoint(await readFile('models/flickr8k.safetensors'));
/** Enough to see what is forgotten. */
const others = rest.slice(0, 200);
const inWords = (captions: readonly string[], of: readonly Photo[]) => {
  const { cider, bleu4 } = figuresOf(captions, of);
  return `${cider.toFixed(3)}, ${(100 * bleu4).toFixed(1)}`;
};

console.log(
  '| collection | recipe | never corrected: CIDEr-D, BLEU-4 | 200 others | seconds | epoch |\n|---|---|---|---|---|---|',
);
for (const collection of collections.filter(({ name }) => named.split(',').includes(name))) {
  const { name, pool, never } = collection;
  console.log(
    `| ${name} | none | ${inWords(await write(shipped, never), never)} | ${inWords(await write(shipped, others), others)} | | |`,
  );
  const given = byChance(pool, 1)
    .slice(0, Number(corrections))
    .map((photo) => corrected(photo, 1));
  for (const settings of JSON.parse(recipes) as Partial<TrainingSettings>[]) {
    const directory = join(out, `recipe-${process.pid}`);
    const { checkpoint, seconds, epoch } = await fineTune(shipped, given, { seed: 1, encoder, directory, settings });
    console.log(
      `| ${name} | ${JSON.stringify(settings)} | ${inWords(await write(checkpoint, never), never)} | ${inWords(await write(checkpoint, others), others)} | ${seconds.toFixed(0)} | ${epoch} |`,
    );
  }
}

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
import { figuresOf, rehearsal, write } from './measure.js';
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
const { collections, beside, rest } = divide({ encoder, ...photos });
const shipped = readCheckpoint(await readFile('models/flickr8k.safetensors'));
/** Settings in place of those of the recipe, and photos with the model's own captions among those learned. */
type Recipe = Partial<TrainingSettings> & { readonly rehearsed?: number };

const inWords = (captions: readonly string[], of: readonly Photo[]) => {
  const { cider, bleu4 } = figuresOf(captions, of);
  return `${cider.toFixed(3)}, ${(100 * bleu4).toFixed(1)}`;
};

console.log(
  '| collection | recipe | never corrected: CIDEr-D, BLEU-4 | Flickr8k’s other dev photos | seconds | epoch |\n|---|---|---|---|---|---|',
);
for (const collection of collections.filter(({ name }) => named.split(',').includes(name))) {
  const { name, pool, never } = collection;
  console.log(
    `| ${name} | none | ${inWords(await write(shipped, never), never)} | ${inWords(await write(shipped, rest), rest)} | | |`,
  );
  const given = byChance(pool, 1)
    .slice(0, Number(corrections))
    .map((photo) => corrected(photo, 1));
  for (const { rehearsed = 0, ...settings } of JSON.parse(recipes) as Recipe[]) {
    const own = await rehearsal(shipped, beside.slice(0, rehearsed));
    const directory = join(out, `recipe-${process.pid}`);
    const { checkpoint, seconds, epoch } = await fineTune(shipped, [...given, ...own], {
      seed: 1,
      encoder,
      directory,
      settings,
    });
    console.log(
      `| ${name} | ${JSON.stringify({ ...settings, rehearsed })} | ${inWords(await write(checkpoint, never), never)} | ${inWords(await write(checkpoint, rest), rest)} | ${seconds.toFixed(0)} | ${epoch} |`,
    );
  }
}

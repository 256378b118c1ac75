/**
 * Our words and figures beside those of pycocoevalcap, which this runs: every caption of a folder of Flickr8k is divided by both, and
 * the first caption of each dev photo is measured against its others.
 *
 *     python3 -m venv .venv && .venv/bin/pip install -r bench/captions/requirements.txt      # and Java
 *     npx tsc -p bench/captions && node dist/bench/bench/captions/run.js FLICKR8K .venv/bin/python
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { cocoFigures } from '../../src/evaluation/coco-figures.js';
import { cocoAnnotations, cocoResults } from '../../src/evaluation/coco-results.js';
import { ptbWords } from '../../src/language/ptb-words.js';
import { bleuAmong } from '../../src/metrics/bleu.js';

const DIGITS = 4;
const figuresSchema = z.object({
  bleu: z.array(z.number()),
  cider: z.number(),
  rougeL: z.number(),
  images: z.number(),
});

const [folder, python = 'python3'] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of Flickr8k');
const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-captions-'));

async function ask(command: string, ...inputs: readonly unknown[]): Promise<unknown> {
  const paths = inputs.map((_, index) => join(directory, `${command}-${index}.json`));
  for (const [index, path] of paths.entries()) await writeFile(path, JSON.stringify(inputs[index]));
  const { stdout } = await promisify(execFile)(python, ['bench/captions/score.py', command, ...paths], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout);
}

const all: string[] = [];
const photos: { file: string; caption: string; references: string[] }[] = [];
for await (const { name, split, captions } of (await openDataset(folder)).items) {
  all.push(...captions);
  const [caption, ...references] = captions;
  if (split === 'dev' && caption !== undefined && references.length > 0)
    photos.push({ file: name, caption, references });
}

const theirWords = z.array(z.string()).parse(await ask('words', all));
const others = all.filter((text, index) => ptbWords(text).join(' ') !== theirWords[index]);
console.log(
  `${all.length} captions, of which ${others.length} are divided in another way: ${others.slice(0, 5).join(' | ')}`,
);

const theirs = figuresSchema.parse(await ask('figures', cocoAnnotations(photos), cocoResults(photos)));
const { figures } = cocoFigures(photos);
const pairs = [
  ...bleuAmong(figures).map((ours, n) => [`BLEU-${n + 1}`, ours, theirs.bleu[n]] as const),
  ['CIDEr-D', figures.cider, theirs.cider] as const,
  ['ROUGE-L', figures.rougeL, theirs.rougeL] as const,
];
console.log(`${photos.length} photos, ${theirs.images} of pycocoevalcap`);
for (const [name, ours = NaN, other = NaN] of pairs) {
  console.log(`${name.padEnd(8)} ${ours.toFixed(10)}  pycocoevalcap ${other.toFixed(10)}`);
  if (ours.toFixed(DIGITS) !== other.toFixed(DIGITS)) process.exitCode = 1;
}
await rm(directory, { recursive: true });

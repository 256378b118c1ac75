/**
 * Our metrics on real captions, beside those of the reference implementations: of every dev photo of Flickr8k the first
 * caption is measured against its other four. The figures of the references are kept in flickr8k-dev.json, the captions
 * are not.
 *
 *     npx tsc -p bench/metrics && node dist/bench/bench/metrics/run.js FLICKR8K
 *
 * With --corpus CORPUS.json it writes what recompute.py needs to make that file.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { intervalsOf } from '../../src/evaluation/bootstrap.js';
import { humanCeiling } from '../../src/evaluation/ceiling.js';
import { bleuAmong } from '../../src/metrics/bleu.js';
import { captionFigures, scoreCaptions, ScoreTable } from '../../src/metrics/scores.js';
import { tokenise } from '../../src/language/tokeniser.js';

const numbers = z.array(z.number());
const figuresSchema = z.object({
  versions: z.record(z.string(), z.string()),
  images: z.number(),
  nltk: z.object({ bleu: numbers, meteorStem: z.number(), meteorStemPerImage: numbers }),
  sacrebleu: z.object({ bleu: numbers, halfInterval: numbers, sentenceBleuPerImage: numbers }),
  pycocoevalcap: z.object({ cider: z.number(), ciderPerImage: numbers, rougeL: z.number(), rougeLPerImage: numbers }),
});

/** Captions of fewer words are left out: see recompute.py. */
const FEWEST_WORDS = 4;

const [folder, option, path] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of Flickr8k');
const captions: string[][] = [];
for await (const { split, captions: own } of (await openDataset(folder)).items) {
  const texts = own.map((text) => tokenise(text).join(' '));
  if (split === 'dev' && tokenise(texts[0] ?? '').length >= FEWEST_WORDS) captions.push(texts);
}
if (option === '--corpus' && path !== undefined) {
  await writeFile(path, JSON.stringify(captions.map(([candidate, ...references]) => ({ candidate, references }))));
} else {
  compare(figuresSchema.parse(JSON.parse(await readFile('bench/metrics/flickr8k-dev.json', 'utf8'))));
}

function compare(expected: z.infer<typeof figuresSchema>): void {
  const started = performance.now();
  const scores = scoreCaptions(
    captions.map(([first = '']) => tokenise(first)),
    captions.map(([, ...others]) => others.map((text) => tokenise(text))),
  );
  const table = new ScoreTable(scores);
  const figures = table.figures();
  const perCaption = scores.map(captionFigures);
  console.log(
    `${table.length} photos scored in ${(performance.now() - started).toFixed(0)} ms; reference figures of ${expected.images}, by ${JSON.stringify(expected.versions)}`,
  );
  bleuAmong(figures).forEach((score, index) => {
    report(`BLEU-${index + 1}`, score, expected.sacrebleu.bleu[index], 'sacreBLEU');
    report('', score, expected.nltk.bleu[index], 'NLTK');
  });
  report('CIDEr-D', figures.cider, expected.pycocoevalcap.cider, 'pycocoevalcap');
  report('ROUGE-L', figures.rougeL, expected.pycocoevalcap.rougeL, 'pycocoevalcap');
  report('METEOR without synonyms', figures.meteorStem, expected.nltk.meteorStem, 'NLTK');
  const worst = (ours: readonly number[], theirs: readonly number[]) =>
    Math.max(...theirs.map((value, index) => Math.abs(value - (ours[index] ?? NaN))));
  console.log('largest difference of a single photo, among the first 40:');
  console.log(
    `  BLEU ${worst(
      perCaption.map((one) => one.bleu4 ?? NaN),
      expected.sacrebleu.sentenceBleuPerImage,
    ).toExponential(1)}`,
  );
  console.log(
    `  CIDEr-D ${worst(
      perCaption.map((one) => one.cider ?? NaN),
      expected.pycocoevalcap.ciderPerImage,
    ).toExponential(1)}`,
  );
  console.log(
    `  ROUGE-L ${worst(
      perCaption.map((one) => one.rougeL ?? NaN),
      expected.pycocoevalcap.rougeLPerImage,
    ).toExponential(1)}`,
  );
  console.log(
    `  METEOR ${worst(
      perCaption.map((one) => one.meteorStem ?? NaN),
      expected.nltk.meteorStemPerImage,
    ).toExponential(1)}`,
  );
  const resampled = performance.now();
  const intervals = intervalsOf(table);
  console.log(`95 % intervals in ${(performance.now() - resampled).toFixed(0)} ms, half their width:`);
  expected.sacrebleu.halfInterval.forEach((half, index) => {
    const { low, high } = intervals[`bleu${index + 1}`] ?? { low: NaN, high: NaN };
    console.log(`  BLEU-${index + 1} ${((high - low) / 2).toFixed(4)}, sacreBLEU ${half.toFixed(4)}`);
  });
  const ceilingStarted = performance.now();
  const ceiling = humanCeiling(captions.map((own) => own.map((text) => tokenise(text))));
  console.log(
    `one person against the four others, every one in turn (${(performance.now() - ceilingStarted).toFixed(0)} ms): ${JSON.stringify(ceiling)}`,
  );
}

function report(name: string, ours = NaN, theirs: number | undefined, whose: string): void {
  console.log(
    `${name.padEnd(24)} ${ours.toFixed(10)}  ${whose} ${(theirs ?? NaN).toFixed(10)}  differs by ${Math.abs(ours - (theirs ?? NaN)).toExponential(1)}`,
  );
}

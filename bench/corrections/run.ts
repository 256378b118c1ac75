/**
 * How much a model learns from what people correct, and what it forgets for it. A collection unlike Flickr8k is
 * corrected by a simulated person; after so many corrections the shipped model is fine-tuned once, by the recipe of
 * `startTraining(task: CORRECTIONS)`. Then the orders in which photos can be asked about are compared. Ended early, it
 * goes on where it was: npx tsc -p bench/corrections && node dist/bench/bench/corrections/run.js FLICKR8K_FOLDER --out
 * FOLDER [--picture docs/corrections.svg] [--known]; with --known it shows what is computed so far
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Checkpoint, readCheckpoint } from '../../src/captioner/checkpoint.js';
import { CORRECTIONS_RECIPE } from '../../src/trainings/corrections.js';
import { chart, type Curve, mean } from './chart.js';
import { type Collection, corrected, divide } from './collections.js';
import { fineTune } from './fine-tuning.js';
import { figuresOf, rehearsal, write } from './measure.js';
import { inOrder, type Order, ORDERS } from './orders.js';
import { openPhotos, type Photo } from './photos.js';

const {
  values,
  positionals: [folder],
} = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    picture: { type: 'string' },
    document: { type: 'string' },
    known: { type: 'boolean', default: false },
  },
});
const { out, picture, document, known: knownAlone } = values;
if (folder === undefined || out === undefined)
  throw new Error('usage: run.js FLICKR8K_FOLDER --out FOLDER [--picture FILE.svg]');

const LEVELS = [20, 50, 100, 200];
const SEEDS = [1, 2];
/** Corrections after which the orders are compared. */
const ASKED = 50;
/** What is computed, what takes the least time first: whoever ends it early has whole rows. */
const WORK: readonly (readonly [number, Order])[] = [
  [20, 'chance'],
  [ASKED, 'chance'],
  [200, 'chance'],
  [ASKED, 'least sure'],
  [ASKED, 'most typical'],
  [100, 'chance'],
  [ASKED, 'spread'],
];

await mkdir(out, { recursive: true });
const { encoder, ...photos } = await openPhotos(folder, join(out, 'seen'));
const { collections, beside, rest } = divide({ encoder, ...photos });
const shipped = readCheckpoint(await readFile('models/flickr8k.safetensors'));

/** What the person has beside the collection, with what the shipped model writes for it: computed once. */
const ownWords = cell('beside', async () => ({
  never: [],
  rest: (await rehearsal(shipped, beside)).flatMap(({ captions }) => captions),
  seconds: 0,
  epoch: 0,
}));

async function rehearsed(count: number): Promise<Photo[]> {
  const { rest: own = [] } = (await ownWords) ?? {};
  return beside
    .slice(0, count)
    .map((photo, place) => ({ ...photo, split: 'train', captions: own.slice(place, place + 1) }));
}

interface Cell {
  /** Captions of the photos that are never corrected, and of Flickr8k's other dev photos. */
  readonly never: readonly string[];
  readonly rest: readonly string[];
  /** Of the training. */
  readonly seconds: number;
  readonly epoch: number;
}

/** A cell of the tables: out of its file, where it was computed before. */
async function cell(name: string, compute: () => Promise<Cell>): Promise<Cell | undefined> {
  const path = join(out ?? '', `${name}.json`);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as Cell;
  if (knownAlone) return undefined;
  const computed = await compute();
  await writeFile(path, JSON.stringify(computed));
  console.error(`${name}: ${computed.seconds.toFixed(0)} s, epoch ${computed.epoch}`);
  return computed;
}

async function written(model: Checkpoint, { never }: Collection, seconds = 0, epoch = 0): Promise<Cell> {
  return { never: await write(model, never), rest: await write(model, rest), seconds, epoch };
}

async function after(count: number, order: Order, collection: Collection, seed: number): Promise<Cell | undefined> {
  const name = `${collection.name}-${order.replace(' ', '-')}-${count}-${seed}`;
  return cell(name, async () => {
    const asked = (await inOrder(order, collection.pool, shipped, seed)).slice(0, count);
    const { checkpoint, seconds, epoch } = await fineTune(
      shipped,
      [...asked.map((photo) => corrected(photo, seed)), ...(await rehearsed(count))],
      { seed, encoder, directory: join(out ?? '', `training-${name}`) },
    );
    return written(checkpoint, collection, seconds, epoch);
  });
}

const percent = (share: number) => (100 * share).toFixed(1);
const both = (figures: readonly number[], inWords: (value: number) => string) =>
  inWords(mean(figures)) + (figures.length > 1 ? ` (${figures.map(inWords).join(', ')})` : '');
const three = (value: number) => value.toFixed(3);

function row(cells: readonly Cell[], { never }: Collection): string {
  const onNever = cells.map((each) => figuresOf(each.never, never));
  const onRest = cells.map((each) => figuresOf(each.rest, rest));
  return [
    both(
      onNever.map(({ cider }) => cider),
      three,
    ),
    both(
      onNever.map(({ bleu4 }) => bleu4),
      percent,
    ),
    both(
      onRest.map(({ cider }) => cider),
      three,
    ),
    both(
      onRest.map(({ bleu4 }) => bleu4),
      percent,
    ),
  ].join(' | ');
}

const HEAD = 'never corrected: CIDEr-D | BLEU-4 | Flickr8k’s other dev photos: CIDEr-D | BLEU-4 |';

/** The tables of a document stand between two of these. */
const MARK = '<!-- written by bench/corrections -->';
const said: string[] = [];
function say(text: string): void {
  said.push(text);
  console.log(text);
}

say(`${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores. The recipe: ${JSON.stringify(CORRECTIONS_RECIPE)}.`);
const curves: Curve[] = [];
const COLOURS = { cluster: '#1a6fb0', scenes: '#b0501a' };
/** What was computed of all seeds. */
async function ofSeeds(count: number, order: Order, collection: Collection): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const seed of SEEDS) {
    const computed = await after(count, order, collection, seed);
    if (computed) cells.push(computed);
  }
  return cells;
}

const bare = (collection: Collection) => cell(`${collection.name}-bare`, () => written(shipped, collection));
for (const collection of collections) await bare(collection);
for (const [level, order] of WORK)
  for (const collection of collections.toReversed()) await ofSeeds(level, order, collection);

for (const collection of collections) {
  const none = await bare(collection);
  const rows = [{ at: 0, cells: none ? [none] : [] }];
  for (const level of LEVELS) rows.push({ at: level, cells: await ofSeeds(level, 'chance', collection) });
  const computed = rows.filter(({ cells }) => cells.length > 0);
  say(`\n### ${collection.name}\n\n| corrections | ${HEAD} seconds | epoch |\n|---|---|---|---|---|---|---|`);
  for (const { at, cells } of computed)
    say(
      `| ${at} | ${row(cells, collection)} | ${cells.map(({ seconds }) => seconds.toFixed(0)).join(', ')} | ${cells.map(({ epoch }) => epoch).join(', ')} |`,
    );
  const curve = (name: string, dashed: boolean, of: (measured: Cell) => number): Curve => ({
    name,
    dashed,
    colour: COLOURS[collection.name],
    points: computed.map(({ at, cells }) => ({ at, values: cells.map(of) })),
  });
  curves.push(
    curve(`${collection.name}: never corrected`, false, ({ never }) => figuresOf(never, collection.never).cider),
    curve(`after ${collection.name}: Flickr8k’s dev photos`, true, (measured) => figuresOf(measured.rest, rest).cider),
  );
}
if (picture !== undefined) await writeFile(picture, chart('CIDEr-D after so many corrections', curves));

say(`\n### Asked first: ${ASKED} corrections\n\n| collection | order | ${HEAD}\n|---|---|---|---|---|---|`);
for (const collection of collections)
  for (const order of ORDERS) {
    const cells = await ofSeeds(ASKED, order, collection);
    if (cells.length > 0) say(`| ${collection.name} | ${order} | ${row(cells, collection)} |`);
  }

if (document !== undefined) {
  const [before = '', , behind = ''] = (await readFile(document, 'utf8')).split(MARK);
  await writeFile(document, [before, `\n${said.join('\n')}\n\n`, behind].join(MARK));
}

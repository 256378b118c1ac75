/**
 * How like edited photos are to what they were before, and other photos to each other, pair by pair: what decides
 * whether a file that was written over still shows its photo (src/libraries/same-picture.ts).
 *
 *     npx tsc -p bench/likeness && node dist/bench/bench/likeness/edits.js FOLDER [PHOTOS]
 *
 * PHOTOS (100) are drawn from those of FOLDER. Each edit is compared with its original by the cosine similarity of
 * their pooled features, as it is and turned by each quarter: the highest counts. So it does for all pairs of the
 * originals. The encoder is that of the environment.
 */
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { loadConfig } from '../../src/config.js';
import { cosine } from '../../src/vision/vectors.js';
import { RandomStream } from '../../src/training/random.js';
import { openVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { turnPhoto } from '../../src/vision/turn-photo.js';

const [folder = '', wanted = '100'] = process.argv.slice(2);
const THRESHOLDS = [0.65, 0.7, 0.75, 0.8, 0.85, 0.9];

type Edit = (photo: Sharp, width: number, height: number) => Sharp;
const cropped =
  (share: number): Edit =>
  (photo, width, height) =>
    photo.extract({
      left: Math.floor((width * (1 - share)) / 2),
      top: Math.floor((height * (1 - share)) / 2),
      width: Math.floor(width * share),
      height: Math.floor(height * share),
    });
const EDITS: Readonly<Record<string, Edit>> = {
  'turned by a quarter': (photo) => photo.rotate(90),
  'turned by two': (photo) => photo.rotate(180),
  'turned, cropped to 80 %': (photo, width, height) => cropped(0.8)(photo, width, height).rotate(270),
  mirrored: (photo) => photo.flop(),
  'cropped to 80 %': cropped(0.8),
  'cropped to 60 %': cropped(0.6),
  'cropped to 50 %': cropped(0.5),
  'straightened by 4 degrees, cropped to 85 %': (photo) => photo.rotate(4),
  grey: (photo) => photo.greyscale(),
  'half the colour, brighter by 30 %': (photo) => photo.modulate({ saturation: 0.5, brightness: 1.3 }),
  'darker by 40 %': (photo) => photo.modulate({ brightness: 0.6 }),
  'another white balance': (photo) =>
    photo.recomb([
      [1.2, 0, 0],
      [0, 1, 0],
      [0, 0, 0.7],
    ]),
  'JPEG, quality 30': (photo) => photo.jpeg({ quality: 30 }),
};

const { weights, cacheDirectory } = loadConfig(process.env);
const encoder = await openVgg16Encoder({
  weights: weights.source,
  precision: 'int8',
  cacheDirectory,
});
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${encoder.id}`);
const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
const order = new RandomStream('edits').permutation(names.length);
const drawn = Array.from(order.subarray(0, Number(wanted)), (place) => names[place] ?? '');
const originals: { bytes: Buffer; turned: Float32Array[] }[] = [];
for (const name of drawn) {
  const bytes = await readFile(join(folder, name));
  originals.push({ bytes, turned: await inAllTurns(bytes) });
}
console.log(
  `| ${drawn.length} photos | lowest | 1 % | 5 % | median | ${THRESHOLDS.map((threshold) => `≥ ${threshold}`).join(' | ')} |`,
);
console.log(`|${'---|'.repeat(5 + THRESHOLDS.length)}`);
const pairs: number[] = [];
for (const [index, { turned }] of originals.entries())
  for (const other of originals.slice(index + 1)) pairs.push(likeness(other.turned[0], turned));
report('another photo', pairs);
for (const [name, edit] of Object.entries(EDITS)) {
  const [likenesses, upright]: [number[], number[]] = [[], []];
  for (const { bytes, turned } of originals) {
    const { data, info } = await sharp(bytes).autoOrient().toBuffer({ resolveWithObject: true });
    let edited = await edit(sharp(data), info.width, info.height)
      .jpeg({ quality: name.startsWith('JPEG') ? 30 : 92 })
      .toBuffer();
    if (name.startsWith('straightened')) {
      const { width, height } = await sharp(edited).metadata();
      edited = await cropped(0.8)(sharp(edited), width, height).jpeg({ quality: 92 }).toBuffer();
    }
    const seen = await inAllTurns(edited);
    likenesses.push(likeness(turned[0], seen));
    upright.push(likeness(turned[0], seen.slice(0, 1)));
  }
  report(name, likenesses);
  if (name.startsWith('turned')) report(`${name}, not turned back`, upright);
}
await encoder.close();

async function inAllTurns(bytes: Uint8Array): Promise<Float32Array[]> {
  const seen = await encoder.encode([bytes, ...(await turnPhoto(bytes, undefined, encoder.input.side))]);
  return seen.map(({ pooled }) => pooled);
}

function likeness(before: Float32Array | undefined, turned: readonly Float32Array[]): number {
  return Math.max(...turned.map((now) => (before ? cosine(before, now) : 0)));
}

function report(name: string, values: number[]): void {
  values.sort((a, b) => a - b);
  const at = (share: number) => (values[Math.floor(share * (values.length - 1))] ?? NaN).toFixed(3);
  const share = (threshold: number) =>
    `${((100 * values.filter((value) => value >= threshold).length) / values.length).toFixed(1)} %`;
  console.log(`| ${[name, at(0), at(0.01), at(0.05), at(0.5), ...THRESHOLDS.map(share)].join(' | ')} |`);
}

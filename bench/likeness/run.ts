/**
 * How like photos are to their own copies and to other photos: what the threshold of near-duplicates is chosen by.
 *
 *     npx tsc -p bench/likeness && EKPHRASIS_DATA=… node dist/bench/bench/likeness/run.js [PHOTOS]
 *
 * Copies are made of photos drawn from the collection, and seen by the encoder; each is compared with its original by
 * the cosine similarity of their pooled features. Other photos: for every photo of the collection its nearest
 * neighbour.
 */
import { cpus } from 'node:os';
import { pino } from 'pino';
import sharp, { type Sharp } from 'sharp';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import type { ImageId } from '../../src/ids.js';
import { cosine } from '../../src/vision/vectors.js';
import { RandomStream } from '../../src/training/random.js';

const wanted = Number(process.argv[2] ?? 300);
const THRESHOLDS = [0.75, 0.8, 0.84, 0.86, 0.88, 0.9, 0.92, 0.95];

type Copy = (photo: Sharp, width: number, height: number) => Sharp;
const cropped =
  (share: number): Copy =>
  (photo, width, height) =>
    photo.extract({
      left: Math.floor((width * (1 - share)) / 2),
      top: Math.floor((height * (1 - share)) / 2),
      width: Math.floor(width * share),
      height: Math.floor(height * share),
    });
const COPIES: Readonly<Record<string, Copy>> = {
  'JPEG, quality 30': (photo) => photo.jpeg({ quality: 30 }),
  'half the size, JPEG 70': (photo, width) => photo.resize(Math.round(width / 2)).jpeg({ quality: 70 }),
  'a quarter, WebP 60': (photo, width) => photo.resize(Math.round(width / 4)).webp({ quality: 60 }),
  grey: (photo) => photo.greyscale().jpeg(),
  'brighter by a fifth': (photo) => photo.modulate({ brightness: 1.2 }).jpeg(),
  'cropped to 95 %': cropped(0.95),
  'cropped to 90 %': cropped(0.9),
  'cropped to 80 %': cropped(0.8),
  mirrored: (photo) => photo.flop(),
  'mirrored, cropped to 90 %': (photo, width, height) => cropped(0.9)(photo, width, height).flop(),
};

const application = await openApplication(loadConfig(process.env), { log: pino({ level: 'warn' }) });
try {
  const { inference } = await application.collection();
  const { store } = application;
  const ids: ImageId[] = [];
  for (let after: ImageId | undefined; ; after = ids.at(-1)) {
    const page = await store.images.idsAfter(after, 1000);
    if (page.length === 0) break;
    ids.push(...page);
  }
  const features = await store.features.findMany(ids, inference.encoder.id);
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${inference.encoder.id}, ${features.size} photos`,
  );
  const header = `| | lowest | 1 % | 5 % | median | ${THRESHOLDS.map((threshold) => `≥ ${threshold}`).join(' | ')} |`;
  console.log(`${header}\n|${'---|'.repeat(5 + THRESHOLDS.length)}`);

  const order = new RandomStream('likeness').permutation(ids.length);
  const drawn = Array.from(order.subarray(0, wanted), (place) => ids[place]).filter((id) => id !== undefined);
  report('nearest other photo', nearestOthers([...features.values()]));
  for (const [name, copy] of Object.entries(COPIES)) {
    const similarities: number[] = [];
    for (let start = 0; start < drawn.length; start += 8) {
      const group = drawn.slice(start, start + 8);
      const copies = await Promise.all(
        group.map(async (id) => {
          const bytes = await store.images.readBytes(id);
          const upright = await sharp(bytes).rotate().toBuffer({ resolveWithObject: true });
          return copy(sharp(upright.data), upright.info.width, upright.info.height).toBuffer();
        }),
      );
      const seen = await inference.encode(copies, { priority: 'background' });
      seen.forEach(({ pooled }, index) => {
        const original = features.get(group[index] ?? ('' as ImageId));
        if (original) similarities.push(cosine(original, pooled));
      });
    }
    report(name, similarities);
  }
} finally {
  await application.close();
}

function report(name: string, similarities: number[]): void {
  similarities.sort((a, b) => a - b);
  const at = (share: number) => (similarities[Math.floor(share * (similarities.length - 1))] ?? NaN).toFixed(3);
  const share = (threshold: number) =>
    `${((100 * similarities.filter((value) => value >= threshold).length) / similarities.length).toFixed(1)} %`;
  console.log(`| ${[name, at(0), at(0.01), at(0.05), at(0.5), ...THRESHOLDS.map(share)].join(' | ')} |`);
}

/** For every vector its cosine similarity with the nearest other one. */
function nearestOthers(vectors: readonly Float32Array[]): number[] {
  const length = vectors[0]?.length ?? 0;
  const units = vectors.map((vector) => {
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  });
  const most = new Float32Array(units.length).fill(-1);
  for (const [row, a] of units.entries()) {
    for (let column = row + 1; column < units.length; column += 1) {
      const b = units[column] ?? a;
      let product = 0;
      for (let place = 0; place < length; place += 1) product += (a[place] ?? 0) * (b[place] ?? 0);
      if (product > (most[row] ?? 0)) most[row] = product;
      if (product > (most[column] ?? 0)) most[column] = product;
    }
  }
  return Array.from(most);
}

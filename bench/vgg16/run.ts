/** float32 and integer VGG16 in turns: milliseconds an image, and how alike their features are. */
import { readdir, readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Float16Array } from '@petamoriken/float16';

import { ENCODER_BATCH, type ImageFeatures } from '../../src/vision/encoder.js';
import { createVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { benchWeights } from './weights.js';

const PRECISIONS = ['fp32', 'int8'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('usage: run.js FOLDER [--photos 50] [--rounds 3] [--threads N]');

const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).sort();
const count = Math.min(Number(values.photos), names.length);
const chosen = Array.from({ length: count }, (_, index) => names[Math.floor((index * names.length) / count)] ?? '');
const photos = await Promise.all(chosen.map((name) => readFile(join(folder, name))));

const weights = await benchWeights();
const threads = values.threads === undefined ? undefined : Number(values.threads);
const encoders = {
  fp32: await createVgg16Encoder(weights, { precision: 'fp32', threads }),
  int8: await createVgg16Encoder(weights, { precision: 'int8', threads }),
};
const times = { fp32: [] as number[], int8: [] as number[] };
const features = { fp32: [] as ImageFeatures[], int8: [] as ImageFeatures[] };

for (let round = 0; round <= Number(values.rounds); round += 1) {
  for (let start = 0; start < photos.length; start += ENCODER_BATCH) {
    const batch = photos.slice(start, start + ENCODER_BATCH);
    for (const precision of PRECISIONS) {
      const begin = performance.now();
      const encoded = await encoders[precision].encode(batch);
      // The first round warms up and gives the features; it is not timed.
      if (round === 0) features[precision].push(...encoded);
      else times[precision].push((performance.now() - begin) / batch.length);
    }
  }
}

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2) ?? '?'}, Node ${process.version}`,
);
console.log(
  `${photos.length} photos of ${folder}, batches of ${ENCODER_BATCH}, decoding included, median of ${times.fp32.length} batches`,
);
for (const precision of PRECISIONS) {
  console.log(`${precision}  ${encoders[precision].id}  ${quantile(times[precision], 0.5).toFixed(1)} ms an image`);
  await encoders[precision].close();
}
report('pooled ', (feature) => feature.pooled);
report('regions', ({ regions }) => Float32Array.from(new Float16Array(regions.slice().buffer)));

function report(name: string, vectorOf: (feature: ImageFeatures) => Float32Array): void {
  const alike = features.fp32.flatMap((feature, index) => {
    const other = features.int8[index];
    return other ? [cosine(vectorOf(feature), vectorOf(other))] : [];
  });
  const mean = alike.reduce((sum, value) => sum + value, 0) / alike.length;
  console.log(`${name}  cosine int8 to fp32: mean ${mean.toFixed(5)}, lowest ${quantile(alike, 0).toFixed(5)}`);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function quantile(numbers: readonly number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
}

/**
 * How fast photos are read and stored in each layout, beside VGG16, which sees each of them once: by turns, in one run.
 *
 * npx tsc -p bench/import-layouts && node dist/bench/bench/import-layouts/rates.js FLICKR8K VGG16_WEIGHTS [PHOTOS]
 * [ROUNDS]
 *
 * What is timed of an import is all but VGG16: the folder is opened, each photo read, hashed and decoded, rows,
 * features and regions are written. The database is a test's, or on TEST_DATABASE_URL.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectionContext } from '../../src/collection/context.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { removeDataset } from '../../src/collection/remove-dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import { Trash } from '../../src/deletion/trash.js';
import { importGuard } from '../../src/deletion/usage.js';
import { renderHeif } from '../../src/vision/heif.js';
import { DEFAULT_PHOTO_LIMITS } from '../../src/vision/photo.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { ThumbnailCache } from '../../src/store/thumbnail-cache.js';
import { openVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { LAYOUTS, type Photo } from '../../test/datasets/layouts.js';
import { openTestStore } from '../../test/store/open-test-store.js';
import { writeLayout } from './write-layout.js';

const [source, weights, photosText = '200', roundsText = '3'] = process.argv.slice(2);
if (source === undefined || weights === undefined)
  throw new Error('usage: rates.js FLICKR8K_FOLDER VGG16_WEIGHTS [PHOTOS] [ROUNDS]');
const [count, rounds] = [Number(photosText), Number(roundsText)];
/** Photos that VGG16 sees in one turn. */
const SEEN = 16;

const photos: Photo[] = [];
const links: string[] = [];
const files: Uint8Array[] = [];
for await (const item of (await openDataset(source)).items) {
  if (photos.length === count) break;
  if (item.split === null || item.captions.length === 0) continue;
  photos.push({ path: item.name, split: item.split, captions: item.captions });
  links.push(item.path);
  if (files.length < SEEN) files.push(await item.read());
}

const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-rates-'));
const store = await openTestStore();
const encoder = await openVgg16Encoder({ weights, precision: 'int8', cacheDirectory: directory });
const [features] = await encoder.encode(files.slice(0, 1));
if (!features) throw new Error('no features');
const noModel = () => Promise.reject(new Error('there is no model'));
const context: CollectionContext = {
  store,
  regions: new RegionCache(new DerivedFiles(directory)),
  thumbnails: new ThumbnailCache(new DerivedFiles(directory)),
  checkpoints: new CheckpointFiles({ written: join(directory, 'models'), shipped: join(directory, 'shipped') }, store),
  inference: {
    encoder,
    encode: (some) => Promise.resolve(some.map(() => features)),
    render: (heif) => renderHeif(heif, DEFAULT_PHOTO_LIMITS),
    caption: noModel,
    embedTexts: noModel,
    embedImages: noModel,
  },
  limits: { maximumBytes: 20_000_000, maximumPixels: 40_000_000 },
  guard: importGuard(store),
  trash: new Trash(store, 30),
};

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function importRate(layout: string): Promise<number> {
  const folder = join(directory, layout);
  let id: Parameters<typeof removeDataset>[0] | undefined;
  const seconds = await secondsOf(async () => {
    const report = await importDataset(await openDataset(folder), context);
    if (report.imported !== count) throw new Error(`${layout}: ${report.imported} photos of ${count} were imported`);
    id = report.datasetId;
  });
  if (id) await removeDataset(id, context);
  return count / seconds;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const layouts = Object.keys(LAYOUTS);
for (const layout of layouts) await writeLayout(join(directory, layout), layout, photos, source, links);
await importRate('kaggle');
const rates = new Map(layouts.map((layout) => [layout, [] as number[]]));
const seen: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  for (const layout of layouts) {
    rates.get(layout)?.push(await importRate(layout));
    seen.push(SEEN / (await secondsOf(() => encoder.encode(files))));
  }
}
const vgg16 = median(seen);
console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} threads; ${count} photos, ${rounds} rounds; VGG16 (int8): ${vgg16.toFixed(1)} photos/s`,
);
for (const [layout, own] of rates)
  console.log(
    `${layout}: ${median(own).toFixed(1)} photos/s (${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)}), ${(median(own) / vgg16).toFixed(1)} times VGG16`,
  );
await encoder.close();
await store.close();
await rm(directory, { recursive: true });

/**
 * Writes the whole of Flickr8k in each layout (photos as links), reads it back, and says whether captions and splits
 * are the same and how long the reading takes: npx tsc -p bench/import-layouts && node
 * dist/bench/bench/import-layouts/run.js FLICKR8K
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../../src/datasets/dataset.js';
import { describeSummary } from '../../src/datasets/describe-summary.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { LAYOUTS, type Photo } from '../../test/datasets/layouts.js';
import { writeLayout } from './write-layout.js';

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: run.js FLICKR8K_FOLDER');

/** Photos of a split, by name. */
async function photosOf({ items }: Dataset): Promise<Photo[]> {
  const photos: Photo[] = [];
  for await (const { name, split, captions } of items)
    if (split !== null && captions.length > 0) photos.push({ path: name, split, captions });
  return photos.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const original = await openDataset(source);
console.log(describeSummary(original.summary));
const photos = await photosOf(original);
const links: string[] = [];
for await (const { path, split, captions } of original.items)
  if (split !== null && captions.length > 0) links.push(path);

for (const layout of Object.keys(LAYOUTS)) {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-layout-'));
  try {
    await writeLayout(folder, layout, photos, source, links);
    const started = performance.now();
    const dataset = await openDataset(folder);
    const seconds = (performance.now() - started) / 1000;
    const same = JSON.stringify(await photosOf(dataset)) === JSON.stringify(photos);
    console.log(
      `${layout}: ${same ? 'the same' : 'OTHER'} captions and splits; ${seconds.toFixed(2)} s, ${Math.round(photos.length / seconds)} photos a second. ${describeSummary(dataset.summary)}`,
    );
    if (!same) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The photos of the proof: 500 different ones, as a data set in Flickr8k's layout. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { sha256Of } from '../../src/files/sha256.js';

export const PHOTOS = 500;

/** @returns how many captions they have */
export async function writePhotos(source: string, folder: string): Promise<{ captions: number }> {
  const dataset = source === 'scenes' ? openScenes({ seed: 1, train: PHOTOS, dev: 100 }) : await openDataset(source);
  await mkdir(join(folder, 'Images'));
  const known = new Set<string>();
  const names: string[] = [];
  const lines: string[] = [];
  for await (const item of dataset.items) {
    if (names.length === PHOTOS) break;
    const bytes = await item.read();
    const { size } = known;
    if (item.captions.length === 0 || known.add(sha256Of(bytes)).size === size) continue;
    await writeFile(join(folder, 'Images', item.name), bytes);
    names.push(item.name);
    lines.push(...item.captions.map((caption, index) => `${item.name}#${index}\t${caption}`));
  }
  if (names.length < PHOTOS) throw new Error(`${source} has only ${names.length} different photos with captions`);
  await writeFile(join(folder, 'Flickr8k.token.txt'), lines.join('\n'));
  await writeFile(join(folder, 'Flickr_8k.trainImages.txt'), names.slice(100).join('\n'));
  await writeFile(join(folder, 'Flickr_8k.devImages.txt'), names.slice(0, 100).join('\n'));
  return { captions: lines.length };
}

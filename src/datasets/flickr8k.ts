/**
 * Flickr8k as its authors published it (Hodosh et al. 2013): a folder of photos, `Flickr8k.token.txt` with lines
 * `NAME#0<tab>caption`, and a list of photos for each split. Also Kaggle's copy of it, `captions.txt` as CSV.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Dataset, Split } from './dataset.js';
import { isPhotoName, joinPhotos } from './files.js';

export const TOKEN_FILE = 'Flickr8k.token.txt';
export const KAGGLE_FILE = 'captions.txt';

const SPLIT_LISTS: Readonly<Record<Split, string>> = {
  train: 'Flickr_8k.trainImages.txt',
  dev: 'Flickr_8k.devImages.txt',
  test: 'Flickr_8k.testImages.txt',
};

/** Images of the dev and of the test split where a data set has no lists: as many as Flickr8k's, or an eighth if that is fewer. */
const HELD_OUT = 1000;

/** The official layout; missing lists are reported. */
export async function openFlickr8k(path: string, files: readonly string[]): Promise<Dataset> {
  const problems: string[] = [];
  const captions = new Map<string, string[]>();
  const lines = (await read(files, TOKEN_FILE)).split(/\r?\n/).filter((line) => line.trim() !== '');
  for (const [index, line] of lines.entries()) {
    const match = /^(.+)#\d+\t(.+)$/.exec(line);
    const [, name, caption] = match ?? [];
    if (name && caption) append(captions, name, caption.trim());
    else problems.push(`Line ${index + 1} of ${TOKEN_FILE} is not "NAME#NUMBER<tab>caption".`);
  }
  const splits = new Map<string, Split>();
  for (const [split, list] of Object.entries(SPLIT_LISTS) as [Split, string][]) {
    if (!files.some((file) => basename(file) === list)) {
      problems.push(`There is no ${list}: no image is in the ${split} split.`);
      continue;
    }
    for (const name of (await read(files, list)).split(/\r?\n/)) if (name.trim() !== '') splits.set(name.trim(), split);
  }
  return joinPhotos('flickr8k', path, files.filter(isPhotoName), { captions, splits }, problems);
}

/**
 * Kaggle's layout: `Images/` and `captions.txt`. It has no split lists, so the last images by name are held out: 1,000 (or an
 * eighth, if that is fewer) for test and as many before them for dev.
 */
export async function openKaggle(path: string, files: readonly string[]): Promise<Dataset> {
  const captions = new Map<string, string[]>();
  for (const row of readCsv(await read(files, KAGGLE_FILE))) {
    const [name, caption] = row;
    if (name && caption) append(captions, name, caption.trim());
  }
  const names = [...captions.keys()].sort();
  const heldOut = Math.min(HELD_OUT, Math.floor(names.length / 8));
  const splits = new Map(
    names.map((name, index): [string, Split] => [name, index < names.length - 2 * heldOut ? 'train' : index < names.length - heldOut ? 'dev' : 'test']),
  );
  const problems = [`This layout has no split lists: the last ${heldOut} images by name are the test split, the ${heldOut} before them dev.`];
  return joinPhotos('kaggle', path, files.filter(isPhotoName), { captions, splits }, problems);
}

/** @throws EkphrasisError INVALID_DATASET when the text is no CSV with the header `image,caption` */
function readCsv(text: string): string[][] {
  let rows: string[][];
  try {
    rows = parse(text, { relaxColumnCount: true, relaxQuotes: true, skipEmptyLines: true });
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${KAGGLE_FILE} is no CSV file: ${cause instanceof Error ? cause.message : 'unknown reason'}.`, { cause });
  }
  const [header, ...rest] = rows;
  if (header?.[0]?.trim() !== 'image' || header[1]?.trim() !== 'caption') {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${KAGGLE_FILE} does not begin with the line "image,caption".`);
  }
  return rest;
}

function read(files: readonly string[], name: string): Promise<string> {
  return readFile(files.find((file) => basename(file) === name) ?? name, 'utf8');
}

function append(captions: Map<string, string[]>, name: string, caption: string): void {
  const known = captions.get(name);
  if (known) known.push(caption);
  else captions.set(name, [caption]);
}

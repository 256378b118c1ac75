/** Folders of photos, as all readers of data sets see them. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Dataset, DatasetItem, Problem, Split } from './dataset.js';

/** Some of these are refused when they are read: who has them is to hear why. */
const PHOTO_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp', '.heic', '.heif']);
/** Names listed in a problem before it only counts. */
const NAMES_LISTED = 5;

export function isPhotoName(name: string): boolean {
  return PHOTO_EXTENSIONS.has(extname(name).toLowerCase());
}

/** All files below a folder, as paths. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** @throws EkphrasisError INVALID_DATASET when the path is no folder that can be read */
export async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new EkphrasisError(ErrorCode.InvalidDataset, `There is no folder ${path}.`);
  if (!found.isDirectory()) throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} is a file; a data set is a folder.`);
}

/** The captions of a data set by image name, and the split of those that have one. */
export interface Annotations {
  readonly captions: ReadonlyMap<string, readonly string[]>;
  readonly splits: ReadonlyMap<string, Split>;
}

/** Brings photos and annotations together and says what does not fit. */
export async function joinPhotos(
  layout: string,
  path: string,
  photos: readonly string[],
  { captions, splits }: Annotations,
  problems: readonly string[],
): Promise<Dataset> {
  const present = new Set(photos.map((photo) => basename(photo)));
  const annotated = new Set([...captions.keys(), ...splits.keys()]);
  const items = photos.map((photo): DatasetItem => {
    const name = basename(photo);
    return { path: relative(path, photo).replaceAll('\\', '/'), name, read: () => readFile(photo), split: splits.get(name) ?? null, captions: captions.get(name) ?? [] };
  });
  return {
    name: basename(path),
    origin: await realpath(path),
    format: layout,
    summary: {
      format: layout,
      photos: items.length,
      captions: items.reduce((sum, item) => sum + item.captions.length, 0),
      splits: null,
    },
    items: each(items),
    count: items.length,
    problems: [
      ...problems.map((message): Problem => ({ kind: message, message, count: 1 })),
      ...describe('captions or a place in a split list, but no file', [...annotated].filter((name) => !present.has(name))),
      ...describe('no captions', captions.size > 0 ? [...present].filter((name) => !captions.has(name)) : []),
    ],
  };
}

/** One sentence about all names that share a problem; none when there are none. */
export function describe(problem: string, names: readonly string[]): Problem[] {
  if (names.length === 0) return [];
  const listed = names.slice(0, NAMES_LISTED).join(', ');
  const rest = names.length > NAMES_LISTED ? ` and ${names.length - NAMES_LISTED} more` : '';
  return [{ kind: problem, message: `${names.length} image${names.length === 1 ? ' has' : 's have'} ${problem}: ${listed}${rest}.`, count: names.length }];
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

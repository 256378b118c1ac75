/** Splits for data sets that come without. */
import type { Split } from '../splits.js';
import type { FolderFile } from './folder.js';
import type { PhotoIndex } from './photo-index.js';
import { amount, type ProblemList } from './problems.js';
import type { Annotation } from './reader.js';
import { splitOfFolders } from './split-names.js';

/** Photos of the dev and of the test split at most: as many as Flickr8k's. */
const HELD_OUT = 1000;

/** By the folders that the photos lie in, where any is called as a split; else the last photos by name are held out. */
export function dealSplits(
  annotations: readonly Annotation[],
  photos: PhotoIndex,
  problems: ProblemList,
): Map<FolderFile, Split> {
  const byFolder = new Map(
    photos.photos.flatMap((photo) => {
      const split = splitOfFolders(photo.path);
      return split === undefined ? [] : [[photo, split] as const];
    }),
  );
  return byFolder.size > 0 ? byFolder : holdOut(annotations, photos, problems);
}

/** The last photos by name: 1,000 (or an eighth, if that is fewer) for test, and as many before them for dev. */
function holdOut(
  annotations: readonly Annotation[],
  photos: PhotoIndex,
  problems: ProblemList,
): Map<FolderFile, Split> {
  const named = annotations
    .filter(({ captions }) => captions.length > 0)
    .map(({ photo: name, file }) => ({ name, found: photos.find(name, file) }));
  // By what they are called; photos of one name by their paths. A photo that is not there keeps its place.
  const places = new Map(named.map(({ name, found }) => [found && found !== 'ambiguous' ? found.photo : name, name]));
  const ordered = [...places].sort(
    ([a, first], [b, second]) => compare(first, second) || compare(pathOf(a), pathOf(b)),
  );
  const heldOut = Math.min(HELD_OUT, Math.floor(ordered.length / 8));
  const splits = new Map<FolderFile, Split>();
  for (const [index, [photo]] of ordered.entries()) {
    if (typeof photo === 'string') continue;
    splits.set(
      photo,
      index < ordered.length - 2 * heldOut ? 'train' : index < ordered.length - heldOut ? 'dev' : 'test',
    );
  }
  const dealt =
    heldOut === 0
      ? 'all are in the train split'
      : `the last ${amount(heldOut, 'image')} by name are the test split, as many before them dev`;
  problems.say('no split lists', `This data set has no split lists: ${dealt}.`);
  return splits;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function pathOf(photo: FolderFile | string): string {
  return typeof photo === 'string' ? photo : photo.path;
}

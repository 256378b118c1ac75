/** Which photos of a collection the captions of a file are of. */
import type { ImageId } from '../ids.js';
import type { Split } from '../splits.js';
import { type CaptionResult, withoutZeros } from './caption-results.js';
import { PhotoIndex } from './photo-index.js';
import { amount, type ProblemList } from './problems.js';

/** A photo that captions may be of. */
export interface KnownPhoto {
  readonly id: ImageId;
  /** A name, or a path below its data set's folder. */
  readonly path: string;
  readonly split: Split | null;
}

/** `COCO_val2014_000000391895.jpg` is the photo 391895, and `1000268201.jpg` the photo 1000268201. */
const NUMBER = /(?:^|_)(\d+)\.[^.]+$/;

/**
 * The captions of a split's photos, by photo: the first of each. What is of no photo, of several, of another split, said twice or
 * empty is told as a problem.
 *
 * @param photos of all splits, so that it can be said which one a caption is of
 */
export function matchResults(
  results: readonly CaptionResult[],
  photos: readonly KnownPhoto[],
  split: Split,
  problems: ProblemList,
): Map<ImageId, CaptionResult> {
  const find = finderOf(photos);
  const found = new Map<ImageId, CaptionResult>();
  for (const result of results) {
    const photo = find(result.names);
    const place = `${result.names[0] ?? ''} (${result.place})`;
    if (photo === undefined || photo === 'ambiguous') {
      if (photo === undefined)
        problems.add('no photo', (count) => `${entries(count, 'names', 'name')} no photo that is here`, place);
      else problems.add('ambiguous name', (count) => `${entries(count, 'fits', 'fit')} several photos`, place);
      continue;
    }
    if (photo.split !== split) {
      const own = photo.split === null ? 'no split' : `the ${photo.split} split`;
      problems.add(
        `of ${own}`,
        (count) => `${entries(count, 'is', 'are')} of photos of ${own}, and not measured`,
        place,
      );
      continue;
    }
    const other = found.get(photo.id);
    if (other) {
      const kind = other.caption === result.caption ? 'said twice' : 'two captions';
      const what = kind === 'said twice' ? 'that is there already' : 'of a photo that has another; the first counts';
      problems.add(kind, (count) => `${entries(count, 'has', 'have')} a caption ${what}`, place);
      continue;
    }
    if (result.caption === '')
      problems.add(
        'empty caption',
        (count) => `${amount(count, 'caption is', 'captions are')} empty, and measured as such`,
        place,
      );
    found.set(photo.id, result);
  }
  return found;
}

function entries(count: number, one: string, several: string): string {
  return `${amount(count, 'entry', 'entries')} ${count === 1 ? one : several}`;
}

/** By name or path, by the collection's own id, by the number in the name. */
function finderOf(photos: readonly KnownPhoto[]) {
  const byPath = new Map(photos.map((photo) => [photo.path, photo]));
  const byId = new Map<string, KnownPhoto>(photos.map((photo) => [photo.id, photo]));
  const byNumber = new Map<string, KnownPhoto | 'ambiguous'>();
  for (const photo of photos) {
    const number = NUMBER.exec(photo.path)?.[1];
    if (number === undefined) continue;
    const key = withoutZeros(number);
    byNumber.set(key, byNumber.has(key) ? 'ambiguous' : photo);
  }
  const index = new PhotoIndex(
    photos.map(({ path }) => ({ path, name: path.slice(path.lastIndexOf('/') + 1), location: Buffer.from(path) })),
  );
  const findOne = (name: string): KnownPhoto | 'ambiguous' | undefined => {
    const named = index.find(name, { path: '', folder: '' });
    if (named === 'ambiguous') return named;
    return (named && byPath.get(named.photo.path)) ?? byId.get(name.toLowerCase()) ?? byNumber.get(withoutZeros(name));
  };
  return (names: readonly string[]): KnownPhoto | 'ambiguous' | undefined => {
    const all = names.map(findOne);
    return (
      all.find((photo) => photo !== undefined && photo !== 'ambiguous') ?? all.find((photo) => photo !== undefined)
    );
  };
}

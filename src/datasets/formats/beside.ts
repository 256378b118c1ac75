/** A text file beside each photo, `dog.txt` or `dog.jpg.txt` beside `dog.jpg`, with one caption a line. */
import type { PhotoIndex } from '../photo-index.js';
import type { Annotation, Reader } from '../reader.js';
import type { TextFile } from '../text-files.js';

/** Made once for each data set: it is asked about every text file of it. */
const known = new WeakMap<PhotoIndex, ReadonlyMap<string, string>>();

/**
 * The name of a photo, by that of the file that belongs to it; of `dog.jpg` and `dog.png`, that is `dog`, which fits
 * both.
 */
function photosByText(index: PhotoIndex): ReadonlyMap<string, string> {
  const made = known.get(index) ?? namesByText(index.photos.map(({ path }) => path));
  known.set(index, made);
  return made;
}

function namesByText(paths: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const path of paths) {
    const stem = path.replace(/\.[^./]*$/, '');
    names.set(keyOf(stem), names.has(keyOf(stem)) ? stem : path);
  }
  for (const path of paths) names.set(keyOf(path), path);
  return names;
}

function photoOf(file: TextFile, photos: ReadonlyMap<string, string>): string | undefined {
  const stem = /^(.*)\.(txt|caption)$/is.exec(file.path)?.[1];
  return stem === undefined ? undefined : photos.get(keyOf(stem));
}

function keyOf(path: string): string {
  return path.normalize('NFC');
}

export const beside: Reader = {
  id: 'beside',
  name: 'Text files beside photos (NAME.txt)',
  recognise: (files, { photos }) => {
    const byText = photosByText(photos);
    return files.filter((file) => photoOf(file, byText) !== undefined);
  },
  read: (files, { photos }) => {
    const byText = photosByText(photos);
    return files.flatMap((file): Annotation[] => {
      const photo = photoOf(file, byText);
      if (photo === undefined) return [];
      return file.lines.map(({ number, text }) => ({ photo, captions: [text], file, place: file.placeOf(number) }));
    });
  },
};

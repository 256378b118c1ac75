/** Lists of the photos of a split: text files whose names say which one, with a photo's name in each line. */
import { SPLITS } from '../splits.js';
import type { PhotoIndex } from './photo-index.js';
import { hasPhotoExtension } from './photo-files.js';
import type { ProblemList } from './problems.js';
import type { Annotation } from './reader.js';
import { splitOfName } from './split-names.js';
import type { TextFile } from './text-files.js';

const LINES_LOOKED_AT = 200;

export function isSplitList(file: TextFile, photos: PhotoIndex): boolean {
  if (splitOfName(file.name) === undefined) return false;
  const lines = file.lines.slice(0, LINES_LOOKED_AT);
  const names = lines.filter(
    ({ text }) => hasPhotoExtension(text.trim().replace(/\.\d+$/, '')) || photos.find(text, file) !== undefined,
  );
  return lines.length > 0 && names.length >= lines.length / 2 && !lines.some(({ text }) => text.includes('\t'));
}

/** In the order train, dev, test, so that a photo in two lists is held out. */
export function readSplitLists(files: readonly TextFile[]): Annotation[] {
  const lists = files.map((file) => ({ file, split: splitOfName(file.name) }));
  return SPLITS.flatMap((wanted) =>
    lists
      .filter(({ split }) => split === wanted)
      .flatMap(({ file, split }) =>
        file.lines.map(({ number, text }) => ({
          photo: text.trim(),
          captions: [],
          split,
          file,
          place: file.placeOf(number),
        })),
      ),
  );
}

/** Says which splits have no list. */
export function tellMissingLists(files: readonly TextFile[], problems: ProblemList): void {
  const present = new Set(files.map(({ name }) => splitOfName(name)));
  for (const split of SPLITS.filter((wanted) => !present.has(wanted))) {
    problems.say(
      `no list of ${split}`,
      `There is no Flickr_8k.${split}Images.txt or other list of the ${split} split: no photo is in it.`,
    );
  }
}

/**
 * Flickr8k and Flickr30k as their authors published them (Hodosh et al. 2013, Young et al. 2014): lines of
 * `NAME#0<tab>caption` in a file of any name, and a list of photos for each split.
 */
import { addBadLine, type Annotation, type Reader, type Reading } from '../reader.js';
import { amount } from '../problems.js';
import type { TextFile } from '../text-files.js';
import { flickr30kTable } from './tables.js';

const TOKEN_LINE = /^([^\t]+?)#(\d+)\s*\t(.*)$/s;
const LINES_LOOKED_AT = 20;

function isTokenFile(file: TextFile): boolean {
  const lines = file.lines.slice(0, LINES_LOOKED_AT);
  const right = lines.filter(({ text }) => TOKEN_LINE.test(text)).length;
  return right > 0 && right >= lines.length / 2;
}

/** The two differ in nothing but what their authors called the file. */
function isOfFlickr30k({ name }: TextFile): boolean {
  return /^results/i.test(name);
}

function isLemmatised({ name }: TextFile): boolean {
  return /lemma/i.test(name);
}

/**
 * @param files the first to give the caption of a number is right: `Flickr8k.lemma.token.txt` repeats them all in other
 *   words
 */
function readTokenFiles(files: readonly TextFile[], { photos, problems }: Reading): Annotation[] {
  const given = new Map<string, TextFile>();
  return [...files]
    .sort((a, b) => Number(isLemmatised(a)) - Number(isLemmatised(b)))
    .flatMap((file) =>
      file.lines.flatMap(({ number, text }): Annotation[] => {
        const [, photo, index, caption] = TOKEN_LINE.exec(text) ?? [];
        if (photo === undefined || caption === undefined) {
          addBadLine(problems, file.placeOf(number));
          return [];
        }
        const found = photos.find(photo, file);
        const key = `${found && found !== 'ambiguous' ? found.photo.path : photo}#${String(index)}`;
        const first = given.get(key) ?? file;
        given.set(key, first);
        if (first !== file) {
          problems.add(
            'repeated number',
            (count) =>
              `${amount(count, 'caption has', 'captions have')} the number of a caption in another file and ${count === 1 ? 'was' : 'were'} left out`,
            file.placeOf(number),
          );
          return [];
        }
        return [{ photo, captions: [caption], file, place: file.placeOf(number) }];
      }),
    );
}

export const flickr8k: Reader = {
  id: 'flickr8k',
  name: "Flickr8k's token file (NAME#NUMBER<tab>caption)",
  recognise: (files) => files.filter((file) => isTokenFile(file) && !isOfFlickr30k(file)),
  read: readTokenFiles,
};

export const flickr30k: Reader = {
  id: 'flickr30k',
  name: 'Flickr30k (results.token or results.csv)',
  recognise: (files, reading) => [
    ...files.filter((file) => isTokenFile(file) && isOfFlickr30k(file)),
    ...flickr30kTable.recognise(files, reading),
  ],
  read: (files, reading) => [
    ...readTokenFiles(files.filter(isTokenFile), reading),
    ...flickr30kTable.read(
      files.filter((file) => !isTokenFile(file)),
      reading,
    ),
  ],
};

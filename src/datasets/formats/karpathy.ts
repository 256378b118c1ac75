/**
 * Karpathy's `dataset_flickr8k.json`, `dataset_flickr30k.json` and `dataset_coco.json` (Karpathy and Fei-Fei 2015,
 * arXiv:1412.2306).
 */
import { addBadLine, type Annotation, type Reader } from '../reader.js';
import { splitOfWord } from '../split-names.js';
import { membersOf, type TextFile } from '../text-files.js';

function imagesOf(file: TextFile): readonly unknown[] | undefined {
  if (!file.text.includes('"sentences"')) return undefined;
  const images: unknown = membersOf(file.json)?.images;
  return Array.isArray(images) ? images : undefined;
}

/** `raw` is the sentence as it was written; where it is missing, its words are joined. */
function textOf(sentence: unknown): string | undefined {
  const { raw, tokens } = membersOf(sentence) ?? {};
  if (typeof raw === 'string') return raw;
  const words: readonly unknown[] = Array.isArray(tokens) ? tokens : [];
  return words.length > 0 && words.every((word) => typeof word === 'string') ? words.join(' ') : undefined;
}

function readImage(
  image: unknown,
  index: number,
  file: TextFile,
  problems: Parameters<typeof addBadLine>[0],
): Annotation[] {
  const { filename, filepath, split: word, sentences } = membersOf(image) ?? {};
  const place = `image ${index + 1} of ${file.path}`;
  if (typeof filename !== 'string' || !Array.isArray(sentences)) {
    addBadLine(problems, place);
    return [];
  }
  const texts = sentences.map(textOf);
  texts.forEach((text, number) => {
    if (text === undefined) addBadLine(problems, `sentence ${number + 1} of ${place}`);
  });
  const split = typeof word === 'string' ? splitOfWord(word) : undefined;
  if (typeof word === 'string' && split === undefined) {
    problems.add(
      'unknown split',
      (count) =>
        `${count} ${count === 1 ? 'image has' : 'images have'} a split that is neither train, restval, val nor test`,
      `${place} (${word})`,
    );
  }
  const photo = typeof filepath === 'string' && filepath !== '' ? `${filepath}/${filename}` : filename;
  return [{ photo, captions: texts.filter((text) => text !== undefined), split, file, place }];
}

export const karpathy: Reader = {
  id: 'karpathy',
  name: "Karpathy's JSON",
  recognise: (files) => files.filter((file) => imagesOf(file) !== undefined),
  read: (files, { problems }) =>
    files.flatMap((file) => (imagesOf(file) ?? []).flatMap((image, index) => readImage(image, index, file, problems))),
};

/** Files that look like captions and are not read: that is said, lest captions go missing without a word. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { PHOTO_EXTENSIONS } from '../vision/file-format.js';
import { READERS } from './formats/all.js';
import type { PhotoIndex } from './photo-index.js';
import { amount } from './problems.js';
import type { Reader, Reading } from './reader.js';
import { membersOf, type TextFile } from './text-files.js';

const HEAD = 20_000;
const LINES_LOOKED_AT = 50;
const JSON_TEXT = /"(?:captions?|sentences?|text|description|raw|comment|alt)"\s*:\s*\[?\s*"[^"]*\p{L}/iu;
/** A photo's name and what is said of it. */
const EXTENSION = `(?:${PHOTO_EXTENSIONS.join('|')})`;
const JSON_PAIR = new RegExp(String.raw`"[^"]+\.${EXTENSION}"\s*:\s*\[?\s*"[^"]*\p{L}`, 'iu');
/** Words beside a photo's name that make a line a caption. */
const WORDS = /\p{L}{2,}[^\p{L}]+\p{L}{2,}/u;
const PHOTO_NAME = new RegExp(String.raw`[^\s,;|"'\t]+\.${EXTENSION}\b`, 'giu');

/** Whether what a file is called says that it holds captions. */
export function isNamedAsCaptions({ name }: TextFile): boolean {
  return /captions?(?![a-z])|\.token\b|^dataset_.*\.json$|^metadata\.(csv|jsonl)$/i.test(name);
}

/** Whether photos of the folder are named in it, with words beside them. */
export function looksLikeCaptions(file: TextFile, photos: PhotoIndex): boolean {
  const head = file.text.slice(0, HEAD);
  const namesPhoto = (text: string) =>
    (text.match(PHOTO_NAME) ?? []).slice(0, 5).some((name) => photos.find(name, file) !== undefined);
  if (/^\s*[{[]/.test(head)) return (JSON_TEXT.test(head) || JSON_PAIR.test(head)) && namesPhoto(head);
  const lines = head
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(0, LINES_LOOKED_AT);
  const captions = lines.filter((line) => WORDS.test(line.replaceAll(PHOTO_NAME, ' ')) && namesPhoto(line));
  return captions.length > lines.length / 3;
}

/**
 * Files whose names say that they hold captions, where no captions were read at all: rather nothing than photos without
 * them.
 *
 * @throws EkphrasisError INVALID_DATASET
 */
export function refuseUnread(files: readonly TextFile[], { problems }: Reading): void {
  const named = files.filter(isNamedAsCaptions);
  for (const file of named.filter(isBlank))
    problems.add(
      'no captions found',
      (count) => `No captions were found: ${amount(count, 'caption file is', 'caption files are')} empty`,
      file.path,
    );
  const [first] = named.filter((file) => !isBlank(file));
  if (!first) return;
  const message =
    `${first.path} is called as if it had captions, and is in no format that is read: ${READERS.map(({ name }) => name).join('; ')}. ` +
    'Name the columns of a table with --columns file=NAME,caption=NAME, or import the photos alone with --format folder.';
  throw new EkphrasisError(ErrorCode.InvalidDataset, message);
}

/**
 * Says which files were passed over that look like captions, or are some in another format than the one that was taken.
 */
export function tellUnread(files: readonly TextFile[], chosen: Reader | undefined, reading: Reading): void {
  for (const file of files.filter((one) => !isBlank(one))) {
    const other = READERS.find((reader) => reader !== chosen && reader.recognise([file], reading).length > 0);
    const hint = other ? `${file.path} (--format ${other.id} reads it)` : file.path;
    const sentence = (count: number) =>
      `${amount(count, 'file looks', 'files look')} like captions and ${count === 1 ? 'was' : 'were'} NOT read; --columns or --format may help`;
    reading.problems.add('unread caption file', sentence, hint);
  }
}

/** Whether there is nothing in a file: no text, or JSON with nothing in its lists. */
function isBlank({ text, json }: TextFile): boolean {
  if (text.trim() === '') return true;
  const lists = (Array.isArray(json) ? [json] : Object.values(membersOf(json) ?? {})).filter(
    (value) => Array.isArray(value) || value === null,
  );
  return lists.length > 0 && lists.every((list) => (list?.length ?? 0) === 0);
}

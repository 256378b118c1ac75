/** Which columns of a table hold the photo, the caption and the split. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { splitOfWord } from './split-names.js';
import type { Annotation, Columns, Reading } from './reader.js';
import { addBadLine } from './reader.js';
import { tablesIn, type Table } from './table.js';
import type { TextFile } from './text-files.js';

/** Headers that say what a column holds, in lower case and with `_` for blanks. */
const FILE_HEADERS = [
  'file_name',
  'filename',
  'file',
  'image',
  'image_name',
  'image_path',
  'image_file',
  'path',
  'filepath',
  'file_path',
  'img',
  'photo',
  'img_name',
  'image_filename',
  'photo_name',
];
/** Where there is no other: they may be names without their extensions. */
const ID_HEADERS = ['image_id', 'img_id', 'photo_id'];
const CAPTION_HEADERS = [
  'caption',
  'captions',
  'text',
  'description',
  'comment',
  'sentence',
  'sentences',
  'alt_text',
  'caption_text',
  'raw',
];
const SPLIT_HEADERS = ['split', 'set', 'subset', 'partition'];

export interface Placed {
  readonly table: Table;
  readonly file: number;
  readonly caption: number;
  readonly split: number | undefined;
}

/** The table in a file, when just one of its columns is called as photos are, and one as captions are. */
export function guessTable(file: TextFile): Placed | undefined {
  return placeIn(file, (columns) => {
    const headers = columns.map(headerOf);
    const only = (names: readonly string[]) => {
      const found = headers.flatMap((header, index) => (names.includes(header) ? [index] : []));
      return found.length === 1 ? found[0] : undefined;
    };
    return { file: only(FILE_HEADERS) ?? only(ID_HEADERS), caption: only(CAPTION_HEADERS), split: only(SPLIT_HEADERS) };
  });
}

/** The table in a file that has the columns a person named. */
export function namedTable(file: TextFile, columns: Columns): Placed | undefined {
  return placeIn(file, (headers) => {
    const find = (name: string) => {
      const index = headers.findIndex((header) => headerOf(header) === headerOf(name));
      return index === -1 ? undefined : index;
    };
    const split = columns.split === undefined ? undefined : find(columns.split);
    if (columns.split !== undefined && split === undefined) return {};
    return { file: find(columns.file), caption: find(columns.caption), split };
  });
}

/** What the rows say; a row without a photo or a caption is told as a problem. */
export function annotationsIn(
  file: TextFile,
  { table, ...columns }: Placed,
  { photos, problems }: Reading,
): Annotation[] {
  const annotations = table
    .rows({ ...columns, isPhoto: (name) => photos.find(name, file) !== undefined })
    .flatMap(({ place, row }): Annotation[] => {
      const photo = row?.cell(columns.file)?.[0]?.trim();
      const captions = row?.cell(columns.caption);
      if (!row || !photo || !captions) {
        addBadLine(problems, place);
        return [];
      }
      if (row.openQuote) {
        problems.add(
          'open quotation mark',
          (count) =>
            `${count} ${count === 1 ? 'line has a quotation mark that is' : 'lines have quotation marks that are'} not closed; each was read as one line`,
          place,
        );
      }
      const word = columns.split === undefined ? undefined : row.cell(columns.split)?.[0];
      const split = word === undefined ? undefined : splitOfWord(word);
      if (word !== undefined && word.trim() !== '' && split === undefined) {
        problems.add(
          'unknown split',
          (count) =>
            `${count} ${count === 1 ? 'line names' : 'lines name'} a split that is neither train, val, dev nor test`,
          `${place} (${word})`,
        );
      }
      return [{ photo, captions, split, file, place }];
    });
  return withoutEmptyCells(annotations);
}

/** The only row of a photo whose caption is an empty cell says that it has none: its split is all that it tells. */
function withoutEmptyCells(annotations: readonly Annotation[]): Annotation[] {
  const rows = new Map<string, number>();
  for (const { photo } of annotations) rows.set(photo, (rows.get(photo) ?? 0) + 1);
  return annotations.map((annotation) => {
    const { photo, captions } = annotation;
    const isEmpty = captions.length === 1 && captions[0] === '' && rows.get(photo) === 1;
    return isEmpty ? { ...annotation, captions: [] } : annotation;
  });
}

/**
 * What a person writes for `--columns`, such as `file=image,caption=text,split=part`.
 *
 * @throws EkphrasisError BAD_USER_INPUT
 */
export function parseColumns(text: string): Columns {
  const pairs = new Map(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
    }),
  );
  const [file, caption, split] = ['file', 'caption', 'split'].map((name) => pairs.get(name));
  const isKnown = [...pairs.keys()].every((name) => ['file', 'caption', 'split'].includes(name));
  if (!file || !caption || !isKnown || split === '') {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'Columns are given as file=NAME,caption=NAME or file=NAME,caption=NAME,split=NAME, each by its header or its number.',
    );
  }
  return { file, caption, split };
}

function headerOf(column: string): string {
  return column
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

type Places = (columns: readonly string[]) => {
  readonly file?: number | undefined;
  readonly caption?: number | undefined;
  readonly split?: number | undefined;
};

function placeIn(file: TextFile, places: Places): Placed | undefined {
  for (const table of tablesIn(file)) {
    const { file: photo, caption, split } = places(table.columns);
    if (photo !== undefined && caption !== undefined && photo !== caption)
      return { table, file: photo, caption, split };
  }
  return undefined;
}

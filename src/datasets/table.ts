/** Tables of any kind, row by row: CSV with any separator, JSON lines, and a JSON array of objects. */
import { parseLoosely } from './loose-json.js';
import { hasPhotoExtension } from './photo-files.js';
import type { Line, TextFile } from './text-files.js';
import { membersOf } from './text-files.js';

export interface Row {
  /** For a person: "line 3 of captions.csv". */
  readonly place: string;
  /** Texts of a column; several where one cell holds a list. Undefined where the row has no such cell. */
  cell(column: number): readonly string[] | undefined;
  /** Whether a quotation mark of the row was opened and never closed. */
  readonly openQuote: boolean;
}

/** What helps to read rows whose separators are not quoted. */
export interface ColumnUse {
  /** Number of the column that holds names of photos, from 0. */
  readonly file: number;
  /** That of captions. */
  readonly caption: number;
  /** Whether there is a photo of this name. */
  isPhoto(name: string): boolean;
}

export interface Table {
  /** As they are written; numbers where the table has no header. */
  readonly columns: readonly string[];
  /** Of the cells of a row; `json` for objects. */
  readonly separator: string;
  /** The rows below the header; undefined in place of one that cannot be read. */
  rows(use: ColumnUse): { readonly place: string; readonly row: Row | undefined }[];
}

const SEPARATORS = [',', '\t', ';', '|'] as const;
/** So many lines may one quoted cell have before its quotation mark is taken for one that was left open. */
const LONGEST_CELL = 20;
const OBJECTS_LOOKED_AT = 20;

const QUOTED = /^\s*"((?:[^"]|"")*)"\s*$/;
/** A field that is quoted as a whole, or all up to the next separator. */
const FIELDS: Readonly<Record<string, RegExp>> = Object.fromEntries(
  SEPARATORS.map((separator) => {
    const sign = `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return [separator, new RegExp(`([^\\S${sign}]*"(?:[^"]|"")*"[^\\S${sign}]*|[^${sign}]*)${sign}`, 'g')];
  }),
);
const LISTED = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs;
const LIST = new RegExp(`^\\s*\\[\\s*(?:${LISTED.source})(?:\\s*,\\s*(?:${LISTED.source}))*\\s*\\]\\s*$`, 's');

/** Every way in which the file can be read as a table; what the columns are called decides between them. */
export function tablesIn(file: TextFile): Table[] {
  const json = jsonTable(file);
  if (json) return [json];
  // Excel's own first line.
  const skipped = /^sep=.$/i.test(file.firstLine.trim()) ? 1 : 0;
  const [header, next] = file.lines.slice(skipped, skipped + 2);
  if (!header) return [];
  return SEPARATORS.flatMap((separator): Table[] => {
    if (!header.text.includes(separator)) return [];
    const columns = splitLine(header.text, separator).map(unquote);
    return [
      {
        columns,
        separator,
        rows: (use) => rowsOf(file, file.lines.slice(skipped + 1), { ...use, separator, width: columns.length }),
      },
      ...(next || columns.length > 1 ? [withoutHeader(file, columns.length, separator)] : []),
    ];
  });
}

/** For tables whose columns are known by number. */
function withoutHeader(file: TextFile, width: number, separator: string): Table {
  const columns = Array.from({ length: width }, (_, index) => String(index + 1));
  return { columns, separator, rows: (use) => rowsOf(file, file.lines, { ...use, separator, width }) };
}

interface Shape extends ColumnUse {
  readonly separator: string;
  readonly width: number;
}

function rowsOf(file: TextFile, lines: readonly Line[], shape: Shape): ReturnType<Table['rows']> {
  const rows: ReturnType<Table['rows']> = [];
  for (let index = 0; index < lines.length;) {
    const { fields, used, openQuote } = readRecord(lines, index, shape.separator);
    const place = file.placeOf(lines[index]?.number ?? 0);
    rows.push({ place, row: fitFields(fields, place, shape, openQuote) });
    index += used;
  }
  return rows;
}

/**
 * Fields too many are of the name or of the caption, whose separators were not quoted: so many of the name as make the
 * longest that is a photo's, the others of the caption.
 */
function fitFields(fields: readonly string[], place: string, shape: Shape, openQuote: boolean): Row | undefined {
  const extra = fields.length - shape.width;
  if (extra < 0 && fields.length <= shape.caption) return undefined;
  if (extra <= 0) return { place, openQuote, cell: (column) => cellOf(fields[column]) };
  const ways = Array.from({ length: extra + 1 }, (_, less) => regroup(fields, shape, extra - less));
  const fitted = ways.find((cells) => shape.isPhoto(unquote(cells[shape.file] ?? ''))) ?? ways.at(-1) ?? fields;
  return { place, openQuote, cell: (column) => cellOf(fitted[column]) };
}

/** The cells of a row of whose fields too many so many are of the name, and the rest of the caption. */
function regroup(fields: readonly string[], { separator, width, file, caption }: Shape, ofName: number): string[] {
  let next = 0;
  return Array.from({ length: width }, (_, column) => {
    const more = column === file ? ofName : column === caption ? fields.length - width - ofName : 0;
    const start = next;
    next += 1 + more;
    return fields.slice(start, next).join(separator);
  });
}

/** @param field as it stands in the file */
function cellOf(field: string | undefined): readonly string[] | undefined {
  if (field === undefined) return undefined;
  const text = unquote(field);
  return listIn(text) ?? [text];
}

function unquote(field: string): string {
  const inside = QUOTED.exec(field)?.[1];
  return inside === undefined ? field.trim() : inside.replaceAll('""', '"');
}

/** A list of texts as JSON or Python write it in a cell, as in Hugging Face's copy of Flickr30k. */
function listIn(text: string): readonly string[] | undefined {
  if (!LIST.test(text)) return undefined;
  return (text.match(LISTED) ?? []).map((item) => {
    const value = item.startsWith('"') ? parseLoosely(item) : undefined;
    return typeof value === 'string' ? value : item.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
  });
}

/**
 * A record is one line, or several where a quoted cell has line ends in it. Its fields are given as they stand there.
 */
function readRecord(
  lines: readonly Line[],
  start: number,
  separator: string,
): { fields: readonly string[]; used: number; openQuote: boolean } {
  const first = lines[start]?.text ?? '';
  if (!first.includes('"')) return { fields: first.split(separator), used: 1, openQuote: false };
  const fields = splitLine(first, separator);
  if (!fields.some(isOpen)) return { fields, used: 1, openQuote: false };
  let joined = first;
  for (let used = 2; used <= LONGEST_CELL; used += 1) {
    const line = lines[start + used - 1]?.text;
    if (line === undefined || beginsRecord(line, separator)) break;
    joined += `\n${line}`;
    const several = splitLine(joined, separator);
    if (several.every((field) => !field.trimStart().startsWith('"') || QUOTED.test(field)))
      return { fields: several, used, openQuote: false };
  }
  return {
    fields: first.split(separator).map((field) => field.trim().replace(/^"/, '').replaceAll('""', '"')),
    used: 1,
    openQuote: true,
  };
}

/** A quotation mark at the beginning of a field that no other closes: of a text such as `"Two" dogs` there are two. */
function isOpen(field: string): boolean {
  return field.trimStart().startsWith('"') && (field.split('"').length - 1) % 2 === 1;
}

/** Fields with their quotation marks; a separator between these parts none. */
function splitLine(line: string, separator: string): string[] {
  const fields: string[] = [];
  for (const { 1: field = '' } of `${line}${separator}`.matchAll(FIELDS[separator] ?? /(.*)/gs)) fields.push(field);
  return fields;
}

function beginsRecord(line: string, separator: string): boolean {
  const [field = ''] = line.split(separator, 1);
  return line.includes(separator) && hasPhotoExtension(field.trim().replaceAll('"', ''));
}

function jsonTable(file: TextFile): Table | undefined {
  const whole: readonly unknown[] | undefined =
    file.firstLine.trimStart().startsWith('[') && Array.isArray(file.json) ? file.json : undefined;
  const objects =
    whole?.map((value, index) => ({ place: `entry ${index + 1} of ${file.path}`, value: membersOf(value) })) ??
    jsonLines(file);
  const known = objects?.slice(0, OBJECTS_LOOKED_AT).flatMap(({ value }) => (value ? [value] : []));
  if (!objects || !known || known.length === 0) return undefined;
  const columns = [...new Set(known.flatMap((value) => Object.keys(value)))];
  return {
    columns,
    separator: 'json',
    rows: () =>
      objects.map(({ place, value }) => ({
        place,
        row: value && { place, openQuote: false, cell: (column) => textsOf(value[columns[column] ?? '']) },
      })),
  };
}

function jsonLines(
  file: TextFile,
): { place: string; value: Readonly<Record<string, unknown>> | undefined }[] | undefined {
  if (!/^\s*\{.*\}\s*$/.test(file.firstLine)) return undefined;
  return file.lines.map(({ number, text }) => ({ place: file.placeOf(number), value: membersOf(parseLoosely(text)) }));
}

/** Captions come as one text or as a list of texts; what is none in a list is a caption without a word. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  const texts: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  return texts?.map((text) => (typeof text === 'string' ? text : ''));
}

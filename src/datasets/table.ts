/** Tables of any kind, row by row: CSV with any separator, JSON lines, and a JSON array of objects. */
import { parse } from 'csv-parse/sync';
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

export interface Table {
  /** As they are written; numbers where the table has no header. */
  readonly columns: readonly string[];
  /** Of the cells of a row; `json` for objects. */
  readonly separator: string;
  /** The rows below the header; undefined in place of one that cannot be read. */
  rows(): { readonly place: string; readonly row: Row | undefined }[];
}

const SEPARATORS = [',', '\t', ';', '|'] as const;
/** So many lines may one quoted cell have before its quotation mark is taken for one that was left open. */
const LONGEST_CELL = 20;
const OBJECTS_LOOKED_AT = 20;

/**
 * Every way in which the file can be read as a table; what the columns are called decides between them.
 *
 * @param textColumn the column whose text may hold separators that are not quoted, if the table has one
 */
export function tablesIn(file: TextFile, textColumn: (columns: readonly string[]) => number | undefined): Table[] {
  const json = jsonTable(file);
  if (json) return [json];
  // Excel's own first line.
  const skipped = /^sep=.$/i.test(file.firstLine.trim()) ? 1 : 0;
  const [header, next] = file.lines.slice(skipped, skipped + 2);
  if (!header) return [];
  return SEPARATORS.flatMap((separator): Table[] => {
    if (!header.text.includes(separator)) return [];
    const columns = (parseLine(header.text, separator) ?? header.text.split(separator)).map((name) => name.trim());
    return [
      {
        columns,
        separator,
        rows: () => rowsOf(file, file.lines.slice(skipped + 1), { separator, width: columns.length, textColumn: textColumn(columns) }),
      },
      ...(next || columns.length > 1 ? [withoutHeader(file, columns.length, separator, textColumn)] : []),
    ];
  });
}

/** For tables whose columns are known by number. */
function withoutHeader(file: TextFile, width: number, separator: string, textColumn: (columns: readonly string[]) => number | undefined): Table {
  const columns = Array.from({ length: width }, (_, index) => String(index + 1));
  return { columns, separator, rows: () => rowsOf(file, file.lines, { separator, width, textColumn: textColumn(columns) }) };
}

interface Shape {
  readonly separator: string;
  readonly width: number;
  readonly textColumn: number | undefined;
}

function rowsOf(file: TextFile, lines: readonly Line[], shape: Shape): ReturnType<Table['rows']> {
  const rows: ReturnType<Table['rows']> = [];
  for (let index = 0; index < lines.length; ) {
    const { fields, used, openQuote } = readRecord(lines, index, shape.separator);
    const place = file.placeOf(lines[index]?.number ?? 0);
    rows.push({ place, row: fitFields(fields, place, shape, openQuote) });
    index += used;
  }
  return rows;
}

/** Fields too many are of the column of texts: its separators were not quoted. */
function fitFields(fields: readonly string[], place: string, { separator, width, textColumn }: Shape, openQuote: boolean): Row | undefined {
  const extra = fields.length - width;
  if (extra < 0 && textColumn !== undefined && fields.length <= textColumn) return undefined;
  if (extra <= 0 || textColumn === undefined) return { place, openQuote, cell: (column) => cellOf(fields[column]) };
  const text = fields.slice(textColumn, textColumn + extra + 1).join(separator);
  const fitted = [...fields.slice(0, textColumn), text, ...fields.slice(textColumn + extra + 1)];
  return { place, openQuote, cell: (column) => cellOf(fitted[column]) };
}

function cellOf(field: string | undefined): readonly string[] | undefined {
  return field === undefined ? undefined : [field];
}

/** A record is one line, or several where a quoted cell has line ends in it. */
function readRecord(lines: readonly Line[], start: number, separator: string): { fields: string[]; used: number; openQuote: boolean } {
  const first = lines[start]?.text ?? '';
  if (!first.includes('"')) return { fields: first.split(separator), used: 1, openQuote: false };
  const fields = parseLine(first, separator);
  if (fields) return { fields, used: 1, openQuote: false };
  let joined = first;
  for (let used = 2; used <= LONGEST_CELL; used += 1) {
    const line = lines[start + used - 1]?.text;
    if (line === undefined || beginsRecord(line, separator)) break;
    joined += `\n${line}`;
    const several = parseLine(joined, separator, true);
    if (several) return { fields: several, used, openQuote: false };
  }
  return { fields: first.split(separator).map((field) => field.trim().replace(/^"/, '').replaceAll('""', '"')), used: 1, openQuote: true };
}

function beginsRecord(line: string, separator: string): boolean {
  const [field = ''] = line.split(separator, 1);
  return line.includes(separator) && hasPhotoExtension(field.trim().replaceAll('"', ''));
}

/** @returns undefined where a quotation mark is not closed; strictly, also where one stands where none may */
function parseLine(line: string, separator: string, strictly = false): string[] | undefined {
  try {
    const records: string[][] = parse(line, { delimiter: separator, relaxColumnCount: true, relaxQuotes: !strictly, trim: separator !== '\t' });
    return records.length === 1 ? records[0] : undefined;
  } catch {
    return undefined;
  }
}

function jsonTable(file: TextFile): Table | undefined {
  const whole: readonly unknown[] | undefined = file.firstLine.trimStart().startsWith('[') && Array.isArray(file.json) ? file.json : undefined;
  const objects = whole?.map((value, index) => ({ place: `entry ${index + 1} of ${file.path}`, value: membersOf(value) })) ?? jsonLines(file);
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

function jsonLines(file: TextFile): { place: string; value: Readonly<Record<string, unknown>> | undefined }[] | undefined {
  if (!/^\s*\{.*\}\s*$/.test(file.firstLine)) return undefined;
  return file.lines.map(({ number, text }) => ({ place: file.placeOf(number), value: parseObject(text) }));
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Captions come as one text or as a list of texts. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [];
  const found = texts.filter((text) => typeof text === 'string');
  return found.length > 0 && found.length === texts.length ? found : undefined;
}

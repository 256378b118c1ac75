/**
 * Captions that a program wrote, one a photo: COCO's results (`[{"image_id": 42, "caption": "…"}]`), or any table with a column of
 * photos and one of captions, as CSV, JSON or JSON lines.
 */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { cleanLine } from './caption-text.js';
import { guessTable } from './columns.js';
import { amount, type ProblemList } from './problems.js';
import { addBadLine } from './reader.js';
import { membersOf, type TextFile } from './text-files.js';

/** What is said of one photo. */
export interface CaptionResult {
  /** What may be its name, the best first: its file, its id. */
  readonly names: readonly string[];
  /** Perhaps empty: a program may have nothing to say. */
  readonly caption: string;
  /** For a person: "entry 3 of results.json". */
  readonly place: string;
}

/**
 * What a file says; a line or entry that says nothing is told as a problem, and costs itself alone.
 *
 * @param names of photos by the ids that the file uses; see `namesOfIds`
 * @throws EkphrasisError BAD_USER_INPUT for a file that is none of these
 */
export function readCaptionResults(
  file: TextFile,
  problems: ProblemList,
  names: ReadonlyMap<string, string> = new Map(),
): CaptionResult[] {
  file.tellEncoding(problems);
  const given = entriesOf(file) ?? rowsOf(file, problems);
  if (!given) throw unreadable(file);
  if (given.length === 0) throw new EkphrasisError(ErrorCode.BadInput, `There is no caption in ${file.name}.`);
  return resultsOf(given, problems, names);
}

/** An entry as it was given. */
export interface GivenResult {
  /** With `file_name` or `image_id`, and `caption`. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: string;
}

/** What entries say; as `readCaptionResults`, where a program gives them without a file. */
export function resultsOf(
  given: readonly GivenResult[],
  problems: ProblemList,
  names: ReadonlyMap<string, string> = new Map(),
): CaptionResult[] {
  return given.flatMap(({ value, place }): CaptionResult[] => {
    const { file_name: name, image_id: id, caption } = value;
    const called = [textOf(name), textOf(id)].flatMap((one) =>
      one === undefined ? [] : [names.get(withoutZeros(one)), one],
    );
    const own = called.filter((one) => one !== undefined && one.trim() !== '') as string[];
    if (own.length === 0 || typeof caption !== 'string') {
      addBadLine(problems, place);
      return [];
    }
    return [{ names: own, caption: cleanLine(caption).text, place }];
  });
}

/**
 * The names of photos by their ids, as COCO's annotations have them: `{"images": [{"id": 42, "file_name": "a.jpg"}]}`.
 *
 * @throws EkphrasisError BAD_USER_INPUT for a file without
 */
export function namesOfIds(file: TextFile): Map<string, string> {
  const images: unknown = membersOf(file.json)?.images;
  const listed: readonly unknown[] = Array.isArray(images) ? images : [];
  const names = new Map<string, string>();
  for (const image of listed) {
    const { id, file_name: name } = membersOf(image) ?? {};
    const known = textOf(id);
    if (known !== undefined && typeof name === 'string') names.set(withoutZeros(known), name);
  }
  if (names.size > 0) return names;
  const message = `${file.name} has no images with id and file_name: it is no file of COCO's annotations.`;
  throw new EkphrasisError(ErrorCode.BadInput, message);
}

/** A number as it is written without zeros before it; anything else as it is. */
export function withoutZeros(id: string): string {
  return id.trim().replace(/^0+(?=\d+$)/, '');
}

/** COCO's results: a list, or the `annotations` of an object. */
function entriesOf(file: TextFile): GivenResult[] | undefined {
  const json = file.json;
  const list: unknown = Array.isArray(json) ? json : membersOf(json)?.annotations;
  if (!Array.isArray(list)) return undefined;
  const values: readonly unknown[] = list;
  const entries = values.map((value, index) => ({
    value: membersOf(value) ?? {},
    place: `entry ${index + 1} of ${file.name}`,
  }));
  return entries.length === 0 || entries.some(({ value }) => 'image_id' in value || 'file_name' in value)
    ? entries
    : undefined;
}

function rowsOf(file: TextFile, problems: ProblemList): GivenResult[] | undefined {
  const placed = guessTable(file);
  return placed?.table.rows({ ...placed, isPhoto: () => false }).flatMap(({ place, row }): GivenResult[] => {
    if (!row) {
      addBadLine(problems, place);
      return [];
    }
    if (row.openQuote)
      problems.add(
        'open quotation mark',
        (count) => `${amount(count, 'line has', 'lines have')} a quotation mark that is not closed`,
        place,
      );
    return [{ value: { file_name: row.cell(placed.file)?.[0], caption: row.cell(placed.caption)?.[0] }, place }];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function unreadable(file: TextFile): EkphrasisError {
  const message = `${file.name} is ${whatItIs(file)}. Give COCO's results, [{"image_id": 42, "caption": "…"}], or a table with a column file_name or image_id and a column caption.`;
  return new EkphrasisError(ErrorCode.BadInput, message);
}

function whatItIs(file: TextFile): string {
  if (file.text.trim() === '') return 'empty';
  const looksLikeJson = /^\s*[[{]/.test(file.text);
  if (!looksLikeJson || file.json !== undefined) return 'no list of captions';
  try {
    JSON.parse(file.text);
    return 'no list of captions';
  } catch (error) {
    return `no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
}

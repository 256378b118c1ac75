/**
 * The file that a collection moves in: UTF-8, one JSON value a line.
 *
 *     {"format":"ekphrasis-collection","version":1,"migrations":[{"name":"2026…_initial","checksum":"…"}],"rows":48546}
 *     {"table":"Image","columns":["id","sha256",…]}
 *     ["0198…","9f86…",…]            one a row, in the order of the primary key
 *     {"table":"ReferenceCaption","columns":[…]}
 *     …
 *     {"tables":[{"table":"Image","rows":8091,"sha256":"…"},…]}
 *
 * Values are what PostgreSQL writes as text (times in UTC), bytes are base64, NULL is null. Tables stand in the order
 * of their foreign keys. A table's sha256 is that of its rows' lines, each with its line feed; the last line says that
 * nothing is missing.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { parseJson } from '../files/json.js';

const headerSchema = z.object({
  format: z.literal('ekphrasis-collection'),
  version: z.literal(1),
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })).readonly(),
  /** Of all tables together. */
  rows: z.number(),
});
const tableSchema = z.strictObject({ table: z.string(), columns: z.array(z.string()) });
const rowSchema = z.array(z.string().nullable());
const summarySchema = z.object({ table: z.string(), rows: z.number(), sha256: z.string() });
const trailerSchema = z.strictObject({ tables: z.array(summarySchema) });

export type CollectionHeader = Readonly<z.infer<typeof headerSchema>>;
export type Row = z.infer<typeof rowSchema>;
/** How many rows a table has, and what they hash to. */
export type TableSummary = Readonly<z.infer<typeof summarySchema>>;

/** @param rows of all tables together */
export function collectionHeader(migrations: CollectionHeader['migrations'], rows: number): CollectionHeader {
  return {
    format: 'ekphrasis-collection',
    version: 1,
    migrations: migrations.map(({ name, checksum }) => ({ name, checksum })),
    rows,
  };
}

export interface MoveOptions {
  /** Told of every page, in rows of all tables. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the move between two pages; nothing of it stays. */
  readonly signal?: AbortSignal;
}

/** Where there are no pages. */
const ROWS_OF_A_NOTICE = 256;

/** What follows the header. */
export type CollectionPart =
  | { readonly type: 'table'; readonly table: string; readonly columns: readonly string[] }
  | { readonly type: 'row'; readonly row: Row; readonly length: number }
  | { readonly type: 'end'; readonly tables: readonly TableSummary[] };

/** Counts and hashes the rows of one table. */
export class TableDigest {
  private readonly hash: Hash = createHash('sha256');
  private rows = 0;

  constructor(private readonly table: string) {}

  /** @returns the row's line */
  add(row: Row): string {
    const line = `${JSON.stringify(row)}\n`;
    this.hash.update(line);
    this.rows += 1;
    return line;
  }

  summary(): TableSummary {
    return { table: this.table, rows: this.rows, sha256: this.hash.copy().digest('hex') };
  }
}

/**
 * Reads a file to its end, a line at a time.
 *
 * @throws EkphrasisError BAD_USER_INPUT, with the line's number, where it is damaged, and when its end is missing
 */
export async function readCollectionFile(
  path: string,
): Promise<{ header: CollectionHeader; parts: AsyncGenerator<CollectionPart> }> {
  const lines = linesOf(createReadStream(path, { encoding: 'utf8', highWaterMark: 2 ** 20 }));
  return { header: parseHeader(path, await lines.next()), parts: justParts(partsOf(path, lines)) };
}

/**
 * Passes a collection on that comes from elsewhere, a line at a time.
 *
 * @param source names it for people
 * @param chunks its text, cut anywhere
 * @param onEnd told each table's rows and checksum when all is there and as it says itself
 * @throws EkphrasisError BAD_USER_INPUT when it is damaged or cut short
 */
export async function* passedOn(
  source: string,
  chunks: AsyncIterable<string>,
  onEnd: (tables: TableSummary[]) => void,
  { onProgress, signal }: MoveOptions = {},
): AsyncGenerator<string> {
  const lines = linesOf(chunks);
  const first = await lines.next();
  const { rows } = parseHeader(source, first);
  yield `${String(first.value)}\n`;
  const digests: TableDigest[] = [];
  let done = 0;
  for await (const { line, part } of partsOf(source, lines)) {
    signal?.throwIfAborted();
    if (part.type === 'table') digests.push(new TableDigest(part.table));
    else if (part.type === 'row') {
      digests.at(-1)?.add(part.row);
      done += 1;
      if (done % ROWS_OF_A_NOTICE === 0 || done === rows) onProgress?.(done, rows);
    } else {
      const tables = digests.map((digest) => digest.summary());
      if (JSON.stringify(part.tables) !== JSON.stringify(tables))
        throw new EkphrasisError(ErrorCode.BadInput, `${source} is damaged: its checksums do not fit its rows.`);
      onEnd(tables);
    }
    yield `${line}\n`;
  }
}

function parseHeader(source: string, first: IteratorResult<string, unknown>): CollectionHeader {
  const header = headerSchema.safeParse(first.done ? undefined : parseJson(first.value));
  if (header.success) return header.data;
  throw new EkphrasisError(ErrorCode.BadInput, `${source} is no collection that ekphrasis db export wrote.`);
}

async function* justParts(lines: AsyncGenerator<{ readonly part: CollectionPart }>): AsyncGenerator<CollectionPart> {
  for await (const { part } of lines) yield part;
}

async function* partsOf(
  path: string,
  lines: AsyncGenerator<string>,
): AsyncGenerator<{ readonly line: string; readonly part: CollectionPart }> {
  let number = 1;
  let ended = false;
  for await (const line of lines) {
    number += 1;
    const part: CollectionPart | undefined = ended ? undefined : parsePart(line);
    if (!part) throw new EkphrasisError(ErrorCode.BadInput, `${path} is damaged: line ${number} cannot be read.`);
    ended = part.type === 'end';
    yield { line, part };
  }
  if (!ended) throw new EkphrasisError(ErrorCode.BadInput, `${path} is cut short: its last line is missing.`);
}

function parsePart(line: string): CollectionPart | undefined {
  const value = parseJson(line);
  const row = rowSchema.safeParse(value);
  if (row.success) return { type: 'row', row: row.data, length: line.length };
  const table = tableSchema.safeParse(value);
  if (table.success) return { type: 'table', ...table.data };
  const trailer = trailerSchema.safeParse(value);
  return trailer.success ? { type: 'end', ...trailer.data } : undefined;
}

/** A photo's line is many chunks long: they are joined once. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...rest] = chunk.split('\n');
    pieces.push(first);
    for (const piece of rest) {
      yield pieces.join('');
      pieces = [piece];
    }
  }
  const last = pieces.join('');
  if (last !== '') yield last;
}

/** Rows of any table as text, read and written a page at a time. */
import type { Row } from './collection-file.js';
import type { ExecuteSql } from './database.js';
import { quoted, type Table } from './tables.js';

/** What is held in memory at once, in characters; a single larger row is, too. */
export const PAGE_LENGTH = 4 * 2 ** 20;
/** Rows of a page. With this, the widest table's statement stays far from PostgreSQL's 65,535 parameters. */
export const PAGE_ROWS = 256;

/** For the transaction: the text of times and numbers depends on a session's settings. */
export const TEXT_SETTINGS =
  "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1";

/** The rows of a table in the order of its primary key, which is the same in every database. Needs a transaction. */
export async function* readPages(executeSql: ExecuteSql, table: Table): AsyncGenerator<Row[]> {
  const selected = table.columns.map(({ name, type }) => `${textOf(quoted(name), type)} AS ${quoted(name)}`);
  await executeSql(
    `DECLARE page CURSOR FOR SELECT ${selected.join(', ')} FROM ${quoted(table.name)} ORDER BY ${orderOf(table)}`,
  );
  for (let count = 1; ;) {
    const { rows } = await executeSql(`FETCH ${count} FROM page`);
    if (rows.length === 0) break;
    const page = (rows as Record<string, string | null>[]).map((row) =>
      table.columns.map(({ name }) => row[name] ?? null),
    );
    yield page;
    // Photos differ in size: the next page is as long as the length of this one lets expect.
    const length = page.flat().reduce((sum, value) => sum + (value?.length ?? 0), 1);
    count = Math.max(1, Math.min(PAGE_ROWS, count * 4, Math.floor((page.length * PAGE_LENGTH) / length)));
  }
  await executeSql('CLOSE page');
}

/** Adds rows, as `readPages` gives them, in one statement. */
export async function insertRows(
  executeSql: ExecuteSql,
  { name, columns }: Table,
  rows: readonly Row[],
): Promise<void> {
  const parameters = (row: number) =>
    columns.map(({ type }, column) => valueOf(row * columns.length + column + 1, type));
  const tuples = rows.map((_, row) => `(${parameters(row).join(', ')})`);
  const names = columns.map((column) => quoted(column.name));
  await executeSql(`INSERT INTO ${quoted(name)} (${names.join(', ')}) VALUES ${tuples.join(', ')}`, rows.flat());
}

/** Text is ordered by its bytes: what comes first in a language differs between servers. */
function orderOf({ columns, primaryKey }: Table): string {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return primaryKey.map((key) => (types.get(key) === 'text' ? `${quoted(key)} COLLATE "C"` : quoted(key))).join(', ');
}

function textOf(value: string, type: string): string {
  return type === 'bytea' ? `translate(encode(${value}, 'base64'), E'\\n', '')` : `${value}::text`;
}

function valueOf(parameter: number, type: string): string {
  return type === 'bytea' ? `decode($${parameter}::text, 'base64')` : `$${parameter}::text::${type}`;
}

/** Writes a whole collection to a file. */
import { dirname } from 'node:path';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import { collectionHeader, type MoveOptions, TableDigest, type TableSummary } from './collection-file.js';
import type { Database, ExecuteSql } from './database.js';
import { applyMigrations, type Migration, readMigrations } from './migrations.js';
import { readPages, TEXT_SETTINGS } from './table-rows.js';
import { describeTables, quoted, type Table } from './tables.js';

/**
 * Writes the collection to a file, which appears when it is whole. The database is brought up to date first; others may
 * write to it meanwhile: the file holds one moment of it.
 *
 * @param path a file of that name is replaced
 * @returns each table's rows and checksum
 * @throws EkphrasisError STORAGE_FAILED when the file cannot be written, DATABASE_UNAVAILABLE
 */
export async function exportCollection(
  database: Database,
  path: string,
  options: MoveOptions = {},
): Promise<TableSummary[]> {
  const space = new FreeSpace(dirname(path), database.space.reserve);
  return readCollection(database, (pieces) => writeFileAtomically(path, pieces, { space }), options);
}

/**
 * Hands out what would be in the file, piece by piece.
 *
 * @param write is done when it has taken all pieces
 * @returns each table's rows and checksum
 */
export async function readCollection(
  database: Database,
  write: (pieces: AsyncIterable<string>) => Promise<void>,
  options: MoveOptions = {},
): Promise<TableSummary[]> {
  const migrations = await readMigrations();
  await applyMigrations(database, migrations);
  return database.transaction(async (executeSql) => {
    await executeSql(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; ${TEXT_SETTINGS}`);
    const summaries: TableSummary[] = [];
    await write(collectionLines(executeSql, migrations, summaries, options));
    return summaries;
  });
}

/** @param summaries gets one of each table when its rows are written */
async function* collectionLines(
  executeSql: ExecuteSql,
  migrations: readonly Migration[],
  summaries: TableSummary[],
  { onProgress, signal }: MoveOptions,
): AsyncGenerator<string> {
  const tables = await describeTables(executeSql);
  const total = await countRows(executeSql, tables);
  yield `${JSON.stringify(collectionHeader(migrations, total))}\n`;
  let done = 0;
  for (const table of tables) {
    yield `${JSON.stringify({ table: table.name, columns: table.columns.map(({ name }) => name) })}\n`;
    const digest = new TableDigest(table.name);
    for await (const page of readPages(executeSql, table)) {
      signal?.throwIfAborted();
      yield page.map((row) => digest.add(row)).join('');
      done += page.length;
      onProgress?.(done, total);
    }
    summaries.push(digest.summary());
  }
  yield `${JSON.stringify({ tables: summaries })}\n`;
}

async function countRows(executeSql: ExecuteSql, tables: readonly Table[]): Promise<number> {
  let total = 0;
  for (const { name } of tables) {
    const { rows } = await executeSql(`SELECT count(*)::float8 AS count FROM ${quoted(name)}`, []);
    for (const { count } of rows as { count: number }[]) total += count;
  }
  return total;
}

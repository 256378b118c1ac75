/** Reads the file of a whole collection into an empty database, embedded or Postgres. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import {
  type CollectionPart,
  type MoveOptions,
  readCollectionFile,
  type Row,
  TableDigest,
  type TableSummary,
} from './collection-file.js';
import type { Database, ExecuteSql } from './database.js';
import { appliedMigrations, applyMigrations, type Migration, readMigrations } from './migrations.js';
import { insertRows, PAGE_LENGTH, PAGE_ROWS, readPages, TEXT_SETTINGS } from './table-rows.js';
import { describeTables, quoted, type Table } from './tables.js';
import { createVectorIndexes } from './vector-index.js';

/**
 * Fills an empty database from a file of `exportCollection`, in one transaction, then reads every table back and
 * compares its rows and checksum with the file's. A file of an earlier version is read into the tables of that version,
 * which are brought up to date afterwards.
 *
 * @returns each table's rows and checksum
 * @throws EkphrasisError CONFLICT when the database is not empty, or the file was written by a newer version or with
 *   other migrations; BAD_USER_INPUT when the file is damaged or cut short. The database stays empty then
 */
export async function importCollection(
  database: Database,
  path: string,
  options: MoveOptions = {},
): Promise<TableSummary[]> {
  const { header, parts } = await readCollectionFile(path);
  const migrations = await readMigrations();
  checkVersions(path, header.migrations, migrations);
  await checkNotLater(database, header.migrations.length);
  await applyMigrations(database, migrations.slice(0, header.migrations.length));
  const written = await fill(database, path, { header, parts }, options);
  await applyMigrations(database, migrations);
  await database.transaction(createVectorIndexes);
  return written;
}

function fill(
  database: Database,
  path: string,
  { header, parts }: Awaited<ReturnType<typeof readCollectionFile>>,
  options: MoveOptions,
): Promise<TableSummary[]> {
  return database.transaction(async (executeSql) => {
    await executeSql(TEXT_SETTINGS);
    const tables = await describeTables(executeSql);
    // Who writes meanwhile waits until all is there.
    await executeSql(`LOCK TABLE ${tables.map(({ name }) => quoted(name)).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    for (const { name } of tables) await checkEmpty(executeSql, name);
    const filling = new Filling(executeSql, tables, path, header.rows, options);
    for await (const part of parts) await filling.take(part);
    const written = filling.summaries();
    await checkKept(executeSql, tables, written, options.signal);
    return written;
  });
}

/** Migrations are only ever added: a file of an earlier version was written with the first of ours. */
function checkVersions(
  path: string,
  written: readonly Pick<Migration, 'name' | 'checksum'>[],
  known: readonly Migration[],
): void {
  const other = written.find(({ checksum }, index) => known[index]?.checksum !== checksum);
  if (!other) return;
  const isNewer = !known.some(({ name }) => name === other.name);
  const remedy = isNewer
    ? 'Update this program, and import it then.'
    : 'Import it with the version that wrote it, and open the database with this one afterwards.';
  const message = `${path} was written by ${isNewer ? 'a newer' : 'another'} version of Ekphrasis (its migration ${other.name} is not one of this program's). ${remedy}`;
  throw new EkphrasisError(ErrorCode.Conflict, message);
}

/** Tables of a later version do not take the rows of an earlier one. */
async function checkNotLater({ executeSql }: Database, migrations: number): Promise<void> {
  const there = await appliedMigrations(executeSql);
  if (there <= migrations) return;
  const message =
    'The database has the tables of a later version than the file: a collection is imported into an empty database only. ' +
    'Name a new one.';
  throw new EkphrasisError(ErrorCode.Conflict, message);
}

async function checkEmpty(executeSql: ExecuteSql, table: string): Promise<void> {
  const { rows } = await executeSql(`SELECT 1 AS found FROM ${quoted(table)} LIMIT 1`, []);
  if (rows.length === 0) return;
  const message =
    `The database is not empty (${table} has rows): a collection is imported into an empty database only. ` +
    'Name a new one; a server that was started on it has made the shipped model known there.';
  throw new EkphrasisError(ErrorCode.Conflict, message);
}

/**
 * Puts a file's parts into the tables, a page at a time, and holds them against the file's own counts and checksums.
 */
class Filling {
  private readonly digests: TableDigest[] = [];
  private table: Table | undefined;
  private page: Row[] = [];
  private pageLength = 0;
  private done = 0;

  constructor(
    private readonly executeSql: ExecuteSql,
    private readonly tables: readonly Table[],
    private readonly path: string,
    private readonly total: number,
    private readonly options: MoveOptions,
  ) {}

  async take(part: CollectionPart): Promise<void> {
    if (part.type === 'row') {
      await this.add(part.row, part.length);
      return;
    }
    await this.flush();
    if (part.type === 'table') this.begin(part.table, part.columns);
    else if (JSON.stringify(part.tables) !== JSON.stringify(this.summaries()))
      throw this.damaged('its checksums do not fit its rows');
  }

  summaries(): TableSummary[] {
    return this.digests.map((digest) => digest.summary());
  }

  private begin(name: string, columns: readonly string[]): void {
    const table = this.tables[this.digests.length];
    if (table?.name !== name || table.columns.map((column) => column.name).join() !== columns.join()) {
      throw this.damaged(`${name} is no table of its version`);
    }
    this.table = table;
    this.digests.push(new TableDigest(name));
  }

  private async add(row: Row, length: number): Promise<void> {
    if (row.length !== this.table?.columns.length) throw this.damaged('a row does not fit its table');
    this.digests.at(-1)?.add(row);
    this.page.push(row);
    this.pageLength += length;
    if (this.page.length >= PAGE_ROWS || this.pageLength >= PAGE_LENGTH) await this.flush();
  }

  private async flush(): Promise<void> {
    this.options.signal?.throwIfAborted();
    if (!this.table || this.page.length === 0) return;
    await insertRows(this.executeSql, this.table, this.page);
    this.done += this.page.length;
    this.page = [];
    this.pageLength = 0;
    this.options.onProgress?.(this.done, this.total);
  }

  private damaged(what: string): EkphrasisError {
    return new EkphrasisError(ErrorCode.BadInput, `${this.path} is damaged: ${what}.`);
  }
}

/** Reads every table back. */
async function checkKept(
  executeSql: ExecuteSql,
  tables: readonly Table[],
  written: readonly TableSummary[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const [index, table] of tables.entries()) {
    const digest = new TableDigest(table.name);
    for await (const page of readPages(executeSql, table)) {
      signal?.throwIfAborted();
      for (const row of page) digest.add(row);
    }
    if (JSON.stringify(digest.summary()) === JSON.stringify(written[index])) continue;
    throw new Error(`the database gives other rows of ${table.name} back than it was given`);
  }
}

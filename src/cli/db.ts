/** `ekphrasis db export FILE` and `ekphrasis db import FILE` */
import type { Config } from '../config.js';
import type { TableSummary } from '../store/collection-file.js';
import type { Database } from '../store/database.js';
import { exportCollection } from '../store/export-collection.js';
import { importCollection } from '../store/import-collection.js';
import { openDatabase } from '../store/store.js';
import type { MoveOptions } from '../store/table-rows.js';
import { withProgress } from './progress.js';
import { type CommandContext, Interrupted, printJson, printLine } from './terminal.js';

interface Options {
  readonly json: boolean;
}

export async function exportCommand(config: Config, context: CommandContext, file: string, { json }: Options): Promise<void> {
  const tables = await move(config, context, 'Exporting', (database, options) => exportCollection(database, file, options));
  if (json) printJson(context.stdout, { file, tables });
  else printTables(context, tables, `They are in ${file}.`);
}

export async function importCollectionCommand(config: Config, context: CommandContext, file: string, { json }: Options): Promise<void> {
  const tables = await move(config, context, 'Importing', (database, options) => importCollection(database, file, options));
  if (json) printJson(context.stdout, { file, tables });
  else printTables(context, tables, 'Every table was read back: its rows and checksum are those of the file.');
}

/** @throws Interrupted when `context.signal` was aborted; nothing of the move stays then */
async function move(
  config: Config,
  { stderr, signal }: CommandContext,
  label: string,
  action: (database: Database, options: MoveOptions) => Promise<TableSummary[]>,
): Promise<TableSummary[]> {
  const database = await openDatabase(config);
  try {
    return await withProgress(stderr, { label, unit: 'rows', total: 0 }, (onProgress) => action(database, { onProgress, signal }));
  } catch (error) {
    throw signal.aborted ? new Interrupted('Interrupted.') : error;
  } finally {
    await database.close();
  }
}

function printTables({ stdout }: CommandContext, tables: readonly TableSummary[], remark: string): void {
  const width = Math.max(...tables.map(({ table }) => table.length));
  for (const { table, rows, sha256 } of tables) printLine(stdout, `${table.padEnd(width)}  ${String(rows).padStart(9)} rows  ${sha256}`);
  printLine(stdout, remark);
}

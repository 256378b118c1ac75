/** `ekphrasis db export FILE` and `ekphrasis db import FILE` */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import { type MoveOptions, passedOn, type TableSummary } from '../store/collection-file.js';
import type { Database } from '../store/database.js';
import { exportCollection } from '../store/export-collection.js';
import { importCollection } from '../store/import-collection.js';
import { openDatabase } from '../store/store.js';
import { json } from './options.js';
import { withProgress } from './progress.js';
import { type RunningServer, runningServer } from './running-server.js';
import { type CommandContext, Interrupted, printJson, printLine } from './terminal.js';

export function addDbCommands(program: Command, config: () => Config, context: CommandContext): void {
  const db = program.command('db').description('move a whole collection between the embedded database and a Postgres');
  db.command('export')
    .description('write all tables to a file')
    .argument('<file>', 'a file, which is replaced when all is written')
    .addOption(json())
    .action((file: string, options: { json: boolean }) => exportCommand(config(), context, file, options));
  db.command('import')
    .description('read such a file into an empty database, and compare every table with it')
    .argument('<file>', 'a file of db export, of this version of Ekphrasis')
    .addOption(json())
    .action((file: string, options: { json: boolean }) => importCollectionCommand(config(), context, file, options));
}

interface Options {
  readonly json: boolean;
}

export async function exportCommand(
  config: Config,
  context: CommandContext,
  file: string,
  { json }: Options,
): Promise<void> {
  const server = await runningServer(config);
  const tables = server
    ? await download(server, file, config, context)
    : await move(config, context, 'Exporting', (database, options) => exportCollection(database, file, options));
  if (json) printJson(context.stdout, { file, tables });
  else printTables(context, tables, `They are in ${file}.`);
}

export async function importCollectionCommand(
  config: Config,
  context: CommandContext,
  file: string,
  { json }: Options,
): Promise<void> {
  const tables = await move(config, context, 'Importing', (database, options) =>
    importCollection(database, file, options),
  );
  if (json) printJson(context.stdout, { file, tables });
  else printTables(context, tables, 'Every table was read back: its rows and checksum are those of the file.');
}

/** Has the server that has the database open export it. @throws as `move` */
async function download(
  server: RunningServer,
  file: string,
  { diskReserve }: Config,
  { stderr, signal }: CommandContext,
): Promise<TableSummary[]> {
  let summaries: TableSummary[] = [];
  const onEnd = (tables: TableSummary[]) => {
    summaries = tables;
  };
  const space = new FreeSpace(dirname(resolve(file)), diskReserve);
  await interruptible(signal, () =>
    withProgress(stderr, { label: 'Exporting', unit: 'rows', total: 0 }, (onProgress) =>
      writeFileAtomically(file, passedOn('The export', server.read('/export', signal), onEnd, { onProgress, signal }), {
        space,
      }),
    ),
  );
  return summaries;
}

/** @throws Interrupted when the signal was aborted meanwhile */
async function interruptible<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw signal.aborted ? new Interrupted('Interrupted.') : error;
  }
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
    return await interruptible(signal, () =>
      withProgress(stderr, { label, unit: 'rows', total: 0 }, (onProgress) => action(database, { onProgress, signal })),
    );
  } finally {
    await database.close();
  }
}

function printTables({ stdout }: CommandContext, tables: readonly TableSummary[], remark: string): void {
  const width = Math.max(...tables.map(({ table }) => table.length));
  for (const { table, rows, sha256 } of tables)
    printLine(stdout, `${table.padEnd(width)}  ${String(rows).padStart(9)} rows  ${sha256}`);
  printLine(stdout, remark);
}

/** `ekphrasis import FOLDER` */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Application } from '../application.js';
import type { ImportReport } from '../collection/import-dataset.js';
import type { Config } from '../config.js';
import { parseColumns } from '../datasets/columns.js';
import type { Dataset } from '../datasets/dataset.js';
import { describeSummary } from '../datasets/describe-summary.js';
import { FORMATS } from '../datasets/formats/all.js';
import type { OpenOptions } from '../datasets/open-dataset.js';
import { openSource } from '../datasets/open-source.js';
import type { Columns } from '../datasets/reader.js';
import type { ImportWish } from '../jobs/jobs.js';
import { sceneLanguageOf } from '../datasets/scenes.js';
import { handToWorker } from './jobs.js';
import { json, queued } from './options.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, describeError, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function addImportCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('import')
    .description('bring a data set into the collection; again, it brings what is new and what was corrected')
    .argument(
      '<folder>',
      'a folder of photos, with captions in any of the formats or without, or "scenes", "scenes-de", "scenes-zh" for the sets the program draws itself',
    )
    .option('--prune', 'remove what the data set had and the folder has no longer', false)
    .addOption(new Option('--format <id>', 'format of the captions. Default: what the files contain').choices(FORMATS))
    .addOption(
      new Option(
        '--columns <list>',
        'columns of a table, by header or number: file=NAME,caption=NAME,split=NAME',
      ).argParser(columns),
    )
    .addOption(
      new Option('--dry-run', 'say what is recognised, and import nothing')
        .conflicts(['queue', 'prune'])
        .default(false),
    )
    .addOption(queued())
    .addOption(json())
    .action((folder: string, options: Parameters<typeof importCommand>[3]) =>
      importCommand(config(), context, folder, options),
    );
}

function columns(text: string): Columns {
  try {
    return parseColumns(text);
  } catch (error) {
    throw new InvalidArgumentError(describeError(error).message);
  }
}

/** Kinds of problems that are printed; more are counted. */
const PRINTED = 20;

export interface ImportCommandOptions extends Pick<OpenOptions, 'format' | 'columns'> {
  readonly json: boolean;
  readonly queue: boolean;
  readonly prune: boolean;
  readonly dryRun: boolean;
}

export function importCommand(
  config: Config,
  context: CommandContext,
  folder: string,
  options: ImportCommandOptions,
): Promise<void> {
  const { prune, format, columns: wanted } = options;
  if (options.dryRun) return preview(context, folder, options);
  if (options.queue) {
    // The worker has a working folder of its own.
    const path = sceneLanguageOf(folder) ? folder : resolve(folder);
    return handToWorker(config, context, options, ({ jobs }) =>
      jobs.importFolder(path, { prune, format, columns: wanted }),
    );
  }
  return withApplication(config, context, async (application) => {
    const report = await importWithProgress(application, context, folder, { prune, format, columns: wanted });
    if (options.json) printJson(context.stdout, report);
    else printReport(context, report);
  });
}

/** Says what is recognised and what is odd about it. Neither the collection nor VGG16 is opened for it. */
async function preview(
  { stdout, stderr }: CommandContext,
  folder: string,
  { json: asJson, format, columns: wanted }: ImportCommandOptions,
): Promise<void> {
  const { name, origin, format: id, summary, problems } = await openSource(folder, { format, columns: wanted });
  if (asJson) {
    printJson(stdout, { name, origin, format: id, recognised: describeSummary(summary), summary, problems });
    return;
  }
  printLine(stdout, `${describeSummary(summary)}.`);
  for (const { message } of problems) printLine(stderr, message);
}

/** What was imported, and in further lines what is otherwise than before. */
function printReport({ stdout }: CommandContext, report: ImportReport): void {
  printLine(
    stdout,
    `${counted(report.imported, 'photo')} imported, ${report.alreadyThere} were there already: the data set ${report.dataset}.`,
  );
  const changes: readonly [number, string][] = [
    [report.captionsAdded, `${counted(report.captionsAdded, 'caption')} added`],
    [report.captionsChanged, `${counted(report.captionsChanged, 'caption')} corrected`],
    [report.splitsChanged, `${counted(report.splitsChanged, 'photo')} in another split than before`],
    [report.moved, `${counted(report.moved, 'photo')} moved or renamed`],
    [report.gonePhotos, `${counted(report.gonePhotos, 'photo')} gone from the folder`],
    [report.goneCaptions, `${counted(report.goneCaptions, 'caption')} gone from the folder`],
    [report.deletedPhotos, `${counted(report.deletedPhotos, 'photo')} deleted`],
  ];
  for (const [count, line] of changes) if (count > 0) printLine(stdout, `${line}.`);
}

/** Says what is recognised, imports with a bar, then names what could not be read, all on stderr. */
export async function importWithProgress(
  application: Application,
  context: CommandContext,
  folder: string,
  options: ImportWish = {},
): Promise<ImportReport> {
  const onRecognised = ({ summary }: Dataset) => {
    printLine(context.stderr, `${describeSummary(summary)}.`);
  };
  const report = await withProgress(context.stderr, { label: 'Importing', unit: 'photos', total: 0 }, (update) =>
    application.importDataset(folder, { ...options, onProgress: update, signal: context.signal, onRecognised }),
  );
  for (const { message } of report.problems.slice(0, PRINTED)) printLine(context.stderr, message);
  if (report.problems.length > PRINTED) printLine(context.stderr, `… and ${report.problems.length - PRINTED} more.`);
  return report;
}

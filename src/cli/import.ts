/** `ekphrasis import FOLDER` */
import { resolve } from 'node:path';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import { sceneLanguageOf } from '../datasets/scenes.js';
import { handToWorker } from './jobs.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

/** Problems that are printed; more are counted. */
const PRINTED = 20;

export function importCommand(
  config: Config,
  context: CommandContext,
  folder: string,
  options: { readonly json: boolean; readonly queue: boolean },
): Promise<void> {
  if (options.queue) {
    // The worker has a working folder of its own.
    const path = sceneLanguageOf(folder) ? folder : resolve(folder);
    return handToWorker(config, context, options, ({ jobs }) => jobs.importFolder(path));
  }
  return withApplication(config, context, async (application) => {
    const report = await importWithProgress(application, context, folder);
    if (options.json) printJson(context.stdout, report);
    else printLine(context.stdout, `${counted(report.imported, 'photo')} imported, ${report.alreadyThere} were there already.`);
  });
}

/** Imports with a bar, then names what could not be read, all on stderr. */
export async function importWithProgress(application: Application, context: CommandContext, folder: string): ReturnType<Application['importDataset']> {
  const report = await withProgress(context.stderr, { label: 'Importing', unit: 'photos', total: 0 }, (update) =>
    application.importDataset(folder, update, context.signal),
  );
  for (const { file, reason } of report.problems.slice(0, PRINTED)) printLine(context.stderr, `${file}: ${reason}`);
  if (report.problems.length > PRINTED) printLine(context.stderr, `… and ${report.problems.length - PRINTED} more.`);
  return report;
}

/** `ekphrasis libraries`, and `ekphrasis library add DIR`, `scan ID`, `change ID` and `remove ID` */
import { type Command, Option } from 'commander';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import type { LibraryId } from '../ids.js';
import { describeKept, describeLibraryRemoval } from '../libraries/remove-library.js';
import type { ScanOptions } from '../libraries/scan-library.js';
import { lastScanSchema, type ScanReport } from '../libraries/scan-report.js';
import type { LibraryFigures, LibraryRecord } from '../store/libraries.js';
import { confirm, forever, tellTrash } from './confirm.js';
import { handToWorker } from './jobs.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

interface Output {
  readonly json: boolean;
}

interface LibraryOptions {
  readonly name?: string;
  readonly exclude?: readonly string[];
  readonly watch?: boolean;
  readonly poll?: boolean;
}

type ScanCommandOptions = Output & Pick<ScanOptions, 'retryProblems' | 'acceptLosses'> & { readonly queue: boolean };

/** Kinds of problems that are printed; more are counted. */
const PRINTED = 20;

/** Options that other commands have as well. */
interface SharedOptions {
  readonly json: () => Option;
  readonly queued: () => Option;
}

export function addLibraryCommands(
  program: Command,
  config: () => Config,
  context: CommandContext,
  { json, queued }: SharedOptions,
): void {
  program
    .command('libraries')
    .description('list the libraries: folders whose photos stay where they are')
    .addOption(json())
    .action((options: Output) => listCommand(config(), context, options));

  const library = program.command('library').description('add, scan, change and remove libraries');
  const named = (command: Command) => command.argument('<id>', 'of the library, or its name');
  const described = (command: Command) =>
    command
      .option('--name <text>', 'what to call it')
      .option('--exclude <glob...>', 'patterns of paths to leave out: *.png, private, 2019/**/raw');

  described(library.command('add'))
    .description('add a folder of photos, which stay where they are and are never written, and scan it')
    .argument('<folder>', 'a folder of photos')
    .option('--watch', 'scan it by itself when its files change, while a server or worker runs', false)
    .option('--poll', 'watch it by looking at every file again and again, as network disks need it', false)
    .option('--no-scan', 'only add it')
    .addOption(json())
    .action((folder: string, options: LibraryOptions & Output & { readonly scan: boolean }) =>
      withApplication(config(), context, async (application) => {
        const { name, exclude, watch, poll } = options;
        const added = await application.libraries.add(folder, { name, excluded: exclude, watch, poll });
        if (options.scan) await scan(application, context, added.id, options);
        else if (options.json) printJson(context.stdout, added);
        else printLine(context.stdout, lineOf(added, undefined));
      }),
    );

  named(library.command('scan'))
    .description('look at the files of a library: read what is new or changed, note what is gone')
    .option('--retry-problems', 'read files again that could not be read', false)
    .option('--accept-losses', 'let photos count as missing even if all are gone or the disk is another', false)
    .addOption(queued())
    .addOption(json())
    .action((wish: string, options: ScanCommandOptions) => scanCommand(config(), context, wish, options));

  described(named(library.command('change')))
    .description('change a library: --exclude takes the place of the patterns it had')
    .option('--watch', 'scan it by itself when its files change')
    .option('--no-watch', 'scan it only when it is asked for')
    .option('--poll', 'watch it by looking at every file again and again')
    .option('--no-poll', 'watch it by what the system tells')
    .option('--exclude-nothing', 'leave no file out')
    .addOption(json())
    .action((wish: string, options: LibraryOptions & Output & { readonly excludeNothing?: boolean }) =>
      withApplication(config(), context, async ({ store, libraries }) => {
        const { name, watch, poll } = options;
        const excluded = options.excludeNothing === true ? [] : options.exclude;
        const { id } = await store.libraries.resolve(wish);
        const changed = await libraries.update(id, { name, excluded, watch, poll });
        if (options.json) printJson(context.stdout, changed);
        else printLine(context.stdout, lineOf(changed, (await store.libraries.figures([id])).get(id)));
      }),
    );

  named(library.command('remove'))
    .description('remove a library from Ekphrasis, with its photos that nobody else has; its files stay as they are')
    .addOption(new Option('--yes', 'do not ask').default(false))
    .addOption(forever())
    .addOption(json())
    .action((wish: string, options: Output & { readonly yes: boolean; readonly forever: boolean }) =>
      removeCommand(config(), context, wish, options),
    );
}

function listCommand(config: Config, context: CommandContext, { json }: Output): Promise<void> {
  return withApplication(config, context, async ({ store }) => {
    const all = await store.libraries.list();
    const figures = await store.libraries.figures(all.map(({ id }) => id));
    if (json)
      printJson(
        context.stdout,
        all.map((library) => ({ ...library, ...figures.get(library.id) })),
      );
    else for (const library of all) printLine(context.stdout, lineOf(library, figures.get(library.id)));
  });
}

function scanCommand(
  config: Config,
  context: CommandContext,
  wish: string,
  { queue, ...options }: ScanCommandOptions,
): Promise<void> {
  const { retryProblems, acceptLosses } = options;
  if (queue)
    return handToWorker(config, context, options, async ({ store, jobs }) =>
      jobs.scanLibrary((await store.libraries.resolve(wish)).id, { retryProblems, acceptLosses }),
    );
  return withApplication(config, context, async (application) => {
    const { id } = await application.store.libraries.resolve(wish);
    await scan(application, context, id, options);
  });
}

async function scan(
  application: Application,
  context: CommandContext,
  id: LibraryId,
  { json, retryProblems, acceptLosses }: Output & Pick<ScanOptions, 'retryProblems' | 'acceptLosses'>,
): Promise<void> {
  const report = await withProgress(context.stderr, { label: 'Scanning', unit: 'photos', total: 0 }, (update) =>
    application.scanLibrary(id, { retryProblems, acceptLosses, onProgress: update, signal: context.signal }),
  );
  for (const { message } of report.problems.slice(0, PRINTED)) printLine(context.stderr, message);
  if (report.problemCount > PRINTED) printLine(context.stderr, `… and ${report.problemCount - PRINTED} more.`);
  if (json) printJson(context.stdout, report);
  else printReport(context, report);
}

function printReport({ stdout }: CommandContext, report: ScanReport): void {
  const { library, added, files } = report;
  printLine(stdout, `${counted(added, 'photo')} added: the library ${library} has ${counted(files, 'file')}.`);
  const changes: readonly [number, string][] = [
    [report.changed, `${counted(report.changed, 'file')} with another picture than before`],
    [report.edited, `${counted(report.edited, 'file')} edited: what people said of them stays`],
    [report.retold, `${counted(report.retold, 'file')} that say something else of the same picture`],
    [report.moved, `${counted(report.moved, 'file')} moved or renamed`],
    [report.returned, `${counted(report.returned, 'file')} there again`],
    [report.missing, `${counted(report.missing, 'file')} missing; what is known of them stays`],
    [report.deletedPhotos, `${counted(report.deletedPhotos, 'photo')} deleted, as other pictures are in their files`],
  ];
  for (const [count, line] of changes) if (count > 0) printLine(stdout, `${line}.`);
  if (report.trash !== undefined) printLine(stdout, `They are in the trash: ekphrasis trash restore ${report.trash}`);
}

function removeCommand(
  config: Config,
  context: CommandContext,
  wish: string,
  { yes, json, forever: isForever }: Output & { readonly yes: boolean; readonly forever: boolean },
): Promise<void> {
  return withApplication(config, context, async ({ store, deletions, libraries }) => {
    const { id, name } = await store.libraries.resolve(wish);
    const { figures, deletedPhotos, kept } = await describeLibraryRemoval(id, store);
    const question = [
      `Remove the library ${name}, and delete ${deletedPhotos} of its ${counted(figures.images, 'photo')} from Ekphrasis with what models wrote for them?`,
      ...describeKept(kept),
      'Its files stay as they are.',
    ];
    await confirm(question.join(' '), yes, context);
    const removed = await deletions.removeLibrary(id, true, { forever: isForever });
    tellTrash(context, removed.trash);
    await libraries.tell();
    if (json) printJson(context.stdout, { id, name, deletedPhotos: removed.deletedPhotos });
    else
      printLine(
        context.stdout,
        [
          `The library ${name} is removed, with ${counted(removed.deletedPhotos, 'photo')}.`,
          ...describeKept(removed.kept),
          'Its files are as they were.',
        ].join(' '),
      );
  });
}

function lineOf(library: LibraryRecord, figures: LibraryFigures | undefined): string {
  const { id, name, root, watch, poll, excluded, scannedAt, lastScan } = library;
  const { images = 0, missing = 0, problems = 0 } = figures ?? {};
  const counts = [
    counted(images, 'photo'),
    ...(missing > 0 ? [`${counted(missing, 'file')} missing`] : []),
    ...(problems > 0 ? [`${counted(problems, 'file')} not readable`] : []),
  ].join(', ');
  const last = lastScanSchema.safeParse(lastScan).data;
  const state = scannedAt === null ? 'not scanned yet' : `scanned ${scannedAt.toISOString()}`;
  return [
    id,
    name,
    counts,
    root,
    ...(watch ? [poll ? 'watched by polling' : 'watched'] : []),
    ...(excluded.length > 0 ? [`without ${excluded.join(' ')}`] : []),
    last && 'error' in last ? `${state}; the last scan failed: ${last.error.message}` : state,
  ].join('  ');
}

/** The `ekphrasis` command: which commands there are, their arguments, and how they end. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeVariables, loadConfig } from '../config.js';
import { parseColumns } from '../datasets/columns.js';
import { FORMATS } from '../datasets/formats/all.js';
import type { Columns } from '../datasets/reader.js';
import { JOB_KINDS } from '../jobs/kinds/all.js';
import { QUEUE_NAMES } from '../queues.js';
import { USES } from '../models/use.js';
import { METRICS } from '../metrics/all.js';
import { addAltTextCommands } from './alt-text.js';
import { captionCommand } from './caption.js';
import { exportCommand, importCollectionCommand } from './db.js';
import { addExportCommands } from './export.js';
import { ensembleCommand } from './ensemble.js';
import { addDatasetCommands } from './datasets.js';
import { evaluateCommand, type EvaluateOptions } from './evaluate.js';
import { addImageCommands } from './images.js';
import { addTrashCommands } from './trash.js';
import { importCommand } from './import.js';
import { duplicatesCommand } from './duplicates.js';
import { addJobCommands } from './jobs.js';
import { addKeyCommands } from './keys.js';
import { addLibraryCommands } from './libraries.js';
import { addMetadataCommands } from './metadata.js';
import { addModelCommands } from './models.js';
import { searchCommand } from './search.js';
import { serveCommand } from './serve.js';
import { type CommandContext, describeError, ExitCode, Interrupted, printLine } from './terminal.js';
import { addRunCommands } from './runs.js';
import { addTrainCommand } from './train-options.js';
import { addWebhookCommands } from './webhooks.js';
import { workerCommand } from './worker.js';
import { SPLITS } from '../splits.js';

/**
 * Runs one command line to its end.
 *
 * @param args without the program's name, such as `['caption', 'dog.jpg', '--json']`
 * @returns the exit code: 0, 1 when something failed, 2 when the command line makes no sense, 3 when images of a page
 *   are left without a text, 130 when it was interrupted
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Success;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Success : ExitCode.Usage;
    if (error instanceof Interrupted) return ExitCode.Interrupted;
    const { code, message } = describeError(error);
    printLine(context.stderr, `${code}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`);
    return ExitCode.Failure;
  }
}

function createProgram(context: CommandContext, end: (code: ExitCode) => void): Command {
  const config = () => loadConfig(context.env);
  const json = () => new Option('--json', 'print the result as JSON on stdout, and nothing else there').default(false);
  const queued = () => new Option('--queue', 'hand it to a worker (with DATABASE_URL) and do not wait').default(false);
  // Subcommands inherit these two from the moment they are made.
  const program = new Command('ekphrasis')
    .description('A caption server for photo collections: VGG16 sees, an attention LSTM writes.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError('(ekphrasis --help shows the commands)')
    .addHelpText('after', `\nEnvironment:\n${describeVariables()}`);

  program
    .command('serve')
    .description('start the server: GraphQL over HTTP and WebSocket')
    .option('--no-worker', 'leave the work of the queues to ekphrasis worker')
    .action((options: Parameters<typeof serveCommand>[2]) => serveCommand(config(), context, options));

  program
    .command('worker')
    .description('take up work from the queues of DATABASE_URL, beside servers and other workers, on any machine')
    .addOption(
      new Option(
        '--queues <names>',
        `kinds of work, separated by commas: ${QUEUE_NAMES.join(', ')}. Default: all`,
      ).argParser(queueNames),
    )
    .option('--concurrency <n>', 'parts of each kind at a time', wholeNumber(1, 64), 2)
    .addHelpText(
      'after',
      `\nKinds of work beside training:\n${JOB_KINDS.map(({ kind, description }) => `  ${kind}: ${description}`).join('\n')}`,
    )
    .action((options: Parameters<typeof workerCommand>[2]) => workerCommand(config(), context, options));

  const use = () =>
    new Option('--use <when>', 'when it takes the place of the model in use; where none is in use, always')
      .choices(USES.map((name) => name.toLowerCase()))
      .default('never');
  const learningRate = () => new Option('--learning-rate <x>', 'the highest of the schedule').argParser(positiveNumber);
  const jobs = program.command('jobs').description('list the jobs over the collection and the trainings');
  addJobCommands(jobs, config, context, { json, learningRate });

  program
    .command('caption')
    .description('write a sentence for each photo; the photos become part of the collection')
    .argument('<photo...>', 'files with photos')
    .option('--attention <dir>', 'also write pictures of where the model looked for each word, NAME.png, and NAME.json')
    .addOption(json())
    .action(async (photos: string[], options: { json: boolean; attention?: string }) => {
      end(await captionCommand(config(), context, photos, options));
    });

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

  addTrainCommand(program, config, context, { json });
  addRunCommands(
    program.command('runs').description('list trainings, write one down whole, do one again'),
    config,
    context,
    {
      json,
      end,
    },
  );

  const datasets = program.command('datasets').description('list the data sets of the collection, with their ids');
  addDatasetCommands(datasets, config, context, { json });

  addLibraryCommands(program, config, context, { json, queued });

  const models = program
    .command('models')
    .description('list the captioners and search models, with what they are worth on dev');
  addModelCommands(models, config, context, { json });
  addImageCommands(program.command('images').description('delete photos of the collection'), config, context, json);

  addTrashCommands(
    program.command('trash').description('list what was deleted and can be brought back'),
    config,
    context,
    {
      json,
    },
  );
  addKeyCommands(program.command('keys').description('list, make and revoke keys to the server'), config, context, {
    json,
  });
  addWebhookCommands(
    program.command('webhooks').description('list, add, test and remove programs that are told of events'),
    config,
    context,
    { json },
  );

  program
    .command('ensemble')
    .description('make captioners write together: one model')
    .argument('<model...>', 'ids of captioners that were trained on the same captions')
    .option('--name <text>', 'name of the model')
    .addOption(use())
    .addOption(json())
    .action((models: string[], options: Parameters<typeof ensembleCommand>[3]) =>
      ensembleCommand(config(), context, models, options),
    );

  program
    .command('evaluate')
    .description(`caption a split and compare with what people wrote: ${METRICS.map(({ name }) => name).join(', ')}`)
    .addOption(new Option('--split <name>', 'the photos to caption').choices(SPLITS).default('dev'))
    .option('--model <id>', 'id of the model to evaluate. Default: the current model')
    .option('--dataset <name>', 'id or name of the data set whose photos are captioned. Default: all')
    .addOption(
      new Option(
        '--captions <file>',
        "measure captions from elsewhere: COCO's results, or a table with the columns file_name (or image_id) and caption",
      ).conflicts(['model', 'queue']),
    )
    .option('--annotations <file>', "COCO's annotations, which say by which ids the file of --captions calls photos")
    .option('--name <text>', 'what these captions are called among the models. Default: the name of their file')
    .addOption(
      new Option(
        '--compare <id>',
        'a model or captions that were measured before, to compare with: its id, or "current"',
      ).conflicts('queue'),
    )
    .addOption(
      new Option('--format <name>', 'figures as text or JSON, or the captions as COCO has them')
        .choices(['text', 'json', 'coco'])
        .default('text')
        .conflicts('queue'),
    )
    .addOption(
      new Option('--references <file>', "also write what people wrote, as COCO's annotations").conflicts('queue'),
    )
    .addOption(queued())
    .addOption(json())
    .action((options: EvaluateOptions) => evaluateCommand(config(), context, options));

  program
    .command('search')
    .description('find photos by what they show')
    .argument('<text...>', 'what to look for')
    .addOption(
      new Option('--mode <name>', 'by the words of captions, by the search model, or by both')
        .choices(['hybrid', 'text', 'semantic'])
        .default('hybrid'),
    )
    .addOption(new Option('--split <name>', 'only photos of this split').choices(SPLITS))
    .option('--dataset <name>', 'only photos of this data set, its id or name')
    .option('--reviewed', 'only photos for which a person wrote, chose or adopted a caption')
    .option('--no-reviewed', 'only the others')
    .option('--library <name>', 'only photos of this library, its id or name')
    .option('--folder <path>', 'only photos in this folder of a library, or below it')
    .option('--missing', 'only photos whose file is missing')
    .option('--no-missing', 'no photos whose file is missing')
    .option('--taken-from <date>', 'only photos that were taken then or later, such as 2021-07-01', date)
    .option('--taken-before <date>', 'only photos that were taken before that', date)
    .option('--keyword <word>', 'only photos whose files have this keyword')
    .option('--rated <n>', 'only photos whose files have so many stars or more', wholeNumber(1, 5))
    .option('--exact', 'search the words as typed: take none for misspelt')
    .option('--limit <n>', 'photos to list', wholeNumber(1, 100), 20)
    .addOption(json())
    .action((text: string[], options: Parameters<typeof searchCommand>[3]) =>
      searchCommand(config(), context, text.join(' '), options),
    );

  program
    .command('duplicates')
    .description('list photos that are the same picture: resized, compressed, slightly cropped or mirrored')
    .addOption(json())
    .action((options: Parameters<typeof duplicatesCommand>[2]) => duplicatesCommand(config(), context, options));

  const metadata = program.command('metadata').description("what photos' files say of themselves");
  addMetadataCommands(metadata, config, context, { json, queued });

  const altText = program
    .command('alt-text')
    .description('fill missing alternative texts of HTML files; list, approve and change the texts of photos');
  addAltTextCommands(altText, config, context, { json, end });

  const exports = program.command('export').description('bring captions to other programs');
  addExportCommands(exports, config, context, json);

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

  return program;
}

function queueNames(text: string): string[] {
  return text.split(',').map((name) => {
    const kind = QUEUE_NAMES.find((known) => known === name.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`There is no queue ${name.trim()}: there are ${QUEUE_NAMES.join(', ')}.`);
    return kind;
  });
}

function columns(text: string): Columns {
  try {
    return parseColumns(text);
  } catch (error) {
    throw new InvalidArgumentError(describeError(error).message);
  }
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

function date(text: string): Date {
  const value = new Date(text);
  if (/^\d{4}/.test(text) && !Number.isNaN(value.getTime())) return value;
  throw new InvalidArgumentError('It must be a date, such as 2021-07-01 or 2021-07-01T12:00:00+02:00.');
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** The `ekphrasis` command: which commands there are, each by its own file, and how they end. */
import { Command, CommanderError } from 'commander';
import { describeVariables, loadConfig } from '../config.js';
import { addAltTextCommands } from './alt-text.js';
import { addCaptionCommand } from './caption.js';
import { addDatasetCommands } from './datasets.js';
import { addDbCommands } from './db.js';
import { addDuplicatesCommand } from './duplicates.js';
import { addEnsembleCommand } from './ensemble.js';
import { addEvaluateCommand } from './evaluate.js';
import { addExportCommands } from './export.js';
import { addImageCommands } from './images.js';
import { addImportCommand } from './import.js';
import { addJobCommands } from './jobs.js';
import { addKeyCommands } from './keys.js';
import { addLibraryCommands } from './libraries.js';
import { addMetadataCommands } from './metadata.js';
import { addModelCommands } from './models.js';
import { json, learningRate, queued } from './options.js';
import { addRunCommands } from './runs.js';
import { addSearchCommand } from './search.js';
import { addServeCommand } from './serve.js';
import { type CommandContext, describeError, ExitCode, Interrupted, printLine } from './terminal.js';
import { addTrainCommand } from './train-options.js';
import { addTrashCommands } from './trash.js';
import { addWebhookCommands } from './webhooks.js';
import { PROGRAM_VERSION } from '../version.js';
import { addWorkerCommand } from './worker.js';

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

/** Commands are listed by --help in the order in which they are added. */
function createProgram(context: CommandContext, end: (code: ExitCode) => void): Command {
  const config = () => loadConfig(context.env);
  // Subcommands inherit these two from the moment they are made.
  const program = new Command('ekphrasis')
    .description('A caption server for photo collections: VGG16 sees, an attention LSTM writes.')
    .version(PROGRAM_VERSION, '--version', 'print the version of the program')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError('(ekphrasis --help shows the commands)')
    .addHelpText('after', `\nEnvironment:\n${describeVariables()}`);
  const group = (name: string, description: string) => program.command(name).description(description);

  addServeCommand(program, config, context);
  addWorkerCommand(program, config, context);
  addJobCommands(group('jobs', 'list the jobs over the collection and the trainings'), config, context, {
    json,
    learningRate,
  });
  addCaptionCommand(program, config, context, end);
  addImportCommand(program, config, context);
  addTrainCommand(program, config, context);
  addRunCommands(group('runs', 'list trainings, write one down whole, do one again'), config, context, { json, end });
  addDatasetCommands(group('datasets', 'list the data sets of the collection, with their ids'), config, context, {
    json,
  });
  addLibraryCommands(program, config, context, { json, queued });
  addModelCommands(
    group('models', 'list the captioners and search models, with what they are worth on dev'),
    config,
    context,
    { json },
  );
  addImageCommands(group('images', 'delete photos of the collection'), config, context, json);
  addTrashCommands(group('trash', 'list what was deleted and can be brought back'), config, context, { json });
  addKeyCommands(group('keys', 'list, make and revoke keys to the server'), config, context, { json });
  addWebhookCommands(
    group('webhooks', 'list, add, test and remove programs that are told of events'),
    config,
    context,
    { json },
  );
  addEnsembleCommand(program, config, context);
  addEvaluateCommand(program, config, context);
  addSearchCommand(program, config, context);
  addDuplicatesCommand(program, config, context);
  addMetadataCommands(group('metadata', "what photos' files say of themselves"), config, context, { json, queued });
  addAltTextCommands(
    group('alt-text', 'fill missing alternative texts of HTML files; list, approve and change the texts of photos'),
    config,
    context,
    { json, end },
  );
  addExportCommands(group('export', 'bring captions to other programs'), config, context, json);
  addDbCommands(program, config, context);
  return program;
}

/** `ekphrasis worker` */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RunningServer } from '../api/server/server.js';
import { startWorkerServer } from '../api/server/worker-server.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { JOB_KINDS } from '../jobs/kinds/all.js';
import { QUEUE_NAMES } from '../queues.js';
import { startWatchdog } from '../watch/watchdog.js';
import { wholeNumber } from './options.js';
import { type CommandContext, printLine } from './terminal.js';
import { aborted, openForCommand } from './with-application.js';

export function addWorkerCommand(program: Command, config: () => Config, context: CommandContext): void {
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
}

function queueNames(text: string): string[] {
  return text.split(',').map((name) => {
    const kind = QUEUE_NAMES.find((known) => known === name.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`There is no queue ${name.trim()}: there are ${QUEUE_NAMES.join(', ')}.`);
    return kind;
  });
}

export interface WorkerOptions {
  readonly queues?: readonly string[];
  readonly concurrency: number;
}

/** Works until it is told to end; what it holds then is finished or given back. */
export async function workerCommand(config: Config, context: CommandContext, options: WorkerOptions): Promise<void> {
  checkShared(config);
  const { queues: kinds = QUEUE_NAMES, concurrency } = options;
  const stopWatchdog = await startWatchdog({ what: 'worker', seconds: config.watchdogSeconds });
  const application = await openForCommand(config, context, config.logLevel);
  let server: RunningServer | undefined;
  try {
    if (context.signal.aborted) return;
    if (config.workerPort !== undefined)
      server = await startWorkerServer(application, config.workerPort, context.signal);
    await application.work({ kinds, concurrency });
    printLine(context.stdout, `Working on ${kinds.join(', ')}. End with Ctrl+C.`);
    await aborted(context.signal);
  } finally {
    await application.close();
    // Last: until then it says that it lives, and that it is closing.
    await server?.close();
    await stopWatchdog();
  }
}

/** @throws INVALID_CONFIGURATION with the embedded database, which belongs to one process */
export function checkShared({ databaseUrl }: Pick<Config, 'databaseUrl'>): void {
  if (databaseUrl !== undefined) return;
  const message =
    'The embedded database belongs to one process, so no other can work on it: ekphrasis serve does the work itself. ' +
    'For workers of their own set DATABASE_URL to a Postgres with pgvector.';
  throw new EkphrasisError(ErrorCode.InvalidConfiguration, message);
}

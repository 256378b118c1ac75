/** `ekphrasis worker` */
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { QUEUE_NAMES } from '../jobs/queues.js';
import { type CommandContext, printLine } from './terminal.js';
import { aborted, openForCommand } from './with-application.js';

export interface WorkerOptions {
  readonly queues?: readonly string[];
  readonly concurrency: number;
}

/** Works until it is told to end; what it holds then is finished or given back. */
export async function workerCommand(config: Config, context: CommandContext, options: WorkerOptions): Promise<void> {
  checkShared(config);
  const { queues: kinds = QUEUE_NAMES, concurrency } = options;
  const application = await openForCommand(config, context, config.logLevel);
  try {
    if (context.signal.aborted) return;
    await application.work({ kinds, concurrency });
    printLine(context.stdout, `Working on ${kinds.join(', ')}. End with Ctrl+C.`);
    await aborted(context.signal);
  } finally {
    await application.close();
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

/** `ekphrasis jobs`, `ekphrasis jobs retry ID`, `ekphrasis jobs cancel ID`, and jobs that other commands hand to workers */
import { type Command, Option } from 'commander';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import type { JobId } from '../ids.js';
import { photosPerSecond } from '../jobs/throughput.js';
import type { JobRecord } from '../store/jobs.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';
import { checkShared } from './worker.js';

interface Output {
  readonly json: boolean;
}

/** Jobs that are listed. */
const LISTED = 100;

export function addJobCommands(jobs: Command, config: () => Config, context: CommandContext, json: () => Option): void {
  jobs
    .addOption(new Option('--dead', 'only what failed for good and was not retried').default(false))
    .addOption(json())
    .action((options: Output & { dead: boolean }) => listCommand(config(), context, options));
  const change = (name: 'retry' | 'cancel', description: string) => {
    jobs
      .command(name)
      .description(description)
      .argument('<id>', 'of the job; with --json, as JSON')
      .action((id: string, _options: Output, command: Command) =>
        withApplication(config(), context, async (application) => {
          show(context, command.optsWithGlobals<Output>(), await application.jobs[name](id as JobId));
        }),
      );
  };
  change('retry', 'have what failed of a job done again');
  change('cancel', 'end a job, waiting or running');
}

/** Has a worker do what a command would do itself. */
export function handToWorker(
  config: Config,
  context: CommandContext,
  options: Output,
  start: (application: Application) => Promise<JobRecord>,
): Promise<void> {
  checkShared(config);
  return withApplication(config, context, async (application) => {
    show(context, options, await start(application));
  });
}

function listCommand(config: Config, context: CommandContext, options: Output & { readonly dead: boolean }): Promise<void> {
  return withApplication(config, context, async ({ jobs, store }) => {
    if (options.dead) {
      const letters = (await jobs.deadLetters(LISTED)).map(({ kind, work: { jobId }, message, code, failedAt }) => ({ kind, jobId, code, message, failedAt }));
      if (options.json) printJson(context.stdout, letters);
      else for (const { jobId, kind, failedAt, message } of letters) printLine(context.stdout, `${jobId}  ${kind}  ${failedAt.toISOString()}  ${message}`);
      return;
    }
    const { items } = await store.jobs.list({ limit: LISTED });
    if (options.json) printJson(context.stdout, items.map(describe));
    else for (const job of items) printLine(context.stdout, lineOf(job));
  });
}

function show(context: CommandContext, { json }: Output, job: JobRecord): void {
  if (json) printJson(context.stdout, describe(job));
  else printLine(context.stdout, lineOf(job));
}

function describe(job: JobRecord) {
  const { errorCode: code, errorMessage: message, ...rest } = job;
  return { ...rest, photosPerSecond: photosPerSecond(job) ?? null, error: code === null ? null : { code, message } };
}

function lineOf(job: JobRecord): string {
  const { id, kind, state, done, total, failed, errorMessage } = job;
  const rate = photosPerSecond(job);
  const speed = rate === undefined ? '' : `, ${rate.toFixed(1)} photos/s`;
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return `${id}  ${kind}  ${state}  ${done} of ${total ?? '?'} photos${failures}${speed}${errorMessage === null ? '' : `  ${errorMessage}`}`;
}

/** `ekphrasis jobs`, `ekphrasis jobs retry|cancel|pause|resume ID`, and jobs that other commands hand to workers */
import { type Command, Option } from 'commander';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import type { JobId, TrainingJobId } from '../ids.js';
import { readJobSettings } from '../trainings/settings.js';
import { photosPerSecond } from '../jobs/throughput.js';
import { stepSchema } from '../trainings/notifier.js';
import type { JobRecord } from '../store/jobs.js';
import type { TrainingJobRecord } from '../store/training-jobs.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';
import { checkShared } from './worker.js';

interface Output {
  readonly json: boolean;
}

interface ChangeOptions extends Output {
  readonly learningRate?: number;
}

type AnyJob = JobRecord | TrainingJobRecord;

/** Jobs that are listed. */
const LISTED = 100;

/** Options that other commands have as well. */
interface SharedOptions {
  readonly json: () => Option;
  readonly learningRate: () => Option;
}

export function addJobCommands(
  jobs: Command,
  config: () => Config,
  context: CommandContext,
  { json, learningRate }: SharedOptions,
): void {
  jobs
    .addOption(new Option('--dead', 'only what failed for good and was not retried').default(false))
    .addOption(json())
    .action((options: Output & { dead: boolean }) => listCommand(config(), context, options));
  const change = (
    name: string,
    description: string,
    action: (application: Application, id: string, options: ChangeOptions) => Promise<AnyJob>,
  ) =>
    jobs
      .command(name)
      .description(description)
      .argument('<id>', 'of the job; with --json, as JSON')
      .action((id: string, _options: unknown, command: Command) =>
        withApplication(config(), context, async (application) => {
          const options = command.optsWithGlobals<ChangeOptions>();
          show(context, options, await action(application, id, options));
        }),
      );
  change('retry', 'have what failed of a job done again', ({ jobs: all }, id) => all.retry(id as JobId));
  change('cancel', 'end a job or a training, waiting or running', async ({ jobs: all, training, store }, id) =>
    (await store.trainingJobs.find(id as TrainingJobId))
      ? training.cancel(id as TrainingJobId)
      : all.cancel(id as JobId),
  );
  change('pause', 'have a training wait until it is resumed', ({ training }, id) =>
    training.pause(id as TrainingJobId),
  );
  change('resume', 'have a worker go on with a training that was paused or has failed', ({ training }, id, options) =>
    training.resume(id as TrainingJobId, options.learningRate),
  ).addOption(learningRate());
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

function listCommand(
  config: Config,
  context: CommandContext,
  options: Output & { readonly dead: boolean },
): Promise<void> {
  return withApplication(config, context, async ({ jobs, store }) => {
    if (options.dead) {
      const letters = (await jobs.deadLetters(LISTED)).map(({ kind, work: { jobId }, message, code, failedAt }) => ({
        kind,
        jobId,
        code,
        message,
        failedAt,
      }));
      if (options.json) printJson(context.stdout, letters);
      else
        for (const { jobId, kind, failedAt, message } of letters)
          printLine(context.stdout, `${jobId}  ${kind}  ${failedAt.toISOString()}  ${message}`);
      return;
    }
    const request = { limit: LISTED };
    const found: AnyJob[] = [
      ...(await store.jobs.list(request)).items,
      ...(await store.trainingJobs.list(request)).items,
    ];
    // Ids begin with the time they were made at.
    const newest = found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, LISTED);
    if (options.json) printJson(context.stdout, newest.map(describe));
    else for (const job of newest) printLine(context.stdout, lineOf(job));
  });
}

function show(context: CommandContext, { json }: Output, job: AnyJob): void {
  if (json) printJson(context.stdout, describe(job));
  else printLine(context.stdout, lineOf(job));
}

function describe(job: AnyJob) {
  const { errorCode: code, errorMessage: message, ...rest } = job;
  const error = code === null ? null : { code, message };
  return 'kind' in rest
    ? { ...rest, photosPerSecond: photosPerSecond(rest) ?? null, error }
    : { ...rest, kind: 'train', error };
}

function lineOf(job: AnyJob): string {
  const { id, state, errorMessage } = job;
  const error = errorMessage === null ? '' : `  ${errorMessage}`;
  return 'kind' in job
    ? `${id}  ${job.kind}  ${state}  ${photosOf(job)}${error}`
    : `${id}  train  ${state}  ${epochOf(job)}${error}`;
}

function photosOf(job: JobRecord): string {
  const { done, total, failed } = job;
  const rate = photosPerSecond(job);
  const speed = rate === undefined ? '' : `, ${rate.toFixed(1)} photos/s`;
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return `${done} of ${total ?? '?'} photos${failures}${speed}`;
}

function epochOf({ settings, progress }: TrainingJobRecord): string {
  const { name, training } = readJobSettings(settings);
  return `${name}, epoch ${stepSchema.safeParse(progress).data?.epoch ?? 0} of ${training.epochs}`;
}

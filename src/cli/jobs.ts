/** `ekphrasis jobs`, `ekphrasis jobs retry|cancel|pause|resume ID`, and jobs that other commands hand to workers */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { enumName, enumOf } from '../api/enum-names.js';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { JOB_KINDS } from '../jobs/kinds/all.js';
import { photosPerSecond } from '../jobs/throughput.js';
import type { JobRecord } from '../store/jobs.js';
import { type AskApi, withApi } from './api.js';
import { type CommandContext, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';
import { checkShared } from './worker.js';

interface Output {
  readonly json: boolean;
}

interface ChangeOptions extends Output {
  readonly learningRate?: number;
}

/** In process they come as dates, from a server as text. */
const moment = z.union([z.string(), z.date()]).transform((at) => new Date(at).toISOString());
const KINDS = enumOf(JOB_KINDS.map(({ kind }) => kind));
const kindSchema = z.string().transform((name) => KINDS[name] ?? name.toLowerCase());
const common = {
  id: z.string(),
  state: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  requestId: z.string().nullable(),
  createdAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
};
const COMMON = 'id state error { code message } requestId createdAt startedAt finishedAt';

const jobSchema = z
  .object({
    ...common,
    kind: kindSchema,
    done: z.number(),
    total: z.number().nullable(),
    failed: z.number(),
    throughput: z.number().nullable(),
  })
  .transform(({ throughput, ...job }) => ({ ...job, photosPerSecond: throughput }));
type Job = z.output<typeof jobSchema>;
const JOB = `${COMMON} kind done total failed throughput`;

const trainingSchema = z
  .object({
    ...common,
    name: z.string(),
    trainedOn: z.string(),
    attempt: z.number(),
    settings: z.object({ epochs: z.number() }),
    progress: z.object({ epoch: z.number() }).nullable(),
    currentStage: z.object({ stage: z.string(), doneCount: z.number(), totalCount: z.number().nullable() }).nullable(),
  })
  .transform(({ settings, progress, ...job }) => ({
    ...job,
    kind: 'train' as const,
    epoch: progress?.epoch ?? 0,
    epochs: settings.epochs,
  }));
type Training = z.output<typeof trainingSchema>;
const TRAINING = `${COMMON} name trainedOn attempt settings { epochs } progress { epoch } currentStage { stage doneCount totalCount }`;

type AnyJob = Job | Training;

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
    action: (ask: AskApi, id: string, options: ChangeOptions) => Promise<AnyJob>,
  ) =>
    jobs
      .command(name)
      .description(description)
      .argument('<id>', 'of the job; with --json, as JSON')
      .action((id: string, _options: unknown, command: Command) =>
        withApi(config(), context, async (ask) => {
          const options = command.optsWithGlobals<ChangeOptions>();
          show(context, options, await action(ask, id, options));
        }),
      );
  change('retry', 'have what failed of a job done again', (ask, id) => changeJob(ask, 'retryJob', id));
  change('cancel', 'end a job or a training, waiting or running', async (ask, id) =>
    (await isTraining(ask, id))
      ? changeTraining(ask, 'cancelTraining', { jobId: id })
      : changeJob(ask, 'cancelJob', id),
  );
  change('pause', 'have a training wait until it is resumed', (ask, id) =>
    changeTraining(ask, 'pauseTraining', { jobId: id }),
  );
  change(
    'resume',
    'have a worker go on with a training that was paused or has failed',
    (ask, id, { learningRate: rate }) => changeTraining(ask, 'resumeTraining', { jobId: id, learningRate: rate }),
  ).addOption(learningRate());
}

async function changeJob(ask: AskApi, name: 'retryJob' | 'cancelJob', jobId: string): Promise<Job> {
  const operation = `mutation ($input: ${inputOf(name)}!) { job: ${name}(input: $input) { ${JOB} } }`;
  return (await ask(z.object({ job: jobSchema }), operation, { input: { jobId } })).job;
}

async function changeTraining(
  ask: AskApi,
  name: 'cancelTraining' | 'pauseTraining' | 'resumeTraining',
  input: { readonly jobId: string; readonly learningRate?: number | undefined },
): Promise<Training> {
  const operation = `mutation ($input: ${inputOf(name)}!) { job: ${name}(input: $input) { ${TRAINING} } }`;
  return (await ask(z.object({ job: trainingSchema }), operation, { input })).job;
}

function inputOf(mutation: string): string {
  return `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
}

async function isTraining(ask: AskApi, id: string): Promise<boolean> {
  try {
    await ask(z.unknown(), 'query ($id: ID!) { trainingJob(id: $id) { id } }', { id });
    return true;
  } catch (error) {
    if (error instanceof EkphrasisError && error.code === ErrorCode.NotFound) return false;
    throw error;
  }
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
    const job = await start(application);
    const { kind, errorCode: code, errorMessage: message, ...rest } = job;
    const error = code === null ? null : { code, message: message ?? '' };
    const throughput = photosPerSecond(job) ?? null;
    show(context, options, jobSchema.parse({ ...rest, kind: enumName(kind), throughput, error }));
  });
}

function listCommand(
  config: Config,
  context: CommandContext,
  options: Output & { readonly dead: boolean },
): Promise<void> {
  return withApi(config, context, async (ask) => {
    if (options.dead) {
      const letters = await deadJobs(ask);
      if (options.json) printJson(context.stdout, letters);
      else
        for (const { jobId, kind, failedAt, message } of letters)
          printLine(context.stdout, `${jobId ?? 'gone'}  ${kind}  ${failedAt}  ${message}`);
      return;
    }
    const { jobs, trainingJobs } = await ask(
      z.object({
        jobs: z.object({ edges: z.array(z.object({ node: jobSchema })) }),
        trainingJobs: z.object({ edges: z.array(z.object({ node: trainingSchema })) }),
      }),
      `query ($first: Int!) {
        jobs(first: $first) { edges { node { ${JOB} } } }
        trainingJobs(first: $first) { edges { node { ${TRAINING} } } }
      }`,
      { first: LISTED },
    );
    const found: AnyJob[] = [...jobs.edges, ...trainingJobs.edges].map(({ node }) => node);
    // Ids begin with the time they were made at.
    const newest = found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, LISTED);
    if (options.json) printJson(context.stdout, newest);
    else for (const job of newest) printLine(context.stdout, lineOf(job));
  });
}

const deadSchema = z
  .object({
    kind: kindSchema,
    job: z.object({ id: z.string(), error: z.object({ code: z.string() }).nullable() }).nullable(),
    message: z.string(),
    failedAt: moment,
  })
  .transform(({ job, ...letter }) => ({ ...letter, jobId: job?.id ?? null, code: job?.error?.code ?? null }));

async function deadJobs(ask: AskApi): Promise<z.output<typeof deadSchema>[]> {
  const operation =
    'query ($first: Int!) { deadJobs(first: $first) { kind job { id error { code } } message failedAt } }';
  return (await ask(z.object({ deadJobs: z.array(deadSchema) }), operation, { first: LISTED })).deadJobs;
}

function show(context: CommandContext, { json }: Output, job: AnyJob): void {
  if (json) printJson(context.stdout, job);
  else printLine(context.stdout, lineOf(job));
}

function lineOf(job: AnyJob): string {
  const fault = job.error === null ? '' : `  ${job.error.message}`;
  const how = 'epochs' in job ? epochOf(job) : photosOf(job);
  return `${job.id}  ${job.kind}  ${job.state}  ${how}${fault}`;
}

function photosOf({ done, total, failed, photosPerSecond: rate }: Job): string {
  const speed = rate === null ? '' : `, ${rate.toFixed(1)} photos/s`;
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return `${done} of ${total ?? '?'} photos${failures}${speed}`;
}

function epochOf({ name, epoch, epochs, currentStage: stage }: Training): string {
  const at = stage === null || stage.stage === 'TRAINING' ? '' : `, ${stage.stage.toLowerCase().replaceAll('_', ' ')}`;
  return `${name}, epoch ${epoch} of ${epochs}${at}`;
}

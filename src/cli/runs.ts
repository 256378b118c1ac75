/** `ekphrasis runs`, `ekphrasis runs export ID` and `ekphrasis runs repeat PATH` */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command, Option } from 'commander';
import { z } from 'zod';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { parseJson } from '../files/json.js';
import { reindexKind } from '../jobs/kinds/reindex.js';
import { dataDifferences, firstLossDifference, type LossDifference, versionDifferences } from '../runs/compare-runs.js';
import { DATA_QUERY, readRun, type Run, RUN_QUERY, type RunJob, runOf } from '../runs/run.js';
import { RUN_FILE, writeRun } from '../runs/write-run.js';
import { TRAINING_QUEUE } from '../trainings/queue.js';
import { type AskApi, withApi } from './api.js';
import { type CommandContext, counted, ExitCode, printJson, printLine } from './terminal.js';

/** Trainings that are listed. */
const LISTED = 100;
/** Between two looks at a training. */
const LOOK_MILLISECONDS = 500;
const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'PAUSED'];

interface Output {
  readonly json: boolean;
}

interface RepeatOptions {
  readonly anyway: boolean;
}

export function addRunCommands(
  runs: Command,
  config: () => Config,
  context: CommandContext,
  { json, end }: { readonly json: () => Option; readonly end: (code: ExitCode) => void },
): void {
  runs.addOption(json());
  runs
    .command('list', { isDefault: true })
    .description(`list the last ${LISTED} trainings, newest first`)
    .action((_options: unknown, command: Command) =>
      withApi(config(), context, async (ask) => {
        list(context, await newest(ask), command.optsWithGlobals<Output>().json);
      }),
    );
  runs
    .command('export')
    .description(
      'write a training down in a folder: run.json (recipe, hashes of its data, versions, epochs), curves.csv, samples.csv, an event file of TensorBoard',
    )
    .argument('<id>', 'of a training, see runs list')
    .option('--out <dir>', 'a folder that is not there yet, or is empty. Default: run-ID')
    .action((id: string, { out }: { readonly out?: string }, command: Command) =>
      withApi(config(), context, async (ask) => {
        const folder = out ?? `run-${id}`;
        const run = runOf(await findRun(ask, id));
        const files = await writeRun(run, folder);
        if (command.optsWithGlobals<Output>().json)
          printJson(context.stdout, { folder, files, epochs: run.epochs.length });
        else
          printLine(
            context.stdout,
            `${counted(run.epochs.length, 'epoch')} of the training are in ${folder}: ${files.join(', ')}.`,
          );
        if (!run.provenance)
          printLine(
            context.stderr,
            'What it was trained on is not known: it has not begun, or an earlier version did it.',
          );
      }),
    );
  runs
    .command('repeat')
    .description('train again by an exported run, on this collection, and compare the losses of all epochs')
    .argument('<path>', 'the folder of a run, or its run.json')
    .option('--anyway', 'train even where photos, captions or splits are others', false)
    .action(async (path: string, options: RepeatOptions, command: Command) => {
      const run = await openRun(path);
      const asJson = command.optsWithGlobals<Output>().json;
      await withApi(
        config(),
        context,
        async (ask) => {
          end(await repeat(ask, context, run, { ...options, json: asJson }));
        },
        [TRAINING_QUEUE, reindexKind.kind],
      );
    });
}

const listSchema = z.object({
  trainingJobs: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          id: z.string(),
          state: z.string(),
          task: z.string(),
          name: z.string(),
          createdAt: z.string(),
          epochs: z.array(z.object({ epoch: z.number(), loss: z.number() })),
        }),
      }),
    ),
  }),
});
type Listed = z.infer<typeof listSchema>['trainingJobs']['edges'][number]['node'];

async function newest(ask: AskApi): Promise<Listed[]> {
  const fields = 'id state task name createdAt epochs { epoch loss }';
  const { trainingJobs } = await ask(
    listSchema,
    `query ($first: Int) { trainingJobs(first: $first) { edges { node { ${fields} } } } }`,
    { first: LISTED },
  );
  return trainingJobs.edges.map(({ node }) => node);
}

function list({ stdout }: CommandContext, runs: readonly Listed[], asJson: boolean): void {
  if (asJson) {
    printJson(stdout, runs);
    return;
  }
  for (const { id, state, task, name, createdAt, epochs } of runs) {
    const last = epochs.at(-1);
    const loss = last ? `${counted(epochs.length, 'epoch')}, loss ${last.loss.toFixed(3)}` : 'no epoch yet';
    printLine(stdout, [id, task.toLowerCase(), state, createdAt.slice(0, 16), name, loss].join('  '));
  }
}

async function findRun(ask: AskApi, id: string): Promise<RunJob> {
  return (await ask(RUN_QUERY.schema, RUN_QUERY.operation, { id })).trainingJob;
}

/** @throws NOT_FOUND; BAD_USER_INPUT for a file that no run is in */
async function openRun(path: string): Promise<Run> {
  const file = (await stat(path)).isDirectory() ? join(path, RUN_FILE) : path;
  const run = readRun(parseJson(await readFile(file, 'utf8')));
  if (run) return run;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    `${file} holds no run. Name a folder that "ekphrasis runs export" wrote.`,
  );
}

async function repeat(
  ask: AskApi,
  context: CommandContext,
  run: Run,
  { anyway, json: asJson }: RepeatOptions & Output,
): Promise<ExitCode> {
  const tell = (sentence: string) => {
    printLine(context.stderr, sentence);
  };
  if (run.epochs.length === 0)
    throw new EkphrasisError(ErrorCode.BadInput, 'The run has no finished epoch: there is nothing to compare with.');
  const data = await compareData(ask, run, tell);
  if (data.length > 0 && !anyway) {
    const message = `${data.join(' ')} It would not be the same training. Import the same data, or train all the same with --anyway.`;
    throw new EkphrasisError(ErrorCode.Conflict, message);
  }
  const id = await start(ask, run);
  tell(`The training ${id} has begun.`);
  const { job, versions } = await follow(ask, run, id, { tell, signal: context.signal });
  if (job.state !== 'SUCCEEDED') {
    const { code, message } = job.error ?? { code: ErrorCode.Conflict, message: `The training ${id} is ${job.state}.` };
    throw new EkphrasisError(codeOf(code), message);
  }
  const difference = firstLossDifference(run.epochs, job.epochs);
  const equal = difference === undefined;
  const sameModel = run.model && job.model && run.model.sha256 === job.model.checkpointSha256;
  if (asJson) {
    const model = job.model?.id ?? null;
    printJson(context.stdout, { job: id, equal, difference: difference ?? null, data, versions, model, sameModel });
  } else printLine(context.stdout, verdict(run, difference, sameModel === true));
  return equal ? ExitCode.Success : ExitCode.Failure;
}

/** What differs in the data, which is told. */
async function compareData(
  ask: AskApi,
  { recipe, provenance }: Run,
  tell: (sentence: string) => void,
): Promise<string[]> {
  if (!provenance) {
    tell('The run does not say what it was trained on: that cannot be compared.');
    return [];
  }
  if (provenance.changed.length > 0)
    tell(
      `The run was gone on with while this changed: ${provenance.changed.join(', ')}. It cannot be repeated exactly.`,
    );
  const { trainingData } = await ask(DATA_QUERY.schema, DATA_QUERY.operation, { dataset: recipe['dataset'] ?? null });
  const differences = dataDifferences(provenance.data, trainingData);
  for (const difference of differences) tell(difference);
  if (differences.length === 0) tell('The photos, captions and splits are those of the run.');
  return differences;
}

const startedSchema = z.object({ startTraining: z.object({ id: z.string() }) });

/** The model in use stays: the run's wish for its model was of then. */
async function start(ask: AskApi, { recipe, provenance }: Run): Promise<string> {
  const from = provenance?.from;
  const fromModelId = from ? await modelBySha256(ask, from) : recipe['fromModelId'];
  const input = { ...recipe, use: 'NEVER', ...(fromModelId !== undefined && { fromModelId }) };
  const operation = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
  return (await ask(startedSchema, operation, { input })).startTraining.id;
}

const modelsSchema = z.object({
  models: z.object({
    edges: z.array(z.object({ node: z.object({ id: z.string(), checkpointSha256: z.string() }) })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** A model has another id in each collection, but the same bytes. @throws NOT_FOUND */
async function modelBySha256(
  ask: AskApi,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
): Promise<string> {
  const operation = `query ($after: String) { models(first: 100, after: $after) {
    edges { node { id checkpointSha256 } } pageInfo { hasNextPage endCursor } } }`;
  let after: string | null = null;
  for (;;) {
    const { models }: z.infer<typeof modelsSchema> = await ask(modelsSchema, operation, { after });
    const found = models.edges.find(({ node }) => node.checkpointSha256 === sha256);
    if (found) return found.node.id;
    if (!models.pageInfo.hasNextPage) break;
    after = models.pageInfo.endCursor;
  }
  throw new EkphrasisError(
    ErrorCode.NotFound,
    `The model "${name}" (${sha256}), from which the run began, is not here.`,
  );
}

/** Tells of each epoch as it ends whether its loss is that of the run. */
async function follow(
  ask: AskApi,
  run: Run,
  id: string,
  { tell, signal }: { readonly tell: (sentence: string) => void; readonly signal: AbortSignal },
): Promise<{ readonly job: RunJob; readonly versions: readonly string[] }> {
  let told = 0;
  let versions: readonly string[] | undefined;
  for (;;) {
    const job = await findRun(ask, id);
    if (!versions && job.provenance && run.provenance) {
      versions = versionDifferences(run.provenance, job.provenance);
      for (const difference of versions) tell(difference);
    }
    for (const { epoch, loss } of job.epochs.slice(told)) {
      const was = run.epochs.find((earlier) => earlier.epoch === epoch)?.loss;
      tell(`Epoch ${epoch}: loss ${loss}, ${was === loss ? 'equal' : `it was ${was ?? 'not trained'}`}.`);
    }
    told = job.epochs.length;
    if (ENDED.includes(job.state)) return { job, versions: versions ?? [] };
    await wait(LOOK_MILLISECONDS, undefined, { signal });
  }
}

function verdict(run: Run, difference: LossDifference | undefined, sameModel: boolean): string {
  if (difference) {
    const { epoch, was, is } = difference;
    return `The losses differ, first in epoch ${epoch}: ${was ?? 'none'} in the run, ${is ?? 'none'} now.`;
  }
  const losses = `The losses of ${counted(run.epochs.length, 'epoch')} are equal to the last bit`;
  return sameModel ? `${losses}, and so is the model.` : `${losses}.`;
}

const codeOf = (code: string) => Object.values(ErrorCode).find((known) => known === code) ?? ErrorCode.TrainingFailed;

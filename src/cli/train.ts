/** `ekphrasis train` */
import { stat } from 'node:fs/promises';
import type { Application } from '../application.js';
import { checkEncoder } from '../models/encoder-fit.js';
import type { Config } from '../config.js';
import { sceneLanguageOf } from '../datasets/scenes.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, JobId, ModelId, TrainingJobId } from '../ids.js';
import { type CandidateOutcome, readOutcome } from '../evaluation/candidates.js';
import { reindexKind } from '../jobs/kinds/reindex.js';
import type { ProgressEvent } from '../trainings/progress.js';
import { findModel } from '../models/registry.js';
import { type Epoch, epochOf } from '../trainings/run-training.js';
import type { TrainingKind } from '../trainings/corrections.js';
import { TRAINING_QUEUE } from '../trainings/queue.js';
import { readJobSettings, type SettingsInput, toJobSettings, type TrainingRequest } from '../trainings/settings.js';
import { isOpen } from '../store/job-states.js';
import { type Use, USES } from '../models/use.js';
import type { JobRecord } from '../store/jobs.js';
import type { ModelRecord, TrainedTask } from '../store/models.js';
import type { TrainingEpochRecord } from '../store/training-jobs.js';
import { earlyEnd } from '../training/early-stopping.js';
import { importWithProgress } from './import.js';
import { formatDuration, type Progress, startProgress, withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export interface TrainOptions {
  /** Default: caption. */
  readonly task?: Lowercase<TrainingKind> | undefined;
  readonly settings: SettingsInput;
  readonly from?: string | undefined;
  readonly use?: Lowercase<Use> | undefined;
  readonly name?: string | undefined;
  readonly dataset?: string | undefined;
  /** A training to go on with, in place of a new one. */
  readonly resume?: string;
  readonly json: boolean;
}

/** What a training came to. */
interface Outcome {
  readonly job: TrainingJobId;
  readonly task: TrainedTask;
  readonly model: ModelId;
  readonly outcome?: CandidateOutcome | undefined;
  readonly epochs: readonly Epoch[];
  /** Why it ended before its last epoch. */
  readonly stoppedEarly?: string | undefined;
}

/** Trains through the same queue and events as the server does, and shows them. Ended early, the training is paused. */
export async function trainCommand(config: Config, context: CommandContext, options: TrainOptions): Promise<void> {
  // An import takes minutes: what would be refused after it is refused before.
  toJobSettings({ ...requestOf(options), fromModelId: options.from as ModelId | undefined });
  let jobId: TrainingJobId | undefined;
  return withApplication(
    config,
    context,
    async (application) => {
      jobId =
        options.resume === undefined
          ? await start(application, context, options)
          : await goOn(application, options.resume, options);
      await application.work({ kinds: [TRAINING_QUEUE, reindexKind.kind] });
      const { task, ...outcome } = await follow(application, context, jobId);
      jobId = undefined;
      if (task === 'SEARCH' && outcome.outcome?.used) await indexWithProgress(application, context);
      if (options.json) printJson(context.stdout, outcome);
      else
        printLine(
          context.stdout,
          `Model ${outcome.model} is the best of ${counted(outcome.epochs.length, 'epoch')}. ${outcome.outcome?.sentence ?? ''}`,
        );
    },
    async (application) => {
      if (jobId === undefined) return;
      await application.training.pause(jobId);
      printLine(context.stderr, await howToGoOn(application, jobId));
    },
  );
}

/** The search model answers when it has embedded every photo. */
export async function indexWithProgress(application: Application, context: CommandContext): Promise<void> {
  const open = await application.store.jobs.inState('QUEUED', 'RUNNING');
  for (const { id } of open.filter(({ kind }) => kind === reindexKind.kind))
    await jobWithProgress(application, context, id, 'Embedding the collection');
}

/**
 * Follows a job over the collection, which this process or another works on, to its end.
 *
 * @throws what it failed with
 */
export async function jobWithProgress(
  application: Application,
  context: CommandContext,
  id: JobId,
  label: string,
): Promise<void> {
  const last = await withProgress(context.stderr, { label, unit: 'photos', total: 0 }, async (update) => {
    let seen: JobRecord | undefined;
    for await (const job of application.jobs.progress(id)) {
      seen = job;
      update(job.done, job.total ?? job.done);
    }
    return seen;
  });
  if (last?.state !== 'SUCCEEDED')
    throw new EkphrasisError(
      last?.errorCode ?? ErrorCode.ProcessFailed,
      last?.errorMessage ?? 'The job was cancelled.',
    );
}

/** The model to go on from, once it is certain that it fits what sees. */
async function findEarlier(application: Application, from: string): Promise<ModelRecord> {
  if (from === 'current') return application.currentModel();
  const model = await findModel(application.store, from as ModelId);
  checkEncoder(model, (await application.collection()).inference.encoder.id);
  return model;
}

async function start(application: Application, context: CommandContext, options: TrainOptions): Promise<TrainingJobId> {
  const { dataset, from } = options;
  const fromModelId = from === undefined ? undefined : (await findEarlier(application, from)).id;
  const datasetId = dataset === undefined ? undefined : await findOrImport(application, context, dataset);
  return (await application.training.start({ ...requestOf(options), fromModelId, dataset: datasetId })).id;
}

/** A folder, or `scenes`, is imported first; anything else is a data set of the collection. */
async function findOrImport(application: Application, context: CommandContext, wish: string): Promise<DatasetId> {
  const isFolder = sceneLanguageOf(wish) !== undefined || (await stat(wish).catch(() => undefined)) !== undefined;
  return isFolder
    ? (await importWithProgress(application, context, wish)).datasetId
    : (await application.store.datasets.resolve(wish)).id;
}

/** As the command line says it. */
export const useOf = (use: Lowercase<Use> | undefined) => USES.find((name) => name.toLowerCase() === use);

function requestOf({ task = 'caption', use, name, settings }: TrainOptions): TrainingRequest {
  return { task: task.toUpperCase() as TrainingKind, use: useOf(use), name, settings };
}

/** One that was lost with its process is open still, and needs no resuming. */
async function goOn({ training }: Application, id: string, { settings }: TrainOptions): Promise<TrainingJobId> {
  const job = await training.find(id as TrainingJobId);
  const { learningRate } = settings;
  const waits = job.state === 'QUEUED' || job.state === 'RUNNING';
  return waits && learningRate === undefined ? job.id : (await training.resume(job.id, learningRate)).id;
}

async function howToGoOn({ store }: Application, jobId: TrainingJobId): Promise<string> {
  const goesOn =
    (await store.trainingJobs.epochs(jobId)).length > 0 ? 'goes on after its last finished epoch' : 'begins anew';
  return `The training is paused. It ${goesOn} with: ekphrasis train --resume ${jobId}`;
}

async function follow(application: Application, context: CommandContext, jobId: TrainingJobId): Promise<Outcome> {
  const epochs: Epoch[] = [];
  const display = new TrainingDisplay(context);
  try {
    for await (const event of application.training.progress(jobId)) {
      display.show(event);
      if (event.type === 'epoch') epochs.push(epochOf(event.epoch));
      if (event.type !== 'job') continue;
      const { state, errorCode, errorMessage } = event.job;
      if (state === 'PAUSED') throw new EkphrasisError(ErrorCode.Conflict, await howToGoOn(application, jobId));
      if (isOpen(state)) continue;
      const model = await application.store.models.ofTrainingJob(jobId);
      if (state === 'SUCCEEDED' && model) {
        const { task, training } = readJobSettings(event.job.settings);
        const stoppedEarly = earlyEnd(epochs, training);
        if (stoppedEarly !== undefined) printLine(context.stderr, stoppedEarly);
        return { job: jobId, task, model: model.id, outcome: readOutcome(event.job.outcome), epochs, stoppedEarly };
      }
      if (state === 'CANCELLED') throw new EkphrasisError(ErrorCode.Conflict, 'The training was cancelled.');
      throw new EkphrasisError(errorCode ?? ErrorCode.TrainingFailed, errorMessage ?? 'The training failed.');
    }
  } finally {
    display.close();
  }
  throw new EkphrasisError(ErrorCode.TrainingFailed, 'The training ended without a result.');
}

const percents = (shares: readonly number[]) => shares.map((share) => (100 * share).toFixed(1)).join('/');

/** What captions are worth, as epochs and ensembles tell it. */
export function captionScores({ bleu, cider }: Pick<TrainingEpochRecord, 'bleu' | 'cider'>): string {
  return `BLEU ${percents(bleu ?? [])}, CIDEr-D ${(cider ?? 0).toFixed(3)}`;
}

function scoresOf({ reward, retrieval, ...scores }: TrainingEpochRecord): string {
  if (retrieval)
    return `R@1/5/10 ${percents(retrieval.textToImage.recall)} of photos by captions, ${percents(retrieval.imageToText.recall)} of captions by photos`;
  return `${captionScores(scores)}${reward === null ? '' : `, reward ${reward.toFixed(3)}`}`;
}

type Stage = Extract<ProgressEvent, { type: 'stage' }>;

/** What a person is told a training is at; its steps have bars of their own. */
const STAGES: Readonly<Record<Exclude<Stage['stage'], 'WAITING' | 'TRAINING'>, string>> = {
  READING_CAPTIONS: 'Reading captions',
  PACKING_FEATURES: 'Looking at photos',
  COMPILING: 'Preparing the steps',
  VALIDATING: 'Measuring the epoch',
  MEASURING: 'Measuring the new model beside the current one',
  PUBLISHING: 'Storing the new model',
};

/** One bar for each stage whose end is known, a line for the others, and of each epoch what came of it. */
class TrainingDisplay {
  private bar: Progress | undefined;
  private stage: Stage['stage'] | undefined;
  private epoch = 0;
  private epochs = 0;
  private stepsPerEpoch = 0;
  private readonly notes = new Set<string>();

  constructor(private readonly context: CommandContext) {}

  show(event: ProgressEvent): void {
    switch (event.type) {
      case 'preparing':
        // The stage of that name says the same.
        break;
      case 'stage':
        this.showStage(event);
        break;
      case 'started':
        this.close();
        this.epochs = event.epochs;
        this.stepsPerEpoch = event.stepsPerEpoch;
        this.line(
          `Training ${event.parameters} parameters on ${event.images} photos with ${event.captions} captions: ` +
            `${event.epochs} epochs of ${event.stepsPerEpoch} steps, ${event.explanation}`,
        );
        break;
      case 'step':
        this.showStep(event);
        break;
      case 'epoch':
        this.endSteps();
        this.showEpoch(event.epoch);
        break;
      case 'sample':
        this.endSteps();
        this.line(`  ${event.image}: ${event.caption}`);
        break;
      case 'job':
        for (const note of event.job.notes) {
          if (this.notes.has(note)) continue;
          this.close();
          this.line(note);
          this.notes.add(note);
        }
        break;
    }
  }

  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private showStage({ stage, done, total }: Stage): void {
    const isNew = stage !== this.stage;
    if (isNew) {
      if (this.stage === 'TRAINING') this.endSteps();
      this.close();
      this.stage = stage;
      if (stage === 'TRAINING' && this.stepsPerEpoch > 0) this.epoch = Math.floor(done / this.stepsPerEpoch) + 1;
    }
    if (stage === 'WAITING' || stage === 'TRAINING') return;
    const label = STAGES[stage];
    if (total === null) {
      if (isNew && stage !== 'VALIDATING') this.line(`${label} …`);
      return;
    }
    this.bar ??= startProgress(this.context.stderr, { label, unit: 'photos', total, done });
    this.bar.update(done, total);
  }

  /** The bar's own estimate is of the epoch: its label says the loss, and what is left of all epochs. */
  private showStep({ epoch, step, loss, secondsLeft }: Extract<ProgressEvent, { type: 'step' }>): void {
    if (epoch !== this.epoch || this.stage !== 'TRAINING') this.close();
    this.epoch = epoch;
    this.stage = 'TRAINING';
    const total = this.stepsPerEpoch;
    const done = step - (epoch - 1) * total;
    this.bar ??= this.stepsBar(done);
    this.bar.update(done, total, `loss ${loss.toFixed(3)}, ${formatDuration(secondsLeft)} left of all epochs`);
  }

  /** Not every step is told of, and none of an epoch of a moment: what comes after them says that all are done. */
  private endSteps(): void {
    if (this.stage === 'TRAINING' && this.epoch > 0) {
      this.bar ??= this.stepsBar(0);
      this.bar.update(this.stepsPerEpoch);
      // What comes after an epoch comes again before the next stage.
      this.stage = undefined;
    }
    this.close();
  }

  private stepsBar(done: number): Progress {
    const label = `Epoch ${this.epoch} of ${this.epochs}`;
    return startProgress(this.context.stderr, { label, unit: 'steps', total: this.stepsPerEpoch, done });
  }

  private showEpoch(record: TrainingEpochRecord): void {
    const { epoch, loss, seconds, imagesPerSecond, secondsLeft, best } = record;
    this.line(
      `Epoch ${epoch}: loss ${loss.toFixed(3)}, dev ${scoresOf(record)}${best ? ' (best)' : ''}, ` +
        `${formatDuration(seconds)}, ${imagesPerSecond.toFixed(1)} photos/s, ${formatDuration(secondsLeft)} left of the epochs`,
    );
  }

  private line(text: string): void {
    printLine(this.context.stderr, text);
  }
}

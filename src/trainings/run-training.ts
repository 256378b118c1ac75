/** One training job from its photos to its model, as the server that took it up does it. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { FreeSpace } from '../files/free-space.js';
import type { TrainingFile } from '../store/training-files.js';
import type { TrainingEpochRecord, TrainingUpdate } from '../store/training-jobs.js';
import {
  fingerprintOf,
  TrainingData,
  type TrainingImageWithRegions,
  viewBytes,
  writeTrainingData,
} from '../training/data.js';
import type { DataFingerprint } from '../training/data-fingerprint.js';
import type { TrainingEpoch, TrainingEvent, TrainingFinished, TrainingStarted } from '../training/events.js';
import type { EarlierModel } from '../training/fine-tuning.js';
import { learnedFrom } from '../training/progress.js';
import { checkpointName, filesAfter, lastEpoch, removeOthers } from '../training/run-folder.js';
import type { EngineWish } from '../training/settings.js';
import { startTrainer } from '../training/trainer.js';
import { CHANGED } from '../queue/notifier.js';
import { type Provenance, runVersions, withEarlier } from './provenance.js';
import type { JobSettings } from './settings.js';
import type { TrainingNotice } from './notifier.js';
import { StageTeller } from './stage-teller.js';
import { describeLeftOut, type TrainingPhotos } from '../collection/captioned-photos.js';

/** What the best epoch left. */
export interface TrainedModel {
  readonly settings: JobSettings;
  readonly bestEpoch: number;
  /** Its checkpoint, in a folder that is about to be removed. */
  readonly checkpoint: string;
}

export type Epoch = Omit<TrainingEpochRecord, 'jobId'>;

/** What is kept of an epoch, and told of it. */
export function epochOf(epoch: Epoch | TrainingEpoch): Epoch {
  const { loss, learningRate, seconds, validationSeconds, imagesPerSecond, secondsLeft, bleu, cider, best, samples } =
    epoch;
  return {
    epoch: epoch.epoch,
    loss,
    reward: epoch.reward ?? null,
    learningRate,
    seconds,
    validationSeconds,
    imagesPerSecond,
    secondsLeft,
    bleu,
    cider,
    retrieval: epoch.retrieval ?? null,
    best,
    samples,
  };
}

/** Which photos a training learns from, and how. */
export interface WantedPhotos extends Pick<JobSettings, 'dataset' | 'corrections' | 'fromModelId'> {
  readonly mirror: boolean;
  readonly language: string | undefined;
}

/** What a training is given, and where it puts what it makes. */
export interface TrainingDependencies {
  /** Folder for this job alone. */
  readonly directory: string;
  /** Of the disk on which the folder lies. */
  readonly space: FreeSpace;
  /** What to compute with where the training does not say. */
  readonly compute: EngineWish;
  /** What another machine left to go on from: names of files, and their bytes. */
  readonly left: { readonly names: readonly string[]; read(name: string): AsyncIterable<Uint8Array> };
  /**
   * Photos of a data set, or of all, that are in the train or the dev split and have captions; with their mirror
   * images, too, where the language's words for left and right are not among them. With `corrections` only those that
   * people captioned here, by these captions.
   */
  photos(wanted: WantedPhotos): Promise<TrainingPhotos>;
  /**
   * The captioner a training begins with, as a file of this machine.
   *
   * @throws NOT_FOUND, ENCODER_MISMATCH, INVALID_CHECKPOINT, NO_MODEL
   */
  earlierModel(id: ModelId): Promise<EarlierModel>;
  /** The captioner in use, likewise; nothing where there is none that was trained on what the running encoder sees. */
  currentCaptioner(): Promise<EarlierModel | undefined>;
  /** Takes over a trained model: its file and its figures. It may be told so again after a restart. */
  keepModel(model: TrainedModel, signal: AbortSignal, stages: StageTeller): Promise<ModelId>;
  /** What an earlier attempt was made from and with. */
  readonly provenance: Provenance | undefined;
  /** Epochs that are kept already. The trainer tells all that are finished again when it goes on. */
  readonly knownEpochs: ReadonlySet<number>;
  /** Keeps an epoch, with all the files to go on from behind it; without them those that are kept stay. */
  keepEpoch(epoch: Epoch, files?: readonly TrainingFile[]): Promise<void>;
  /** Keeps how far it is. */
  keepProgress(progress: TrainingUpdate): Promise<void>;
  tell(event: TrainingNotice): Promise<void>;
}

export type TrainingOutcome =
  | { readonly type: 'succeeded'; readonly modelId: ModelId }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** The signal was aborted, or what it needs is out of reach: it goes on another time. */
  | { readonly type: 'stopped' };

/** Photos between two notices of the preparation. */
const PHOTOS_A_NOTICE = 50;

/**
 * Trains. A job that was taken up before goes on after its last finished epoch.
 *
 * @param signal stops the training; what the last epoch wrote stays in the folder
 * @throws EkphrasisError of the preparation, such as INVALID_DATASET or WEIGHTS_UNAVAILABLE
 */
export async function runTraining(
  job: JobSettings,
  dependencies: TrainingDependencies,
  signal: AbortSignal,
): Promise<TrainingOutcome> {
  const { directory, compute } = dependencies;
  const stages = new StageTeller(async (stage) => {
    await dependencies.keepProgress({ stage });
    await dependencies.tell({ type: 'stage', ...stage });
  });
  const dataFile = join(directory, 'data');
  const finished = await prepareFolder(dependencies);
  const from = await beginsWith(job, dependencies);
  const known = await fingerprintOf(dataFile);
  let made: Made = { data: dependencies.provenance?.data, from };
  // What it has learned from so far is learned from to the end, where it is still there.
  if (known === undefined || known !== (await learnedFrom(directory))) {
    const { space } = dependencies;
    const { dataset, corrections, fromModelId, training } = job;
    const { mirror, language } = training;
    await stages.at('READING_CAPTIONS', 0, null);
    const photos = await dependencies.photos({ dataset, corrections, fromModelId, mirror, language });
    // What was packed before is replaced. Hours of work are not begun that there is no room for at the end.
    await clearTrainingData(directory);
    const release = await space.claim(photos.total * viewBytes(photos.encoder));
    release();
    try {
      const images = announced(photos, dependencies, stages, signal);
      await writeTrainingData(dataFile, { encoder: photos.encoder, images }, space);
      made = { data: photos.fingerprint(), from };
    } finally {
      await note(photos, dependencies);
    }
  }

  const diskReserve = dependencies.space.reserve;
  const common = {
    name: job.name,
    dataFile,
    outputDirectory: directory,
    diskReserve,
    compute,
    resume: finished > 0,
    from,
  };
  // The compiler follows a union only through its cases.
  const trainer = startTrainer(
    job.task === 'CAPTION'
      ? { ...common, task: job.task, settings: job.training }
      : { ...common, task: job.task, settings: job.training },
  );
  const cancel = () => {
    void trainer.cancel();
  };
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const keeper = new EpochKeeper(dependencies, stages, finished, made);
  try {
    for await (const event of trainer.events) {
      if (event.type === 'finished') {
        const { bestEpoch } = event;
        const checkpoint = join(directory, checkpointName(bestEpoch));
        const modelId = await dependencies.keepModel({ settings: job, bestEpoch, checkpoint }, signal, stages);
        return { type: 'succeeded', modelId };
      }
      const outcome = await keeper.handle(event);
      if (outcome) return outcome;
    }
    return { type: 'failed', code: ErrorCode.ProcessFailed, message: 'The training process ended without a result.' };
  } finally {
    signal.removeEventListener('abort', cancel);
    // Two trainers must not write into one folder.
    await trainer.cancel();
  }
}

/** A search model sees photos as a captioner does, so it begins with the one in use where it is told of no other. */
async function beginsWith(
  { task, fromModelId }: JobSettings,
  dependencies: TrainingDependencies,
): Promise<EarlierModel | undefined> {
  if (fromModelId !== undefined) return dependencies.earlierModel(fromModelId);
  return task === 'SEARCH' ? dependencies.currentCaptioner() : undefined;
}

/** Removes what a job has packed to learn from, and what a process that was killed had packed of it. */
export async function clearTrainingData(directory: string): Promise<void> {
  for (const name of ['data', 'data.partial']) await rm(join(directory, name), { recursive: true, force: true });
}

/** Removes what a job leaves on the disk that does not go on. */
export async function clearTraining(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/**
 * What a failure is kept as: an error meant for people with its own code, anything else as a defect in the training.
 */
export function toFailure(error: unknown): TrainingOutcome {
  if (error instanceof EkphrasisError) return { type: 'failed', code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code: ErrorCode.TrainingFailed, message: `The training failed unexpectedly: ${reason}` };
}

/**
 * Has the folder hold what the training goes on from. Files that were left for all machines are newer than those here,
 * or the same, and were not written by an attempt that had been taken over: they replace them.
 *
 * @returns the last finished epoch; 0 for none
 */
async function prepareFolder({ directory, left, space }: TrainingDependencies): Promise<number> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (left.names.length > 0) {
    await removeOthers(directory, Infinity, []);
    // The progress last: it says that all is there.
    const names = [...left.names].sort((a, b) => Number(a.startsWith('progress')) - Number(b.startsWith('progress')));
    for (const name of names) await writeFileAtomically(join(directory, name), left.read(name), { space });
  }
  return lastEpoch(directory);
}

/** What a training learns from; its data are not known where a training of an earlier version had packed them. */
interface Made {
  readonly data: DataFingerprint | undefined;
  readonly from: EarlierModel | undefined;
}

/** Keeps and tells what a trainer says, until it ends. */
class EpochKeeper {
  private best = 0;
  private stepsPerEpoch = 0;
  private steps = 0;

  /** @param finished the epoch that the trainer went on from */
  constructor(
    private readonly dependencies: TrainingDependencies,
    private readonly stages: StageTeller,
    private readonly finished: number,
    private readonly made: Made,
  ) {}

  async handle(event: Exclude<TrainingEvent, TrainingFinished>): Promise<TrainingOutcome | undefined> {
    switch (event.type) {
      case 'started':
        this.stepsPerEpoch = event.stepsPerEpoch;
        this.steps = event.stepsPerEpoch * event.epochs;
        await this.dependencies.keepProgress({
          engine: event.engine,
          device: event.device,
          started: event,
          ...(await this.provenance(event)),
        });
        await this.dependencies.tell(event);
        await this.stages.at('TRAINING', this.finished * this.stepsPerEpoch, this.steps);
        return undefined;
      case 'step':
        await this.dependencies.keepProgress({ progress: event });
        await this.dependencies.tell(event);
        await this.stages.at('TRAINING', event.step, this.steps, event.secondsLeft);
        return undefined;
      case 'stage':
        await this.stages.at(event.stage, event.done, event.total);
        return undefined;
      case 'sample':
        await this.dependencies.tell(event);
        return undefined;
      case 'epoch':
        await this.keep(event);
        return undefined;
      case 'failed':
        return event;
      case 'cancelled':
        return { type: 'stopped' };
    }
  }

  private async provenance({ engine, device }: TrainingStarted): Promise<{ readonly provenance?: Provenance }> {
    const { data, from } = this.made;
    if (!data) return {};
    const packed = await TrainingData.open(join(this.dependencies.directory, 'data'));
    const { encoder, fingerprint: featuresSha256 } = packed;
    await packed.close();
    const now = {
      data,
      featuresSha256,
      versions: runVersions({ engine, device, encoder }),
      ...(from && { from: { id: from.id, name: from.name, sha256: from.sha256 } }),
    };
    return { provenance: withEarlier(now, this.dependencies.provenance) };
  }

  private async keep(event: TrainingEpoch): Promise<void> {
    const { epoch, best } = event;
    if (best) this.best = epoch;
    const { directory, knownEpochs } = this.dependencies;
    // The files of epochs before the one that was gone on from are no more, but for those that belong to it.
    const names = epoch < this.finished ? undefined : filesAfter(epoch, this.best);
    if (epoch > this.finished || !knownEpochs.has(epoch)) {
      await this.dependencies.keepEpoch(
        epochOf(event),
        names?.map((name) => ({ name, path: join(directory, name) })),
      );
      await this.dependencies.tell(CHANGED);
    }
    if (names) await removeOthers(directory, epoch, names);
    const done = epoch * this.stepsPerEpoch;
    if (epoch >= this.finished && done < this.steps) await this.stages.at('TRAINING', done, this.steps);
  }
}

/** Keeps and tells what is left out, before anything is learned. */
async function note(photos: TrainingPhotos, dependencies: TrainingDependencies): Promise<void> {
  const sentence = describeLeftOut(photos.leftOut());
  await dependencies.keepProgress({ notes: sentence === undefined ? [] : [sentence] });
  if (sentence !== undefined) await dependencies.tell(CHANGED);
}

/** Tells how many photos are ready, and ends early when the training is to stop. */
async function* announced(
  photos: TrainingPhotos,
  dependencies: TrainingDependencies,
  stages: StageTeller,
  signal: AbortSignal,
): AsyncGenerator<TrainingImageWithRegions> {
  let done = 0;
  await stages.at('PACKING_FEATURES', done, photos.total);
  for await (const photo of photos.images) {
    if (signal.aborted) return;
    yield photo;
    done += 1;
    await stages.at('PACKING_FEATURES', done, photos.total);
    if (done % PHOTOS_A_NOTICE === 0 || done === photos.total)
      await dependencies.tell({ type: 'preparing', done, total: photos.total });
  }
}

/** One training job from its photos to its model, as the server that took it up does it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId, ModelId } from '../ids.js';
import type { EpochSample, TrainingEpochRecord, TrainingUpdate } from '../store/training-jobs.js';
import { type TrainingImageWithRegions, writeTrainingData } from '../training/data.js';
import type { TrainingEpoch, TrainingEvent, TrainingFinished } from '../training/events.js';
import type { EarlierModel } from '../training/fine-tuning.js';
import type { EngineWish } from '../training/settings.js';
import { startTrainer } from '../training/trainer.js';
import type { JobNotice } from './notices.js';
import type { JobSettings } from './settings.js';

/** Photos to train with, with what the encoder sees in them. */
export interface TrainingPhotos {
  readonly encoder: EncoderId;
  readonly total: number;
  readonly images: AsyncIterable<TrainingImageWithRegions>;
}

/** What the best epoch left. */
export interface TrainedModel {
  readonly name: string;
  readonly encoder: EncoderId;
  readonly settings: JobSettings;
  readonly bestEpoch: number;
  /** Its checkpoint, in a folder that is about to be removed. */
  readonly checkpoint: string;
}

export type Epoch = Omit<TrainingEpochRecord, 'jobId'>;

/** What a training is given, and where it puts what it makes. */
export interface TrainingSurroundings {
  /** Folder for this job alone. */
  readonly directory: string;
  /** Go on after the last finished epoch, if the folder has one. */
  readonly resume: boolean;
  /** What to compute with where the training does not say. */
  readonly compute: EngineWish;
  /** Photos of a data set, or of all, that are in the train or the dev split and have captions; with their mirror images, too. */
  photos(dataset: string | undefined, mirror: boolean): Promise<TrainingPhotos>;
  /** The model a fine-tuning goes on from, as a file of this machine. @throws NOT_FOUND, ENCODER_MISMATCH, INVALID_CHECKPOINT, NO_MODEL */
  earlierModel(id: ModelId): Promise<EarlierModel>;
  /** Takes over a trained model: its file and its figures. It may be told so again after a restart. */
  keepModel(model: TrainedModel, signal: AbortSignal): Promise<ModelId>;
  /** Epochs that are kept already. The trainer tells all that are finished again when it goes on. */
  readonly knownEpochs: ReadonlySet<number>;
  /** Keeps an epoch. */
  keepEpoch(epoch: Epoch): Promise<void>;
  /** Keeps how far it is. */
  keepProgress(progress: TrainingUpdate): Promise<void>;
  tell(event: JobNotice): Promise<void>;
}

export type TrainingOutcome =
  | { readonly type: 'succeeded'; readonly modelId: ModelId }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  /** The signal was aborted. */
  | { readonly type: 'stopped' };

/** Photos between two notices of the preparation. */
const PHOTOS_A_NOTICE = 50;

/**
 * Trains. A job that was taken up before goes on after its last finished epoch.
 *
 * @param signal stops the training; what the last epoch wrote stays in the folder
 * @throws EkphrasisError of the preparation, such as INVALID_DATASET or WEIGHTS_UNAVAILABLE
 */
export async function runTraining(job: JobSettings, around: TrainingSurroundings, signal: AbortSignal): Promise<TrainingOutcome> {
  const dataFile = join(around.directory, 'data');
  const from = job.fromModelId && (await around.earlierModel(job.fromModelId));
  const photos = await around.photos(job.dataset, job.training.mirror);
  await writeTrainingData(dataFile, { encoder: photos.encoder, images: announced(photos, around, signal) });

  const { training: settings, name } = job;
  const { directory: outputDirectory, compute, resume } = around;
  const trainer = startTrainer({ name, dataFile, outputDirectory, settings, compute, resume, from });
  const cancel = () => {
    trainer.cancel();
  };
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const keeper = new EpochKeeper(around);
  try {
    for await (const event of trainer.events) {
      if (event.type === 'finished') {
        const { bestEpoch, checkpoint } = event;
        const modelId = await around.keepModel({ name, encoder: photos.encoder, settings: job, bestEpoch, checkpoint }, signal);
        return { type: 'succeeded', modelId };
      }
      const outcome = await keeper.handle(event);
      if (outcome) return outcome;
    }
    return { type: 'failed', code: ErrorCode.ProcessFailed, message: 'The training process ended without a result.' };
  } finally {
    signal.removeEventListener('abort', cancel);
    trainer.cancel();
  }
}

/** Removes what a job that has ended leaves on the disk. */
export async function clearTraining(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** What a failure is kept as: an error meant for people with its own code, anything else as a defect in the training. */
export function toFailure(error: unknown): TrainingOutcome {
  if (error instanceof EkphrasisError) return { type: 'failed', code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { type: 'failed', code: ErrorCode.TrainingFailed, message: `The training failed unexpectedly: ${reason}` };
}

/** Keeps and tells what a trainer says, until it ends. */
class EpochKeeper {
  private samples: EpochSample[] = [];

  constructor(private readonly around: TrainingSurroundings) {}

  async handle(event: Exclude<TrainingEvent, TrainingFinished>): Promise<TrainingOutcome | undefined> {
    switch (event.type) {
      case 'started':
        await this.around.keepProgress({ engine: event.engine, device: event.device, started: event });
        await this.around.tell(event);
        return undefined;
      case 'step':
        await this.around.keepProgress({ progress: event });
        await this.around.tell(event);
        return undefined;
      case 'sample':
        this.samples.push({ image: event.image, caption: event.caption });
        await this.around.tell(event);
        return undefined;
      case 'epoch':
        await this.keep(event);
        return undefined;
      case 'cancelled':
        return { type: 'stopped' };
      case 'failed':
        return event;
    }
  }

  private async keep(event: TrainingEpoch): Promise<void> {
    const { epoch, loss, learningRate, seconds, validationSeconds, imagesPerSecond, secondsLeft, bleu, cider, best, checkpoint } = event;
    const figures = { loss, learningRate, seconds, validationSeconds, imagesPerSecond, secondsLeft, bleu, cider, best, checkpoint };
    const { samples } = this;
    this.samples = [];
    if (this.around.knownEpochs.has(epoch)) return;
    await this.around.keepEpoch({ epoch, ...figures, samples });
    await this.around.tell({ type: 'changed' });
  }
}

/** Tells how many photos are ready, and ends early when the training is to stop. */
async function* announced(
  photos: TrainingPhotos,
  around: TrainingSurroundings,
  signal: AbortSignal,
): AsyncGenerator<TrainingImageWithRegions> {
  let done = 0;
  for await (const photo of photos.images) {
    if (signal.aborted) return;
    yield photo;
    done += 1;
    if (done % PHOTOS_A_NOTICE === 0 || done === photos.total) await around.tell({ type: 'preparing', done, total: photos.total });
  }
}

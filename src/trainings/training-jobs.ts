/** Training jobs: started, paused, resumed, cancelled, followed, and taken up again after a server has gone. */
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { TrainingJobId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { TrainingJobRecord } from '../store/training-jobs.js';
import { type Corrections, countCorrections, modelToCorrect } from './corrections.js';
import { findTrainable } from './trainable.js';
import { findModel } from '../models/registry.js';
import { currentRequestId } from '../monitoring/request-id.js';
import { CHANGED } from '../queue/notifier.js';
import { jobProgress, type ProgressEvent, type TrainingRows } from './progress.js';
import { type JobSettings, toJobSettings, toResumedSettings, type TrainingRequest } from './settings.js';
import { sharedReading } from '../queue/shared-reading.js';
import { openTrainingNotifier, type TrainingNotifier } from './notifier.js';
import { under } from '../store/locks.js';
import { beginWith } from '../store/needs.js';
import { needsOfTraining } from './settings.js';
import { TrainingWorker, type TrainingWorkerOptions } from './worker.js';

export interface TrainingJobsOptions extends Omit<TrainingWorkerOptions, 'notifier'> {
  readonly store: TrainingWorkerOptions['store'] & Pick<Store, 'captions' | 'peopleCaptions' | 'listen' | 'notify'>;
}

export class TrainingJobs {
  private readonly worker: TrainingWorker;
  /** Of all who follow trainings. */
  private readonly rows: TrainingRows;

  private constructor(
    private readonly options: TrainingJobsOptions,
    private readonly notifier: TrainingNotifier,
  ) {
    this.worker = new TrainingWorker({ ...options, notifier });
    const { trainingJobs } = options.store;
    this.rows = {
      find: sharedReading((jobId: TrainingJobId) => trainingJobs.find(jobId)),
      epochs: sharedReading((jobId: TrainingJobId, after: number) => trainingJobs.epochs(jobId, after)),
    };
  }

  static async open(options: TrainingJobsOptions): Promise<TrainingJobs> {
    return new TrainingJobs(options, await openTrainingNotifier(options.store));
  }

  /**
   * Puts a training at the end of the queue. One that is the same, and waits there already, would make the same model:
   * it is returned in place of a second.
   *
   * @throws BAD_USER_INPUT when a setting is out of range or contradicts the model to go on from; NOT_FOUND for an
   *   unknown model or data set; INVALID_DATASET where there are no captions to train on or to measure with
   */
  async start(asked: TrainingRequest): Promise<TrainingJobRecord> {
    const { store } = this.options;
    const request =
      asked.task === 'CORRECTIONS' ? { ...asked, fromModelId: await modelToCorrect(asked.fromModelId, store) } : asked;
    const { fromModelId } = request;
    const from = fromModelId === undefined ? undefined : await findModel(store, fromModelId);
    // The settings first: what is wrong with them is known without a look at the collection.
    const wished = toJobSettings(request, from);
    const dataset = wished.corrections ? undefined : await findTrainable(store, request.dataset);
    const settings = { ...inLanguageOf(from ?? dataset, wished), dataset: dataset?.id };
    const { seed, engine = this.options.compute.engine } = settings.training;
    const { job, isNew } = await beginWith(needsOfTraining(settings), store, () =>
      under(store.locks.alone('trainings'), async () => {
        const waiting = await store.trainingJobs.findWaiting(settings);
        const asNew = { settings, seed, engine, requestId: currentRequestId() };
        return { job: waiting ?? (await store.trainingJobs.create(asNew)), isNew: !waiting };
      }),
    );
    if (!isNew) {
      this.options.log.info({ jobId: job.id }, 'the same training waits already');
      return job;
    }
    await this.options.queue.send(job.id);
    this.options.log.info({ jobId: job.id }, 'a training waits');
    return job;
  }

  /**
   * Has a job wait, whether it waits or runs, until it is resumed. One that runs ends at once, on whatever server: what
   * it has done since its last finished epoch is done again.
   *
   * @throws NOT_FOUND; CONFLICT when it is paused already or has ended
   */
  async pause(jobId: TrainingJobId): Promise<TrainingJobRecord> {
    const paused = await this.options.store.trainingJobs.pause(jobId);
    if (!paused) throw await this.conflict(jobId, 'paused');
    await this.notifier.tell(jobId, CHANGED);
    return paused;
  }

  /**
   * Puts a job that was paused, or has failed, at the end of the queue. It goes on after its last finished epoch, as if
   * it had never stopped.
   *
   * @param learningRate the highest from now on, as for one that failed by too high a rate
   * @throws NOT_FOUND, also for the data set or the model it began with; CONFLICT when it is neither; BAD_USER_INPUT
   */
  async resume(jobId: TrainingJobId, learningRate?: number): Promise<TrainingJobRecord> {
    const { store, queue } = this.options;
    const { settings } = await this.find(jobId);
    const toGoOnWith = toResumedSettings(settings, learningRate);
    const resumed = await beginWith(needsOfTraining(toGoOnWith), store, () =>
      store.trainingJobs.resume(jobId, toGoOnWith),
    );
    if (!resumed) throw await this.conflict(jobId, 'resumed');
    await queue.send(jobId);
    await this.notifier.tell(jobId, CHANGED);
    return resumed;
  }

  /**
   * Ends a job at whatever it does, on whatever server it runs. One that has failed, or is paused, is not gone on with.
   *
   * @throws NOT_FOUND; CONFLICT when it has succeeded or was cancelled
   */
  async cancel(jobId: TrainingJobId): Promise<TrainingJobRecord> {
    const cancelled = await this.options.store.trainingJobs.end(jobId, { state: 'CANCELLED' });
    if (!cancelled) throw await this.conflict(jobId, 'cancelled');
    await this.notifier.tell(jobId, CHANGED);
    await this.worker.clear(jobId);
    return cancelled;
  }

  /** @throws NOT_FOUND */
  async find(jobId: TrainingJobId): Promise<TrainingJobRecord> {
    return found(await this.options.store.trainingJobs.find(jobId), `training job ${jobId}`);
  }

  /** How much people have corrected, beside what a training on it needs. */
  corrections(): Promise<Corrections> {
    return countCorrections(this.options.store);
  }

  /** See `jobProgress`. */
  progress(jobId: TrainingJobId, afterEpoch = 0): AsyncIterableIterator<ProgressEvent> {
    return jobProgress(jobId, afterEpoch, { jobs: this.rows, notifier: this.notifier });
  }

  /** Begins to take up jobs, those first that a process was lost over. */
  work(): Promise<void> {
    return this.worker.work();
  }

  /** Stops what runs here; it goes on after its last epoch when a server starts again. */
  async close(): Promise<void> {
    await this.worker.close();
    await this.notifier.close();
  }

  /** Why a job cannot be what it was to be. @returns NOT_FOUND or CONFLICT */
  private async conflict(jobId: TrainingJobId, wish: 'paused' | 'resumed' | 'cancelled'): Promise<EkphrasisError> {
    const { state } = await this.find(jobId);
    const messages = {
      QUEUED: 'The training waits for its turn already.',
      RUNNING: 'The training is running.',
      PAUSED: 'The training is paused already.',
      FAILED: 'The training has failed: it can be resumed, or cancelled.',
      SUCCEEDED: `The training has ended, it succeeded: it cannot be ${wish}.`,
      CANCELLED:
        wish === 'cancelled'
          ? 'The training was cancelled already.'
          : `The training was cancelled: it cannot be ${wish}.`,
    };
    return new EkphrasisError(ErrorCode.Conflict, messages[state]);
  }
}

/**
 * A captioner that was told no other language writes in that of the model it goes on from, or else of its data set: by
 * it, left and right are known.
 */
function inLanguageOf(origin: { readonly language: string } | undefined, asked: JobSettings): JobSettings {
  if (asked.task !== 'CAPTION') return asked;
  return { ...asked, training: { ...asked.training, language: asked.training.language ?? origin?.language } };
}

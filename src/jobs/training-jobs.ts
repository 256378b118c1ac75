/** Training jobs: started, taken up, followed, cancelled, and taken up again after a server has gone. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId, TrainingJobId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { TrainingJobRecord } from '../store/training-jobs.js';
import { findModel } from './models.js';
import { JobNotices } from './notices.js';
import { jobProgress, type ProgressEvent } from './progress.js';
import { clearTraining, runTraining, toFailure, type TrainedModel, type TrainingOutcome, type TrainingSurroundings } from './run-training.js';
import { isOpen, jobSettingsSchema, toJobSettings, type TrainingRequest } from './settings.js';
import type { TrainingQueue } from './training-queue.js';

export interface TrainingJobsOptions {
  readonly store: Pick<Store, 'trainingJobs' | 'models' | 'listen' | 'notify'>;
  readonly queue: TrainingQueue;
  /** Folder under which each job that runs here has its own. */
  readonly directory: string;
  /** What a training is computed with where it does not say. */
  readonly compute: TrainingSurroundings['compute'];
  /** What a training takes from the collection. */
  readonly photos: TrainingSurroundings['photos'];
  readonly earlierModel: TrainingSurroundings['earlierModel'];
  /** What the collection takes from a training. */
  readonly keepModel: (jobId: TrainingJobId, model: TrainedModel, signal: AbortSignal) => Promise<ModelId>;
  /** No other process can use the database: a job that runs at the start belongs to a process that is gone. */
  readonly alone: boolean;
  readonly log: Logger;
}

/** A job that a process was lost over this often is not taken up again: it is likely the cause. */
const ATTEMPTS = 3;

/** How often a running job gives a sign of life, and after how long without it another server may take it up. */
const HEARTBEAT_MILLISECONDS = 20_000;
const SILENCE_MILLISECONDS = 120_000;

export class TrainingJobs {
  private readonly running = new Map<TrainingJobId, AbortController>();
  private recovery: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: TrainingJobsOptions,
    private readonly notices: JobNotices,
  ) {}

  static async open(options: TrainingJobsOptions): Promise<TrainingJobs> {
    const notices = await JobNotices.open(options.store);
    return new TrainingJobs(options, notices);
  }

  /**
   * Puts a training at the end of the queue.
   *
   * @throws BAD_USER_INPUT when a setting is out of range or contradicts the model to go on from; NOT_FOUND for an unknown model
   */
  async start(request: TrainingRequest): Promise<TrainingJobRecord> {
    const { fromModelId } = request;
    const settings = toJobSettings(request, fromModelId === undefined ? undefined : await findModel(this.options.store, fromModelId));
    const { seed, engine = this.options.compute.engine } = settings.training;
    const job = await this.options.store.trainingJobs.create({ settings, seed, engine });
    await this.options.queue.send(job.id);
    return job;
  }

  /**
   * Ends a job at whatever it does, on whatever server it runs.
   *
   * @throws NOT_FOUND; CONFLICT when it has ended already
   */
  async cancel(jobId: TrainingJobId): Promise<TrainingJobRecord> {
    const cancelled = await this.options.store.trainingJobs.end(jobId, { state: 'CANCELLED' });
    if (cancelled) {
      await this.changed(jobId);
      return cancelled;
    }
    const job = await this.find(jobId);
    throw new EkphrasisError(ErrorCode.Conflict, `The training has ended already: it is ${job.state.toLowerCase()}.`);
  }

  /** @throws NOT_FOUND */
  async find(jobId: TrainingJobId): Promise<TrainingJobRecord> {
    const job = await this.options.store.trainingJobs.find(jobId);
    if (!job) throw new EkphrasisError(ErrorCode.NotFound, `There is no training job ${jobId}.`);
    return job;
  }

  /** See `jobProgress`. */
  progress(jobId: TrainingJobId, afterEpoch = 0): AsyncIterableIterator<ProgressEvent> {
    return jobProgress(jobId, afterEpoch, { jobs: this.options.store.trainingJobs, notices: this.notices });
  }

  /** Begins to take up jobs, those first that a process was lost over. */
  async work(): Promise<void> {
    await this.recover(this.options.alone ? 0 : SILENCE_MILLISECONDS);
    this.recovery = setInterval(() => {
      this.recover(SILENCE_MILLISECONDS).catch((error: unknown) => {
        this.options.log.warn({ err: error }, 'lost training jobs could not be looked for');
      });
    }, SILENCE_MILLISECONDS);
    await this.options.queue.work(async (jobId) => {
      await this.takeUp(jobId).catch((error: unknown) => {
        // The database failed. Without a sign of life the job will be taken up again.
        this.options.log.error({ err: error, jobId }, 'a training job was lost');
      });
    });
  }

  /** Stops what runs here; it goes on after its last epoch when a server starts again. */
  async close(): Promise<void> {
    clearInterval(this.recovery);
    for (const controller of this.running.values()) controller.abort();
    await this.options.queue.close();
    await this.notices.close();
  }

  /** Puts jobs back into the queue that nobody works on: their process is gone, or it fell between its row and the queue. */
  private async recover(silence: number): Promise<void> {
    const { trainingJobs } = this.options.store;
    for (const { id, attempt, heartbeatAt } of await trainingJobs.inState('RUNNING')) {
      const silent = Date.now() - (heartbeatAt?.getTime() ?? 0) >= silence;
      if (!silent || this.running.has(id)) continue;
      if (attempt < ATTEMPTS) {
        await trainingJobs.requeue(id, attempt);
      } else {
        const errorMessage = `The server ended ${attempt} times while this training ran; it is not begun again.`;
        await trainingJobs.end(id, { state: 'FAILED', errorCode: ErrorCode.ProcessFailed, errorMessage }, attempt);
      }
      await this.changed(id);
    }
    for (const { id } of await trainingJobs.inState('QUEUED')) await this.options.queue.send(id);
  }

  /** Works on a job until it has ended here, whatever comes of it. */
  private async takeUp(jobId: TrainingJobId): Promise<void> {
    const { store, log, directory } = this.options;
    const job = await store.trainingJobs.begin(jobId);
    // Cancelled while it waited, or taken up elsewhere.
    if (!job) return;
    await this.changed(jobId);
    const folder = join(directory, jobId);
    const outcome = await this.train(job, folder);
    if (outcome.type === 'succeeded') {
      await store.trainingJobs.end(jobId, { state: 'SUCCEEDED' }, job.attempt);
    } else if (outcome.type === 'failed') {
      const { code: errorCode, message: errorMessage } = outcome;
      log.warn({ jobId, code: errorCode }, errorMessage);
      await store.trainingJobs.end(jobId, { state: 'FAILED', errorCode, errorMessage }, job.attempt);
    } else {
      // This server ends: the next to start finds the job waiting. One that was cancelled no longer runs and stays so.
      await store.trainingJobs.requeue(jobId, job.attempt);
    }
    await this.changed(jobId);
    const now = await store.trainingJobs.find(jobId);
    if (!now || !isOpen(now.state)) await clearTraining(folder);
  }

  private async train(job: TrainingJobRecord, folder: string): Promise<TrainingOutcome> {
    const { store, compute, photos, earlierModel, keepModel, log } = this.options;
    const controller = new AbortController();
    this.running.set(job.id, controller);
    // A cancelled job is not running: that is how the process that trains it learns of it, at once by notice.
    const keepProgress = async (progress = {}) => {
      if (!(await store.trainingJobs.update(job.id, job.attempt, progress))) controller.abort();
    };
    const beat = () => {
      keepProgress().catch((error: unknown) => {
        log.warn({ err: error, jobId: job.id }, 'a sign of life of a training could not be written');
      });
    };
    const unsubscribe = this.notices.subscribe(job.id, ({ type }) => {
      if (type === 'changed') beat();
    });
    const heart = setInterval(beat, HEARTBEAT_MILLISECONDS);
    try {
      const around: TrainingSurroundings = {
        directory: folder,
        resume: job.attempt > 1,
        compute,
        photos,
        earlierModel,
        keepModel: (model, signal) => keepModel(job.id, model, signal),
        knownEpochs: new Set((await store.trainingJobs.epochs(job.id)).map(({ epoch }) => epoch)),
        keepEpoch: async (epoch) => {
          if (!(await store.trainingJobs.putEpoch({ jobId: job.id, ...epoch }, job.attempt))) controller.abort();
        },
        keepProgress,
        tell: (event) => {
          if (event.type === 'started') log.info({ jobId: job.id, engine: event.engine, device: event.device }, event.explanation);
          return this.notices.tell(job.id, event);
        },
      };
      return await runTraining(jobSettingsSchema.parse(job.settings), around, controller.signal);
    } catch (error) {
      return controller.signal.aborted ? { type: 'stopped' } : toFailure(error);
    } finally {
      clearInterval(heart);
      unsubscribe();
      this.running.delete(job.id);
    }
  }

  private changed(jobId: TrainingJobId): Promise<void> {
    return this.notices.tell(jobId, { type: 'changed' });
  }
}

/**
 * What a server does about trainings: takes them up, keeps what they make, and looks for those whose process is gone.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ErrorCode } from '../errors.js';
import type { ModelId, TrainingJobId } from '../ids.js';
import { isDiskFull } from '../files/storage-failure.js';
import { isDatabaseFull, isDatabaseLoss } from '../store/database-loss.js';
import type { Store } from '../store/store.js';
import type { TrainingEnd, TrainingJobRecord } from '../store/training-jobs.js';
import { withRequestId } from '../monitoring/request-id.js';
import { CHANGED } from '../queue/notifier.js';
import { retryWhileUnavailable } from '../queue/retry.js';
import { BEATS } from '../queue/queue.js';
import {
  clearTraining,
  clearTrainingData,
  runTraining,
  toFailure,
  type TrainedModel,
  type TrainingOutcome,
  type TrainingDependencies,
} from './run-training.js';
import { readProvenance } from './provenance.js';
import { readJobSettings } from './settings.js';
import { HeartbeatMonitor } from '../queue/heartbeat-monitor.js';
import type { TrainingNotifier } from './notifier.js';
import type { StageTeller } from './stage-teller.js';
import type { TrainingQueue } from './queue.js';
import { beginWith } from '../store/needs.js';

export interface TrainingWorkerOptions {
  readonly store: Pick<Store, 'trainingJobs' | 'trainingFiles' | 'datasets' | 'models' | 'locks' | 'space'>;
  readonly queue: TrainingQueue;
  readonly notifier: TrainingNotifier;
  /** Folder under which each job that runs here has its own. */
  readonly directory: string;
  /** What a training is computed with where it does not say. */
  readonly compute: TrainingDependencies['compute'];
  /** What a training takes from the collection. */
  readonly photos: TrainingDependencies['photos'];
  readonly earlierModel: TrainingDependencies['earlierModel'];
  readonly currentCaptioner: TrainingDependencies['currentCaptioner'];
  /** What the collection takes from a training. */
  readonly keepModel: (
    jobId: TrainingJobId,
    model: TrainedModel,
    signal: AbortSignal,
    stages: StageTeller,
  ) => Promise<ModelId>;
  /** No other process can use the database: a job that runs at the start belongs to a process that is gone. */
  readonly alone: boolean;
  /**
   * Seconds without a heartbeat after which a worker counts as lost, and for which it waits for a database that does
   * not answer.
   */
  readonly lease: number;
  readonly log: Logger;
}

/**
 * A job that this many processes in a row were lost over before they had finished an epoch is likely the cause. Before
 * its first epoch a machine that is restarted again and again is as likely: packing and that epoch take long.
 */
const ATTEMPTS = 3;
const FIRST_ATTEMPTS = 10;

export class TrainingWorker {
  private readonly running = new Map<TrainingJobId, AbortController>();
  private readonly closing = new AbortController();
  private readonly heartbeats: HeartbeatMonitor<TrainingJobId>;
  private recovery: NodeJS.Timeout | undefined;

  constructor(private readonly options: TrainingWorkerOptions) {
    this.heartbeats = new HeartbeatMonitor(options.lease * 1000);
  }

  /** Begins to take up jobs, those first that a process was lost over. */
  async work(): Promise<void> {
    const { queue, log, alone, store } = this.options;
    await this.recover(alone ? await store.trainingJobs.inState('RUNNING') : []);
    await this.clearFailed();
    this.recovery = setInterval(() => {
      this.lookForLost().catch((error: unknown) => {
        log.warn({ err: error }, 'lost training jobs could not be looked for');
      });
    }, this.heartbeats.interval);
    await queue.work(async (jobId) => {
      await this.takeUp(jobId).catch((error: unknown) => {
        log.error({ err: error, jobId }, 'a training job was lost');
      });
    });
  }

  /** Stops what runs here; it goes on after its last epoch when a server starts again. */
  async close(): Promise<void> {
    clearInterval(this.recovery);
    this.closing.abort();
    for (const controller of this.running.values()) controller.abort();
    await this.options.queue.close();
  }

  /**
   * Removes what a job that does not go on left on this disk, unless it still runs here: then that is done when it has
   * stopped.
   */
  async clear(jobId: TrainingJobId): Promise<void> {
    if (!this.running.has(jobId)) await clearTraining(this.folder(jobId));
  }

  private async lookForLost(): Promise<void> {
    await this.recover(this.heartbeats.lost(await this.options.store.trainingJobs.inState('RUNNING')));
  }

  /**
   * Puts jobs back into the queue that nobody works on: their process is gone, or it fell between its row and the
   * queue.
   */
  private async recover(lost: readonly TrainingJobRecord[]): Promise<void> {
    const {
      store: { trainingJobs },
      queue,
      directory,
      log,
    } = this.options;
    for (const { id, attempt, fruitlessAttempts } of lost.filter((job) => !this.running.has(job.id))) {
      log.warn({ jobId: id, attempt }, 'the process of a training was lost');
      const attempts = (await trainingJobs.epochs(id)).length > 0 ? ATTEMPTS : FIRST_ATTEMPTS;
      if (fruitlessAttempts < attempts) {
        await trainingJobs.requeue(id, attempt, { lost: true });
      } else {
        const message = `The process that trained ended ${attempts} times before it had finished an epoch: it may be short of memory.`;
        await trainingJobs.end(id, await this.failure(id, ErrorCode.ProcessFailed, message), attempt);
      }
      await this.changed(id);
    }
    for (const { id } of await trainingJobs.inState('QUEUED')) await queue.send(id);
    for (const id of await readdir(directory).catch(() => [])) await this.clearEnded(id as TrainingJobId);
  }

  /**
   * Removes the folder of a job that does not go on, wherever it ended. That of an unknown job may be another
   * database's.
   */
  private async clearEnded(id: TrainingJobId): Promise<void> {
    if (this.running.has(id)) return;
    const state = (await this.options.store.trainingJobs.find(id))?.state;
    if (state === 'SUCCEEDED' || state === 'CANCELLED') await this.clear(id);
  }

  /**
   * Removes what failed trainings have packed, gigabytes, and keeps their epochs: one that is resumed packs again. At
   * the start only, as somebody may resume at once what has just failed.
   */
  private async clearFailed(): Promise<void> {
    for (const id of await readdir(this.options.directory).catch(() => [])) {
      const state = (await this.options.store.trainingJobs.find(id as TrainingJobId))?.state;
      if (state === 'FAILED') await clearTrainingData(this.folder(id as TrainingJobId));
    }
  }

  /** Works on a job until it has ended here, whatever comes of it. */
  private async takeUp(jobId: TrainingJobId): Promise<void> {
    const { store } = this.options;
    const job = await beginWith({}, store, () => store.trainingJobs.begin(jobId));
    // Cancelled or paused while it waited, or taken up elsewhere.
    if (job) await withRequestId(job.requestId, () => this.workOn(job));
  }

  private async workOn(job: TrainingJobRecord): Promise<void> {
    const { log } = this.options;
    const { id: jobId, attempt } = job;
    log.info({ jobId, attempt }, 'a training is taken up');
    // The database may be gone for hours: what becomes of the job is kept when it is back.
    const forever = { milliseconds: Infinity, signal: this.closing.signal };
    await retryWhileUnavailable(() => this.changed(jobId), forever);
    const outcome = await this.train(job);
    if (outcome.type === 'failed') log.warn({ jobId, code: outcome.code }, outcome.message);
    else log.info({ jobId, outcome: outcome.type }, 'a training has ended here');
    await retryWhileUnavailable(() => this.keepOutcome(job, outcome), forever);
  }

  private async keepOutcome({ id, attempt }: TrainingJobRecord, outcome: TrainingOutcome): Promise<void> {
    const { trainingJobs } = this.options.store;
    switch (outcome.type) {
      case 'succeeded':
        await trainingJobs.end(id, { state: 'SUCCEEDED' }, attempt);
        break;
      case 'failed':
        await trainingJobs.end(id, await this.failure(id, outcome.code, outcome.message), attempt);
        break;
      case 'stopped':
        // It goes on here or elsewhere. One that was cancelled or paused no longer runs and stays so.
        if (await trainingJobs.requeue(id, attempt)) await this.options.queue.send(id);
    }
    // Before it is told: whoever hears that it has ended finds nothing left of it.
    await this.clearEnded(id);
    await this.changed(id);
  }

  private async train(job: TrainingJobRecord): Promise<TrainingOutcome> {
    const { log } = this.options;
    const controller = new AbortController();
    this.running.set(job.id, controller);
    if (this.closing.signal.aborted) controller.abort();
    const beat = () => {
      this.keepProgress(job, controller).catch((error: unknown) => {
        log.warn({ err: error, jobId: job.id }, 'a sign of life of a training could not be written');
      });
    };
    const unsubscribe = this.options.notifier.subscribe(job.id, ({ type }) => {
      if (type === 'changed') beat();
    });
    const heart = setInterval(beat, (this.options.lease * 1000) / BEATS);
    try {
      const dependencies = await this.dependenciesOf(job, controller);
      const outcome = await runTraining(readJobSettings(job.settings), dependencies, controller.signal);
      const wantsRoom = outcome.type === 'failed' && outcome.code === ErrorCode.StorageFailed;
      return wantsRoom && (await this.isFull()) ? this.stopped(job, outcome.message) : outcome;
    } catch (error) {
      if (controller.signal.aborted) return { type: 'stopped' };
      // One that alone has no room, where others have, would fill the disk again and again.
      const waits = isDatabaseLoss(error) || isDatabaseFull(error) || (isDiskFull(error) && (await this.isFull()));
      return waits ? this.stopped(job, error) : toFailure(error);
    } finally {
      clearInterval(heart);
      unsubscribe();
      this.running.delete(job.id);
    }
  }

  private stopped({ id: jobId }: TrainingJobRecord, reason: unknown): TrainingOutcome {
    const message = 'a training stopped for want of the database or of room; it goes on after its last finished epoch';
    this.options.log.error({ err: reason, jobId }, message);
    return { type: 'stopped' };
  }

  private async isFull(): Promise<boolean> {
    return (await this.options.store.space.state()).state === 'full';
  }

  /** What a training is given, with patience for a database that is out of reach for a while. */
  private async dependenciesOf(job: TrainingJobRecord, controller: AbortController): Promise<TrainingDependencies> {
    const {
      store: { trainingJobs, trainingFiles },
      alone,
      compute,
      photos,
      earlierModel,
      currentCaptioner,
      keepModel,
      notifier,
      log,
      lease,
    } = this.options;
    const { id: jobId, attempt } = job;
    const keep = <T>(action: () => Promise<T>) =>
      retryWhileUnavailable(action, { milliseconds: lease * 1000, signal: controller.signal });
    return {
      directory: this.folder(jobId),
      space: this.options.store.space,
      left: { names: await trainingFiles.names(jobId), read: (name) => trainingFiles.read(jobId, name) },
      compute,
      photos,
      earlierModel,
      currentCaptioner,
      keepModel: (model, signal, stages) => keepModel(jobId, model, signal, stages),
      provenance: readProvenance(job.provenance),
      knownEpochs: new Set((await trainingJobs.epochs(jobId)).map(({ epoch }) => epoch)),
      async keepEpoch(epoch, files) {
        // Where nobody else can take it up, the files on the disk are enough.
        const kept = await keep(() => trainingJobs.putEpoch({ jobId, ...epoch }, attempt, alone && files ? [] : files));
        if (!kept) controller.abort();
      },
      keepProgress: (progress) => keep(() => this.keepProgress(job, controller, progress)),
      tell(event) {
        if (event.type === 'started')
          log.info({ jobId, engine: event.engine, device: event.device }, event.explanation);
        return keep(() => notifier.tell(jobId, event));
      },
    };
  }

  /**
   * A job that is cancelled or paused is not running: that is how the process that trains it learns of it, at once by
   * notice.
   */
  private async keepProgress(
    { id, attempt }: TrainingJobRecord,
    controller: AbortController,
    progress = {},
  ): Promise<void> {
    if (!(await this.options.store.trainingJobs.update(id, attempt, progress))) controller.abort();
  }

  /** Every failed training can be gone on with, or begun anew, which its message says. */
  private async failure(jobId: TrainingJobId, errorCode: ErrorCode, message: string): Promise<TrainingEnd> {
    const goesOn =
      (await this.options.store.trainingJobs.epochs(jobId)).length > 0
        ? 'goes on after its last finished epoch'
        : 'begins anew';
    return {
      state: 'FAILED',
      errorCode,
      errorMessage: `${message} It ${goesOn} with resumeTraining, or: ekphrasis train --resume ${jobId}`,
    };
  }

  private folder(jobId: TrainingJobId): string {
    return join(this.options.directory, jobId);
  }

  private changed(jobId: TrainingJobId): Promise<void> {
    return this.options.notifier.tell(jobId, CHANGED);
  }
}

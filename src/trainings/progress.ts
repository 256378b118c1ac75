/** A training's progress as a stream: the state so far, then what happens, until the job ends. */
import { found } from '../errors.js';
import type { TrainingJobId } from '../ids.js';
import type { TrainingEpochRecord, TrainingJobRecord } from '../store/training-jobs.js';
import { follow } from '../queue/follow.js';
import { Mailbox } from '../queue/mailbox.js';
import { CHANGED, RECHECK_MILLISECONDS } from '../queue/notifier.js';
import { isOpen } from '../store/job-states.js';
import { kindOfNotice, type LiveEvent, type TrainingNotice, type TrainingNotifier } from './notifier.js';

export type ProgressEvent =
  /** The job as it is now: first, at every change of its state, and last, when it has ended. */
  | { readonly type: 'job'; readonly job: TrainingJobRecord }
  | { readonly type: 'epoch'; readonly epoch: TrainingEpochRecord }
  | LiveEvent;

/** Where a training is read. */
export interface TrainingRows {
  find(jobId: TrainingJobId): Promise<TrainingJobRecord | undefined>;
  /** Those after a given one, in order. */
  epochs(jobId: TrainingJobId, after: number): Promise<TrainingEpochRecord[]>;
}

/**
 * The progress of a job from after an epoch on. Every epoch is told exactly once and in order: notices only say that
 * there is something new, epochs are read from their rows, and the subscription begins before the first reading. For a
 * reader that is slow the newest step, preparation and sample of each photo wait, the older are left out.
 *
 * @param afterEpoch the last epoch the reader knows; 0 for all
 * @throws NOT_FOUND at the first reading
 */
export function jobProgress(
  jobId: TrainingJobId,
  afterEpoch: number,
  { jobs, notifier }: { readonly jobs: TrainingRows; readonly notifier: TrainingNotifier },
): AsyncIterableIterator<ProgressEvent> {
  return follow(jobId, notifier, new Mailbox(kindOfNotice), (mailbox) =>
    readProgress(jobId, afterEpoch, jobs, mailbox),
  );
}

async function* readProgress(
  jobId: TrainingJobId,
  afterEpoch: number,
  jobs: TrainingRows,
  mailbox: Mailbox<TrainingNotice>,
): AsyncGenerator<ProgressEvent, undefined> {
  let last = afterEpoch;
  let told: string | undefined;
  let notice: TrainingNotice = CHANGED;
  while (!mailbox.closed) {
    if (notice.type === 'changed') {
      // The job before its epochs: one that has ended gets no more of them.
      const job = found(await jobs.find(jobId), `training job ${jobId}`);
      const ended = !isOpen(job.state);
      const looks = [job.state, ...job.notes].join();
      if (!ended && looks !== told) yield { type: 'job', job };
      told = looks;
      for (const epoch of await jobs.epochs(jobId, last)) {
        last = epoch.epoch;
        yield { type: 'epoch', epoch };
      }
      if (ended) {
        yield { type: 'job', job };
        return;
      }
    } else {
      yield notice;
    }
    notice = (await mailbox.take(RECHECK_MILLISECONDS)) ?? CHANGED;
  }
}

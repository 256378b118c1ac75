/** A training's progress as a stream: the state so far, then what happens, until the job ends. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { TrainingJobId } from '../ids.js';
import type { TrainingEpochRecord, TrainingJobRecord } from '../store/training-jobs.js';
import { follow } from './follow.js';
import { Mailbox } from './mailbox.js';
import { isOpen } from './settings.js';
import { kindOfNotice, type LiveEvent, type TrainingNotice, type TrainingNotices } from './training-notices.js';

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

/** A notice may get lost with a connection: the rows are looked at again after this long without one. */
const RECHECK_MILLISECONDS = 15_000;

/**
 * The progress of a job from after an epoch on. Every epoch is told exactly once and in order: notices only say that there
 * is something new, epochs are read from their rows, and the subscription begins before the first reading. For a reader
 * that is slow the newest step, preparation and sample of each photo wait, the older are left out.
 *
 * @param afterEpoch the last epoch the reader knows; 0 for all
 * @throws NOT_FOUND at the first reading
 */
export function jobProgress(
  jobId: TrainingJobId,
  afterEpoch: number,
  { jobs, notices }: { readonly jobs: TrainingRows; readonly notices: TrainingNotices },
): AsyncIterableIterator<ProgressEvent> {
  return follow(jobId, notices, new Mailbox(kindOfNotice), (mailbox) => readProgress(jobId, afterEpoch, jobs, mailbox));
}

async function* readProgress(
  jobId: TrainingJobId,
  afterEpoch: number,
  jobs: TrainingRows,
  mailbox: Mailbox<TrainingNotice>,
): AsyncGenerator<ProgressEvent, undefined> {
  let last = afterEpoch;
  let state: TrainingJobRecord['state'] | undefined;
  let notice: TrainingNotice = { type: 'changed' };
  while (!mailbox.closed) {
    if (notice.type === 'changed') {
      // The job before its epochs: one that has ended gets no more of them.
      const job = await jobs.find(jobId);
      if (!job) throw new EkphrasisError(ErrorCode.NotFound, `There is no training job ${jobId}.`);
      const ended = !isOpen(job.state);
      if (!ended && job.state !== state) yield { type: 'job', job };
      state = job.state;
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
    notice = (await mailbox.take(RECHECK_MILLISECONDS)) ?? { type: 'changed' };
  }
}

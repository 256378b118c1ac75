/**
 * A job's row as a stream. A reader that is slow gets fewer and later looks, never older ones: nothing is kept for it
 * but that there is something new.
 */
import { found } from '../errors.js';
import type { JobId } from '../ids.js';
import type { JobRecord, JobRepository } from '../store/jobs.js';
import { follow } from '../queue/follow.js';
import type { JobNotifier } from './notifier.js';
import { Mailbox } from '../queue/mailbox.js';
import { type Changed, RECHECK_MILLISECONDS } from '../queue/notifier.js';
import { isOpen } from '../store/job-states.js';

export type JobRows = Pick<JobRepository, 'find'>;

/** Many workers may end parts at once: a reader is told four times a second at most. */
const MILLISECONDS_BETWEEN = 250;

/**
 * The job as it is now, again whenever it has changed, and last when it has ended.
 *
 * @throws NOT_FOUND at the first reading
 */
export function followJob(
  jobId: JobId,
  { jobs, notifier }: { readonly jobs: JobRows; readonly notifier: JobNotifier },
): AsyncIterableIterator<JobRecord> {
  return follow(jobId, notifier, new Mailbox<Changed>(({ type }) => type), (mailbox) => readJob(jobId, jobs, mailbox));
}

async function* readJob(jobId: JobId, jobs: JobRows, mailbox: Mailbox<Changed>): AsyncGenerator<JobRecord, undefined> {
  let last = '';
  while (!mailbox.closed) {
    const job = found(await jobs.find(jobId), `job ${jobId}`);
    const looks = [job.state, job.done, job.failed, job.total].join();
    if (looks !== last) yield job;
    last = looks;
    if (!isOpen(job.state)) return;
    await mailbox.rest(MILLISECONDS_BETWEEN);
    await mailbox.take(RECHECK_MILLISECONDS);
  }
}

/**
 * A job's row as a stream. A reader that is slow gets fewer and later looks, never older ones: nothing is kept for it but
 * that there is something new.
 */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { JobId } from '../ids.js';
import type { JobRecord, JobRepository } from '../store/jobs.js';
import { follow } from './follow.js';
import type { JobChanges } from './job-changes.js';
import { Mailbox } from './mailbox.js';
import type { Changed } from './notices.js';
import { isOpen } from './settings.js';

export type JobRows = Pick<JobRepository, 'find'>;

/** A notice may get lost with a connection: the row is looked at again after this long without one. */
const RECHECK_MILLISECONDS = 15_000;

/** Many workers may end parts at once: a reader is told four times a second at most. */
const MILLISECONDS_BETWEEN = 250;

/**
 * The job as it is now, again whenever it has changed, and last when it has ended.
 *
 * @throws NOT_FOUND at the first reading
 */
export function followJob(
  jobId: JobId,
  { jobs, changes }: { readonly jobs: JobRows; readonly changes: JobChanges },
): AsyncIterableIterator<JobRecord> {
  return follow(jobId, changes, new Mailbox<Changed>(({ type }) => type), (mailbox) => readJob(jobId, jobs, mailbox));
}

async function* readJob(jobId: JobId, jobs: JobRows, mailbox: Mailbox<Changed>): AsyncGenerator<JobRecord, undefined> {
  let last = '';
  while (!mailbox.closed) {
    const job = await jobs.find(jobId);
    if (!job) throw new EkphrasisError(ErrorCode.NotFound, `There is no job ${jobId}.`);
    const looks = [job.state, job.done, job.failed, job.total].join();
    if (looks !== last) yield job;
    last = looks;
    if (!isOpen(job.state)) return;
    await mailbox.rest(MILLISECONDS_BETWEEN);
    await mailbox.take(RECHECK_MILLISECONDS);
  }
}

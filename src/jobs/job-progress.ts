/**
 * A job's row as a stream. A reader that is slow gets fewer and later looks, never older ones: nothing is kept for it but
 * that there is something new.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { JobId } from '../ids.js';
import type { JobRecord, JobRepository } from '../store/jobs.js';
import { Bell } from './bell.js';
import { endable } from './endable.js';
import type { JobChanges } from './job-changes.js';
import { isOpen } from './settings.js';

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
  { jobs, changes }: { readonly jobs: Pick<JobRepository, 'find'>; readonly changes: JobChanges },
): AsyncIterableIterator<JobRecord> {
  const bell = new Bell();
  const reader = new AbortController();
  const records = readJob(jobId, jobs, changes, bell, reader.signal);
  return endable(records, () => {
    reader.abort();
    bell.ring();
  });
}

async function* readJob(
  jobId: JobId,
  jobs: Pick<JobRepository, 'find'>,
  changes: JobChanges,
  bell: Bell,
  reader: AbortSignal,
): AsyncGenerator<JobRecord, undefined> {
  const unsubscribe = changes.subscribe(jobId, () => {
    bell.ring();
  });
  try {
    let last = '';
    while (!reader.aborted) {
      const { heard } = bell;
      const job = await jobs.find(jobId);
      if (!job) throw new EkphrasisError(ErrorCode.NotFound, `There is no job ${jobId}.`);
      const looks = [job.state, job.done, job.failed, job.total].join();
      if (looks !== last) yield job;
      last = looks;
      if (!isOpen(job.state)) return;
      await bell.wait(heard, RECHECK_MILLISECONDS);
      await wait(MILLISECONDS_BETWEEN, undefined, { signal: reader }).catch(() => undefined);
    }
  } finally {
    unsubscribe();
  }
}

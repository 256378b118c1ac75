/** How fast a job goes. */
import type { JobRecord } from '../store/jobs.js';

/** Photos done in a second since the job was begun, up to now or to its end; undefined before. */
export function photosPerSecond({
  done,
  startedAt,
  finishedAt,
}: Pick<JobRecord, 'done' | 'startedAt' | 'finishedAt'>): number | undefined {
  if (startedAt === null) return undefined;
  const seconds = ((finishedAt ?? new Date()).getTime() - startedAt.getTime()) / 1000;
  return seconds > 0 ? done / seconds : undefined;
}

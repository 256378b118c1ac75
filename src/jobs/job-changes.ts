/** What processes tell each other of jobs over the collection: that a job's row has changed. */
import type { JobId } from '../ids.js';
import { changed, type Changed, type Channels, Notices } from './notices.js';

const CHANNEL = 'ekphrasis_jobs';

export type JobChanges = Notices<JobId, Changed>;

export function openJobChanges(channels: Channels): Promise<JobChanges> {
  return Notices.open(channels, CHANNEL, changed);
}

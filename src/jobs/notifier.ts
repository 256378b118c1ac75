/** What processes tell each other of jobs over the collection: that a job's row has changed. */
import type { JobId } from '../ids.js';
import { changed, type Changed, type Channels, Notifier } from '../queue/notifier.js';

const CHANNEL = 'ekphrasis_jobs';

export type JobNotifier = Notifier<JobId, Changed>;

export function openJobNotifier(channels: Channels): Promise<JobNotifier> {
  return Notifier.open(channels, CHANNEL, changed);
}

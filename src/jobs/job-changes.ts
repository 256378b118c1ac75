/** What processes tell each other of jobs over the collection, over LISTEN and NOTIFY: that a job's row has changed. */
import { EventEmitter } from 'node:events';
import type { JobId } from '../ids.js';
import type { Store } from '../store/store.js';

const CHANNEL = 'ekphrasis_jobs';

/** Of a job that goes on not more often than this: each notice has every reader look at the row. */
const MILLISECONDS_BETWEEN = 250;

export class JobChanges {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly lastTold = new Map<JobId, number>();
  private stopListening: (() => Promise<void>) | undefined;

  private constructor(private readonly channels: Pick<Store, 'listen' | 'notify'>) {}

  static async open(channels: Pick<Store, 'listen' | 'notify'>): Promise<JobChanges> {
    const changes = new JobChanges(channels);
    changes.stopListening = await channels.listen(CHANNEL, (jobId) => changes.emitter.emit(jobId));
    return changes;
  }

  /** Tells every process, this one as well, that a job's state has changed. */
  async tell(jobId: JobId): Promise<void> {
    this.lastTold.delete(jobId);
    await this.channels.notify(CHANNEL, jobId);
  }

  /** Tells that a job has gone on; soon after the last time it tells nothing, for more is to come. */
  async tellProgress(jobId: JobId): Promise<void> {
    const now = performance.now();
    if (now - (this.lastTold.get(jobId) ?? -Infinity) < MILLISECONDS_BETWEEN) return;
    this.lastTold.set(jobId, now);
    await this.channels.notify(CHANNEL, jobId);
  }

  /** @returns a function that ends the subscription */
  subscribe(jobId: JobId, listener: () => void): () => void {
    this.emitter.on(jobId, listener);
    return () => this.emitter.off(jobId, listener);
  }

  async close(): Promise<void> {
    await this.stopListening?.();
    this.emitter.removeAllListeners();
  }
}

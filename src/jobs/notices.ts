/** What servers tell each other of running jobs, over the database's LISTEN and NOTIFY. */
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import type { TrainingJobId } from '../ids.js';
import type { Store } from '../store/store.js';

export type Channels = Pick<Store, 'notify' | 'listen'>;

const CHANNEL = 'ekphrasis_training';

/** PostgreSQL refuses payloads of 8,000 bytes and more; a sample's caption is the only text without an end of its own. */
const LONGEST_TEXT = 1000;

const text = z.string().transform((value) => value.slice(0, LONGEST_TEXT));

/** What happens between epochs, of interest only while it happens. */
const liveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('preparing'), done: z.number(), total: z.number() }),
  z.object({
    type: z.literal('started'),
    parameters: z.number(),
    images: z.number(),
    captions: z.number(),
    vocabularySize: z.number(),
    stepsPerEpoch: z.number(),
    epochs: z.number(),
    engine: z.string(),
    device: z.string(),
    explanation: text.default(''),
  }),
  z.object({
    type: z.literal('step'),
    step: z.number(),
    epoch: z.number(),
    loss: z.number(),
    learningRate: z.number(),
    imagesPerSecond: z.number(),
    secondsLeft: z.number(),
  }),
  z.object({ type: z.literal('sample'), epoch: z.number(), image: text, caption: text }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** Something of a job has changed in its rows, which are to be read again. */
const changed = z.object({ type: z.literal('changed') });

const notice = z.object({
  jobId: z.string().transform((id) => id as TrainingJobId),
  event: z.union([liveEvent, changed]),
});
export type JobNotice = z.infer<typeof notice>['event'];

export class JobNotices {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private stopListening: (() => Promise<void>) | undefined;

  private constructor(private readonly channels: Channels) {}

  static async open(channels: Channels): Promise<JobNotices> {
    const notices = new JobNotices(channels);
    notices.stopListening = await channels.listen(CHANNEL, (payload) => {
      notices.receive(payload);
    });
    return notices;
  }

  /** Tells every server, this one as well. */
  async tell(jobId: TrainingJobId, event: JobNotice): Promise<void> {
    await this.channels.notify(CHANNEL, JSON.stringify(notice.parse({ jobId, event })));
  }

  /** @returns a function that ends the subscription */
  subscribe(jobId: TrainingJobId, listener: (event: JobNotice) => void): () => void {
    this.emitter.on(jobId, listener);
    return () => this.emitter.off(jobId, listener);
  }

  async close(): Promise<void> {
    await this.stopListening?.();
    this.emitter.removeAllListeners();
  }

  /** Notices of a newer program are none of ours. */
  private receive(payload: string): void {
    const parsed = notice.safeParse(JSON.parse(payload));
    if (parsed.success) this.emitter.emit(parsed.data.jobId, parsed.data.event);
  }
}

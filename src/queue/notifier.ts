/** What processes tell each other of jobs, over the database's LISTEN and NOTIFY. */
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { parseJson } from '../files/json.js';
import type { Store } from '../store/store.js';

export type Channels = Pick<Store, 'notify' | 'listen'>;

/** Something of a job has changed in its rows, which are to be read again. */
export const changed = z.object({ type: z.literal('changed') });
export type Changed = z.infer<typeof changed>;
export const CHANGED: Changed = { type: 'changed' };

/** A notice may get lost with a connection: readers look at the rows again after this long without one. */
export const RECHECK_MILLISECONDS = 15_000;

/** Of a job that goes on not more often than this: each notice has every reader look at the row. */
const MILLISECONDS_BETWEEN = 250;

export class Notifier<Id extends string, Notice> {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly lastTold = new Map<Id, number>();
  private stopListening: (() => Promise<void>) | undefined;

  private constructor(
    private readonly channels: Channels,
    private readonly channel: string,
    private readonly notice: z.ZodType<Notice>,
  ) {}

  /**
   * Hears a channel from now on.
   *
   * @param notice what is told there; as JSON, with the job's id, under 8,000 bytes
   */
  static async open<Id extends string, Notice>(
    channels: Channels,
    channel: string,
    notice: z.ZodType<Notice>,
  ): Promise<Notifier<Id, Notice>> {
    const notifier = new Notifier<Id, Notice>(channels, channel, notice);
    notifier.stopListening = await channels.listen(channel, (payload) => {
      notifier.receive(payload);
    });
    return notifier;
  }

  /** Tells every process, this one as well. */
  async tell(jobId: Id, event: Notice): Promise<void> {
    this.lastTold.delete(jobId);
    await this.send(jobId, event);
  }

  /** The same, unless the job was told of in this way a moment ago: more is to come. */
  async tellInPassing(jobId: Id, event: Notice): Promise<void> {
    const now = performance.now();
    if (now - (this.lastTold.get(jobId) ?? -Infinity) < MILLISECONDS_BETWEEN) return;
    this.lastTold.set(jobId, now);
    await this.send(jobId, event);
  }

  /** @returns a function that ends the subscription */
  subscribe(jobId: Id, listener: (event: Notice) => void): () => void {
    this.emitter.on(jobId, listener);
    return () => this.emitter.off(jobId, listener);
  }

  async close(): Promise<void> {
    await this.stopListening?.();
    this.emitter.removeAllListeners();
  }

  private async send(jobId: Id, event: Notice): Promise<void> {
    await this.channels.notify(this.channel, JSON.stringify({ jobId, event: this.notice.parse(event) }));
  }

  /** Notices of a newer or an older program are none of ours. */
  private receive(payload: string): void {
    const { data: envelope } = envelopeSchema.safeParse(parseJson(payload));
    const { data: event } = this.notice.safeParse(envelope?.event);
    if (envelope && event !== undefined) this.emitter.emit(envelope.jobId, event);
  }
}

const envelopeSchema = z.object({ jobId: z.string(), event: z.unknown() });

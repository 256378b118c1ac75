/** Has what is due sent: looks when an event is told of, when a message is to be sent again, and every now and then. */
import type { WebhookId } from '../ids.js';
import type { JobQueue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import { WEBHOOK_QUEUE } from './queue.js';

/** What triggers tell on. */
export const WEBHOOK_CHANNEL = 'ekphrasis_webhooks';

/** Between two looks: what is told of meanwhile is gathered. */
const LEAST_MILLISECONDS = 1000;
/** A notice may get lost with a connection. */
const MOST_MILLISECONDS = 60_000;

const HOUR = 3_600_000;
/** How long it is remembered what was sent, and what waits. */
const KEPT_MILLISECONDS = 14 * 24 * HOUR;

export interface WatchOptions {
  readonly store: Pick<Store, 'webhookDeliveries' | 'listen'>;
  readonly queue: Pick<JobQueue, 'send'>;
  readonly onError: (error: unknown) => void;
}

export class WebhookWatch {
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => Promise<void>) | undefined;
  private lastLook = -Infinity;
  private nextLook = Infinity;
  private lastSweep = -Infinity;
  private looking: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: WatchOptions) {}

  async open(): Promise<void> {
    this.stopListening = await this.options.store.listen(WEBHOOK_CHANNEL, () => {
      this.lookSoon();
    });
    this.lookSoon();
  }

  /** At once, or when the last look is a while ago. */
  lookSoon(): void {
    this.lookIn(0);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.stopListening?.();
    await this.looking;
  }

  private lookIn(milliseconds: number): void {
    const now = performance.now();
    const at = Math.max(now + Math.min(milliseconds, MOST_MILLISECONDS), this.lastLook + LEAST_MILLISECONDS);
    if (this.closed || this.nextLook <= at) return;
    this.nextLook = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.lastLook = performance.now();
      this.nextLook = Infinity;
      this.looking = this.look().catch(this.options.onError);
    }, at - now).unref();
  }

  private async look(): Promise<void> {
    const { store, queue } = this.options;
    let next: number | undefined;
    try {
      const due = await store.webhookDeliveries.dueWebhooks();
      if (due.length > 0) await queue.send(WEBHOOK_QUEUE, due.map(entryOf));
      await this.sweep();
      next = await store.webhookDeliveries.untilNext();
    } finally {
      this.lookIn(next ?? MOST_MILLISECONDS);
    }
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.lastSweep < HOUR) return;
    this.lastSweep = performance.now();
    await this.options.store.webhookDeliveries.removeOlder(new Date(Date.now() - KEPT_MILLISECONDS));
  }
}

const entryOf = (id: WebhookId) => ({ jobId: id });

/**
 * Counts how often sites ask for photos' texts: in memory, and from time to time in the database. It is a statistic: what
 * cannot be written, as on a full disk, waits, and is forgotten beyond a bound or with a process that is killed.
 */
import type { ImageId } from '../ids.js';
import type { AltTextQueue } from '../store/alt-text-queue.js';

/** Between two writes, in milliseconds. */
const PERIOD = 10_000;
/** Photos whose counts wait at most. */
const MOST_WAITING = 20_000;
/** Photos in one statement. */
const AT_ONCE = 1000;

export class AltTextViewCounter {
  private waiting = new Map<ImageId, number>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private failed = false;

  /** @param onError told once, until writing works again */
  constructor(
    private readonly queue: Pick<AltTextQueue, 'addViews'>,
    private readonly onError: (error: unknown) => void,
    private readonly period = PERIOD,
  ) {}

  /** Somebody has asked. */
  count(imageId: ImageId): void {
    this.add(imageId, 1);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, this.period).unref();
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.flush();
  }

  private async write(): Promise<void> {
    const views = [...this.waiting].map(([imageId, count]) => ({ imageId, count }));
    this.waiting = new Map();
    for (let start = 0; start < views.length; start += AT_ONCE) {
      try {
        await this.queue.addViews(views.slice(start, start + AT_ONCE));
        this.failed = false;
      } catch (error) {
        for (const { imageId, count } of views.slice(start)) this.add(imageId, count);
        if (!this.failed) this.onError(error);
        this.failed = true;
        return;
      }
    }
  }

  private add(imageId: ImageId, count: number): void {
    const known = this.waiting.get(imageId);
    if (known !== undefined || this.waiting.size < MOST_WAITING) this.waiting.set(imageId, (known ?? 0) + count);
  }
}

/**
 * What waits for a reader: of each kind only the newest, so that a slow reader takes no more memory than a quick one.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { WakeUp } from './wake-up.js';

export class Mailbox<T> {
  private readonly waiting = new Map<string, T>();
  private readonly wakeUp = new WakeUp();
  private readonly closing = new AbortController();

  /** @param kindOf what replaces what: of one kind at most one item waits, where the first of it stood */
  constructor(private readonly kindOf: (item: T) => string) {}

  put(item: T): void {
    this.waiting.set(this.kindOf(item), item);
    this.wakeUp.signal();
  }

  /** The next item; undefined when none came within the given time, or when the mailbox was closed. */
  async take(milliseconds: number): Promise<T | undefined> {
    if (this.waiting.size === 0 && !this.closed) await this.wakeUp.wait(this.wakeUp.signals, milliseconds);
    for (const [kind, item] of this.waiting) {
      this.waiting.delete(kind);
      return item;
    }
    return undefined;
  }

  /** Lets the reader rest, whatever comes, unless the mailbox is closed. */
  async rest(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  /** Ends the waiting of the reader, who has no more to come for. */
  close(): void {
    this.closing.abort();
    this.wakeUp.signal();
  }

  get closed(): boolean {
    return this.closing.signal.aborted;
  }
}

/** A queue between those who tell and the one who reads: what is put in is read in order, by waiting where it is empty. */
export class Mailbox<T> {
  private readonly waiting: T[] = [];
  private wake: (() => void) | undefined;

  put(item: T): void {
    this.waiting.push(item);
    this.wakeReader();
  }

  /** The next item; undefined when none came within the given time, or when the reader was woken for another reason. */
  async take(milliseconds: number): Promise<T | undefined> {
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    return this.waiting.shift();
  }

  /** Ends the waiting of the reader, if it waits. */
  wakeReader(): void {
    this.wake?.();
  }
}

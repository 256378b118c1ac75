/** Wakes those who wait for something to do. Who was busy at a signal does not wait the next time. */
export class WakeUp {
  private count = 0;
  private readonly waiting = new Set<() => void>();

  signal(): void {
    this.count += 1;
    for (const wake of this.waiting) wake();
  }

  /** Signals so far: what to hand to `wait`, read before one looks for something to do. */
  get signals(): number {
    return this.count;
  }

  /** Waits for a signal, unless there has been one since `signals` was read, or until the time is over. */
  async wait(signals: number, milliseconds: number): Promise<void> {
    if (signals !== this.count) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.waiting.add(wake);
    });
  }
}

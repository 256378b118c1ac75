/** Wakes those who wait for something to do. Who was busy while it rang does not wait the next time. */
export class Bell {
  private rings = 0;
  private readonly waiting = new Set<() => void>();

  ring(): void {
    this.rings += 1;
    for (const wake of this.waiting) wake();
  }

  /** What to hand to `wait`, noted before one looks for something to do. */
  get heard(): number {
    return this.rings;
  }

  /** Waits until it rings, if it has not since `heard`, or until the time is over. */
  async wait(heard: number, milliseconds: number): Promise<void> {
    if (heard !== this.rings) return;
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

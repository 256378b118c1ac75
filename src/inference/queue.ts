/** Work that waits, the interactive before the background, each in the order it came. */
export class WorkQueue<Work> {
  private readonly waiting = { interactive: [] as Work[], background: [] as Work[] };

  add(work: Work, priority: 'interactive' | 'background'): void {
    this.waiting[priority].push(work);
  }

  /**
   * Takes the next work and what stands right behind it, as long as it may be done together.
   *
   * @param most how many at most
   * @param together whether two may be done in one go
   */
  take(most: number, together: (first: Work, next: Work) => boolean): Work[] {
    const line = this.waiting.interactive.length > 0 ? this.waiting.interactive : this.waiting.background;
    const [first] = line;
    if (first === undefined) return [];
    const end = line.findIndex((work, index) => index > 0 && (index >= most || !together(first, work)));
    return line.splice(0, end === -1 ? line.length : end);
  }

  /** Takes everything. */
  drain(): Work[] {
    return [...this.waiting.interactive.splice(0), ...this.waiting.background.splice(0)];
  }
}

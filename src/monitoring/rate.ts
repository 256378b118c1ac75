/** How fast something goes, by what was done lately. */

/** What is further back says little of what comes. */
const WINDOW_SECONDS = 30;
/** Over less, a rate says more of buffers and first steps than of the work. */
const LEAST_SECONDS = 2;

interface Mark {
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  readonly done: number;
}

/** A rate over a sliding window: work that slows down, or was begun by others, is told as it goes now. */
export class SlidingRate {
  private readonly marks: Mark[];

  /** @param done before it begins, which is no work of its own */
  constructor(done = 0) {
    this.marks = [{ at: performance.now(), done }];
  }

  /** @param done in all */
  add(done: number): void {
    const at = performance.now();
    this.marks.push({ at, done });
    // The newest that is as old as the window stays: the rate is over the whole of it.
    while (this.marks.length > 2 && at - (this.marks[1]?.at ?? at) >= WINDOW_SECONDS * 1000) this.marks.shift();
  }

  /** Units a second; undefined before there is enough to tell by. */
  get perSecond(): number | undefined {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last) return undefined;
    const seconds = (last.at - first.at) / 1000;
    const rate = (last.done - first.done) / seconds;
    return seconds >= LEAST_SECONDS && rate > 0 ? rate : undefined;
  }

  /** @returns undefined before there is enough to tell by */
  secondsFor(rest: number): number | undefined {
    if (rest <= 0) return 0;
    const rate = this.perSecond;
    return rate === undefined ? undefined : rest / rate;
  }
}

/** Random choices that a seed repeats. */
import { RandomStream } from '../../src/training/random.js';

export class Choice {
  private readonly random: RandomStream;

  constructor(...purpose: readonly (number | string)[]) {
    this.random = new RandomStream(...purpose);
  }

  /** True so often of 1. */
  chance(share: number): boolean {
    return this.random.uniform() < share;
  }

  /** A whole number in [0, end). */
  below(end: number): number {
    return Math.floor(this.random.uniform() * end);
  }

  of<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('nothing to choose from');
    return values[this.below(values.length)] as T;
  }
}

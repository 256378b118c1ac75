/**
 * The exponential moving average of the parameters over the steps (Polyak & Juditsky 1992, "Acceleration of stochastic
 * approximation by averaging"): what is validated and kept. Each step's noise is gone from it, so that an epoch's
 * scores are those of the epoch and not of its last batches.
 */
import type { ParameterValues } from './engines/engine.js';

export class ParameterAverage {
  private constructor(
    /** Each parameter's average, overwritten by later steps. */
    readonly parameters: ParameterValues,
    private readonly decay: number,
  ) {}

  /**
   * @param values the average so far, or the starting parameters; copied
   * @param decay what a step leaves of the average, 0..1; with 0 the average is the last step's parameters
   */
  static from(values: ParameterValues, decay: number): ParameterAverage {
    return new ParameterAverage(new Map([...values].map(([name, numbers]) => [name, numbers.slice()])), decay);
  }

  /**
   * Takes in the parameters after a step. The first steps count alike, so that the starting values leave no trace.
   *
   * @param step counted from 1 over the whole training
   */
  add(values: ParameterValues, step: number): void {
    const share = Math.max(1 - this.decay, 1 / step);
    for (const [name, parameter] of values) {
      const average = this.parameters.get(name);
      if (average?.length !== parameter.length) throw new RangeError(`there is no average of ${name}`);
      for (let index = 0; index < average.length; index++) {
        const before = average[index] ?? 0;
        average[index] = before + share * ((parameter[index] ?? 0) - before);
      }
    }
  }
}

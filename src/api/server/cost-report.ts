/** `extensions.cost` of an answer: what the operation cost, and what else may be asked for. */
import type { AllowanceLeft } from './allowances.js';
import { MAXIMUM_COST } from './limits.js';

export class CostReport {
  /** What is left to the client in this minute; undefined where any number is served, and where it was not asked. */
  allowance: AllowanceLeft | undefined;

  /** @param requested in tenths of a millisecond of a processor, reckoned before the operation ran */
  constructor(private readonly requested: number) {}

  toJSON() {
    const { requested, allowance } = this;
    return { requested, limit: MAXIMUM_COST, ...(allowance && { perMinute: allowance }) };
  }
}

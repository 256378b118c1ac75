/** How an error that tells a code passes through Prisma. */
import type { EkphrasisError } from '../errors.js';

/**
 * Brings an error through Prisma, which makes one of its own of whatever has a code. `createClient` takes it out again.
 */
export class CarriedFailure extends Error {
  constructor(readonly failure: EkphrasisError) {
    super(failure.message, { cause: failure });
  }
}

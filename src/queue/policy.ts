import { EkphrasisError, ErrorCode } from '../errors.js';

/** How entries of a queue are treated. */
export interface QueuePolicy {
  /** Tries after the first, since the work last got further. */
  readonly retries: number;
  /**
   * The same of work that has not got anywhere yet, where nothing is known to be wrong with it but that its workers are
   * lost. At least `retries`.
   */
  readonly retriesOfLost: number;
  /** A job waits once, however often it is sent. Entries of other kinds have ids of their own. */
  readonly oncePerJob: boolean;
  /** What fails for good is kept in the dead-letter queue. */
  readonly deadLetters: boolean;
}

/** Errors that another try does not mend. A wrong encoder is none of them: another worker may have the right one. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.BadInput,
  ErrorCode.NotFound,
  ErrorCode.NoModel,
  ErrorCode.InvalidImage,
  ErrorCode.ImageTooLarge,
  ErrorCode.InvalidDataset,
  ErrorCode.LibraryUnavailable,
  ErrorCode.Conflict,
]);

export function isPermanent(error: unknown): boolean {
  return error instanceof EkphrasisError && PERMANENT.has(error.code);
}

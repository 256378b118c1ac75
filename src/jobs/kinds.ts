/** The kinds of work, each with a queue of its own. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { JobKind } from '../store/jobs.js';

export type WorkKind = JobKind | 'train';

/** How entries of a kind are treated. */
export interface QueuePolicy {
  /** Tries after the first. */
  readonly retries: number;
  /** A job waits once, however often it is sent. Entries of other kinds have ids of their own. */
  readonly oncePerJob: boolean;
  /** What fails for good is kept in the dead-letter queue. */
  readonly deadLetters: boolean;
}

const RETRIED: QueuePolicy = { retries: 4, oncePerJob: false, deadLetters: true };

export const QUEUES: Readonly<Record<WorkKind, QueuePolicy>> = {
  // A training's own row says how it fares and whether it is taken up again: nothing of it would be found among dead letters.
  train: { retries: 0, oncePerJob: true, deadLetters: false },
  import: RETRIED,
  embed: RETRIED,
  caption: RETRIED,
  evaluate: RETRIED,
  reindex: RETRIED,
};

export const WORK_KINDS = Object.keys(QUEUES) as readonly WorkKind[];

/** Errors that another try does not mend. A wrong encoder is none of them: another worker may have the right one. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.BadInput,
  ErrorCode.NotFound,
  ErrorCode.NoModel,
  ErrorCode.InvalidImage,
  ErrorCode.ImageTooLarge,
  ErrorCode.InvalidDataset,
  ErrorCode.Conflict,
]);

export function isPermanent(error: unknown): boolean {
  return error instanceof EkphrasisError && PERMANENT.has(error.code);
}

/** The queues: one of each kind of job over the collection, and one of trainings. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { JOB_KINDS } from './kinds/all.js';

/** How entries of a queue are treated. */
export interface QueuePolicy {
  /** Tries after the first. */
  readonly retries: number;
  /** A job waits once, however often it is sent. Entries of other kinds have ids of their own. */
  readonly oncePerJob: boolean;
  /** What fails for good is kept in the dead-letter queue. */
  readonly deadLetters: boolean;
}

export const TRAINING_QUEUE = 'train';

/** By their names. */
export const QUEUES: ReadonlyMap<string, QueuePolicy> = new Map<string, QueuePolicy>([
  // A training's own row says how it fares and whether it is taken up again: nothing of it would be found among dead letters.
  [TRAINING_QUEUE, { retries: 0, oncePerJob: true, deadLetters: false }],
  ...JOB_KINDS.map(({ kind, policy: { retries } }) => [kind, { retries, oncePerJob: false, deadLetters: true }] as const),
]);

export const QUEUE_NAMES: readonly string[] = [...QUEUES.keys()];

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

/** The queues: one of each kind of job over the collection, and one of trainings. */
import { JOB_KINDS } from './jobs/kinds/all.js';
import type { QueuePolicy } from './queue/policy.js';
import { TRAINING_POLICY, TRAINING_QUEUE } from './trainings/queue.js';

/** By their names. */
export const QUEUES: ReadonlyMap<string, QueuePolicy> = new Map<string, QueuePolicy>([
  [TRAINING_QUEUE, TRAINING_POLICY],
  ...JOB_KINDS.map(
    ({ kind, policy: { retries, retriesOfLost = retries } }) =>
      [kind, { retries, retriesOfLost, oncePerJob: false, deadLetters: true }] as const,
  ),
]);

export const QUEUE_NAMES: readonly string[] = [...QUEUES.keys()];

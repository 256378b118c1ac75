/** The queues: one of each kind of job over the collection, one of trainings, and one of webhooks. */
import { JOB_KINDS } from './jobs/kinds/all.js';
import type { QueuePolicy } from './queue/policy.js';
import { TRAINING_POLICY, TRAINING_QUEUE } from './trainings/queue.js';
import { WEBHOOK_POLICY, WEBHOOK_QUEUE } from './webhooks/queue.js';

/** By their names. */
export const QUEUES: ReadonlyMap<string, QueuePolicy> = new Map<string, QueuePolicy>([
  [TRAINING_QUEUE, TRAINING_POLICY],
  ...JOB_KINDS.map(
    ({ kind, policy: { retries, retriesOfLost = retries } }) =>
      [kind, { retries, retriesOfLost, oncePerJob: false, deadLetters: true }] as const,
  ),
  [WEBHOOK_QUEUE, WEBHOOK_POLICY],
]);

export const QUEUE_NAMES: readonly string[] = [...QUEUES.keys()];

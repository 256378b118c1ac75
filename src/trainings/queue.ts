/**
 * The queue of trainings. It decides who trains what and when; how a training fares is told by its TrainingJob row
 * alone.
 */
import type { TrainingJobId } from '../ids.js';
import type { JobQueue } from '../queue/queue.js';
import type { QueuePolicy } from '../queue/policy.js';

export const TRAINING_QUEUE = 'train';

/**
 * A training's own row says how it fares and whether it is taken up again: nothing of it would be found among dead
 * letters.
 */
export const TRAINING_POLICY: QueuePolicy = {
  retries: 0,
  retriesOfLost: 0,
  oncePerJob: true,
  deadLetters: false,
};

export interface TrainingQueue {
  /** Puts a training at the end of the queue, unless it waits there already. */
  send(jobId: TrainingJobId): Promise<void>;
  /** Handles trainings, one at a time. `handler` must not throw: it owns what becomes of the training. */
  work(handler: (jobId: TrainingJobId) => Promise<void>): Promise<void>;
  /** Stops taking up trainings and waits for the one that runs; the caller makes that one end. */
  close(): Promise<void>;
}

export function trainingQueue(queue: JobQueue): TrainingQueue {
  return {
    send: (jobId) => queue.send(TRAINING_QUEUE, [{ jobId }]),
    work: (handler) =>
      queue.work(TRAINING_QUEUE, 1, {
        handle: ({ jobId }) => handler(jobId as TrainingJobId),
        failed: () => Promise.resolve(),
      }),
    close: () => queue.stop(TRAINING_QUEUE),
  };
}

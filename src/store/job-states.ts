import type { JobState } from './jobs.js';
import type { TrainingState } from './training-jobs.js';

/** Whether a job in this state, a training or one over the collection, may still do something. */
export function isOpen(state: TrainingState | JobState): boolean {
  return state === 'QUEUED' || state === 'RUNNING' || state === 'PAUSED';
}

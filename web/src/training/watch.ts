/** A training as it is watched: what was told so far, over all connections. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { follow } from '../api/follow.js';
import { type Epoch, hasEnded, type Job, Progress, type ProgressEvent } from './operations.js';

export interface LiveStep {
  readonly step: number;
  readonly loss: number;
}

export interface Watched {
  readonly job: Job | undefined;
  /** In order, without gaps. */
  readonly epochs: readonly Epoch[];
  /** Since the page watches; the server does not keep them. */
  readonly steps: readonly LiveStep[];
  readonly live: boolean;
  readonly error: unknown;
}

export interface Watch {
  readonly state: ReadonlySignal<Watched>;
  readonly close: () => void;
}

const NOTHING: Watched = {
  job: undefined,
  epochs: [],
  steps: [],
  live: false,
  error: undefined,
};

/**
 * Follows a training to its end. After a lost connection or a restart of the server it goes on behind the last epoch it
 * knows.
 */
export function watch(jobId: string): Watch {
  const controller = new AbortController();
  const state = signal(NOTHING);
  const change = (part: Partial<Watched>) => {
    state.value = { ...state.value, ...part };
  };
  const following = {
    variables: () => ({ jobId, afterEpoch: state.value.epochs.at(-1)?.epoch ?? 0 }),
    onData: ({ trainingProgress }: { trainingProgress: ProgressEvent }) => {
      change(told(state.value, trainingProgress));
    },
    onLive: (live: boolean) => {
      change({ live });
    },
    isOver: () => state.value.job !== undefined && hasEnded(state.value.job.state),
  };
  follow(Progress, following, controller.signal).catch((error: unknown) => {
    change({ error });
  });
  return {
    state,
    close: () => {
      controller.abort();
    },
  };
}

function told({ job, epochs, steps }: Watched, event: ProgressEvent): Partial<Watched> {
  switch (event.__typename) {
    case 'TrainingJob':
      return { job: event };
    case 'TrainingEpoch':
      return { epochs: [...epochs, event] };
    case 'TrainingStageProgress':
      return { job: job && { ...job, currentStage: event } };
    case 'TrainingStarted':
      return { job: job && { ...job, started: event } };
    case 'TrainingStep':
      // A training that went on after a restart does the steps of its broken-off epoch again.
      return {
        job: job && { ...job, progress: event },
        steps: [...steps.filter(({ step }) => step < event.step), event],
      };
    default:
      // Samples come once more with their epoch.
      return {};
  }
}

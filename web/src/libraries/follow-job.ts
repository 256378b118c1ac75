/** A job that this page has started, followed to its end. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { follow } from '../api/follow.js';
import { type FollowedJob, JobProgress } from './operations.js';

const hasEnded = ({ state }: FollowedJob): boolean =>
  state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';

export interface Following {
  /** The job as it was told last; undefined before and after. */
  readonly job: Signal<FollowedJob | undefined>;
  /** Why it cannot be followed. */
  readonly error: Signal<unknown>;
  readonly start: (jobId: string) => void;
}

/** @param onEnd told once of each job that has ended */
export function useJob(onEnd: (job: FollowedJob) => void): Following {
  const job = useSignal<FollowedJob | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const controller = useRef(new AbortController());
  useEffect(
    () => () => {
      controller.current.abort();
    },
    [],
  );
  const start = (jobId: string) => {
    controller.current.abort();
    controller.current = new AbortController();
    error.value = undefined;
    let last: FollowedJob | undefined;
    const following = {
      variables: () => ({ jobId }),
      onData: ({ jobProgress }: { jobProgress: FollowedJob }) => {
        last = job.value = jobProgress;
      },
      onLive: () => undefined,
      isOver: () => last !== undefined && hasEnded(last),
    };
    follow(JobProgress, following, controller.current.signal).then(
      () => {
        job.value = undefined;
        if (last && hasEnded(last)) onEnd(last);
      },
      (failure: unknown) => {
        job.value = undefined;
        error.value = failure;
      },
    );
  };
  return { job, error, start };
}

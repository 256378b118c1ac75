import { type Signal, useSignal } from '@preact/signals';

export interface Action {
  /** Whether it is being done now. */
  readonly busy: Signal<boolean>;
  /** Why it was not done the last time; undefined where it was. */
  readonly error: Signal<unknown>;
  /** Does it; what it throws is kept in `error`. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

/** What a person has the server do, with what became of it. */
export function useAction(): Action {
  const busy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const run = async (work: () => Promise<void>) => {
    busy.value = true;
    error.value = undefined;
    try {
      await work();
    } catch (failure) {
      error.value = failure;
    }
    busy.value = false;
  };
  return { busy, error, run };
}

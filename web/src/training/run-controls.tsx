import { ask } from '../api/client.js';
import { may } from '../api/viewer.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { Cancel, type Job, Pause, Resume } from './operations.js';

/** @param again has the training followed anew: a failed one that is resumed has ended before */
export function RunControls({ job: { id, state }, again }: { job: Job; again: () => void }) {
  const { error, run } = useAction();
  const order = (document: typeof Cancel | typeof Pause | typeof Resume) =>
    run(async () => {
      await ask<unknown, { jobId: string }>(document, { jobId: id });
      if (state === 'FAILED') again();
    });
  const goesOn = state === 'QUEUED' || state === 'RUNNING';
  const canResume = state === 'PAUSED' || state === 'FAILED';
  if ((!goesOn && !canResume) || !may('TRAIN')) return null;
  return (
    <div class="row">
      {goesOn && (
        <button type="button" onClick={() => void order(Pause)}>
          Pause
        </button>
      )}
      {canResume && (
        <button type="button" class="main" onClick={() => void order(Resume)}>
          Resume
        </button>
      )}
      <button type="button" class="plain" onClick={() => void order(Cancel)}>
        {state === 'FAILED' ? 'Give up' : 'Cancel'}
      </button>
      <Refused error={error.value} />
    </div>
  );
}

/** Offers the model that a training left unused. */
import type { Signal } from '@preact/signals';
import { may } from '../api/viewer.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { Switched, switchTo, type UsedModel } from '../parts/use-model.js';
import type { Job } from './operations.js';

/** @param used once somebody has switched to it here */
export function UseCandidate({
  model,
  used,
}: {
  model: NonNullable<Job['model']>;
  used: Signal<UsedModel | undefined>;
}) {
  const { busy, error, run } = useAction();
  if (used.value) return <Switched used={used.value} />;
  if (model.current) return <p class="soft">It is in use now.</p>;
  if (!may('TRAIN')) return null;
  return (
    <div class="row">
      <button
        type="button"
        class="main"
        disabled={busy.value}
        onClick={() =>
          void run(async () => {
            used.value = await switchTo(model.id);
          })
        }
      >
        Use this model
      </button>
      <Refused error={error.value} />
    </div>
  );
}

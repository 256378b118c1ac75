/** Switches to a model that a training left unused, and offers to have it write for what others have written for. */
import { useSignal } from '@preact/signals';
import { ask } from '../api/client.js';
import { announce } from '../parts/announce.js';
import { plural } from '../parts/figures.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { type Job, Recaption, type UsedModel, UseModel } from './operations.js';

export function UseCandidate({ model }: { model: NonNullable<Job['model']> }) {
  const { busy, error, run } = useAction();
  const used = useSignal<UsedModel | undefined>(undefined);
  const asked = useSignal(false);
  const switchTo = () =>
    run(async () => {
      used.value = (await ask(UseModel, { modelId: model.id })).useModel;
      announce(inUse(used.value));
    });
  const recaption = () =>
    run(async () => {
      await ask(Recaption, { modelId: model.id });
      asked.value = true;
      announce('The photos are captioned again.');
    });
  if (!used.value && model.current) return <p class="soft">It is in use now.</p>;
  if (!used.value) {
    return (
      <div class="row">
        <button type="button" class="main" disabled={busy.value} onClick={() => void switchTo()}>Use this model</button>
        <Refused error={error.value} />
      </div>
    );
  }
  const { photosOnlyOfOthers } = used.value;
  return (
    <div class="row">
      <span>{inUse(used.value)}</span>
      {photosOnlyOfOthers > 0 && !asked.value && (
        <button type="button" disabled={busy.value} onClick={() => void recaption()}>
          Caption {plural(photosOnlyOfOthers, 'photo')} again that only other models have written for
        </button>
      )}
      {asked.value && <span class="soft">The photos are captioned again.</span>}
      <Refused error={error.value} />
    </div>
  );
}

function inUse({ task, name }: UsedModel): string {
  return task === 'SEARCH' ? `${name} answers searches once it has embedded every photo.` : `${name} captions from now on.`;
}

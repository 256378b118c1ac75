/** Switches to another model, and offers to have it write for what others have written for. */
import { useSignal } from '@preact/signals';
import { ask } from '../api/client.js';
import { graphql, type ResultOf } from '../api/graphql.js';
import { announce } from './announce.js';
import { plural } from './figures.js';
import { Refused } from './states.js';
import { useAction } from './use-action.js';

const UseModel = graphql(`
  mutation UseModel($modelId: ID!) {
    useModel(input: { modelId: $modelId }) {
      id
      name
      task
      photosOnlyOfOthers
    }
  }
`);
export type UsedModel = ResultOf<typeof UseModel>['useModel'];

const Recaption = graphql(`
  mutation Recaption($modelId: ID!) {
    captionCollection(input: { modelId: $modelId, onlyOfOthers: true }) {
      id
    }
  }
`);

/** @throws Refusal, Unreachable */
export async function switchTo(modelId: string): Promise<UsedModel> {
  const { useModel: used } = await ask(UseModel, { modelId });
  announce(inUse(used));
  return used;
}

/** What a person who has switched is told and asked. */
export function Switched({ used }: { used: UsedModel }) {
  const { busy, error, run } = useAction();
  const asked = useSignal(false);
  const { id, photosOnlyOfOthers } = used;
  const recaption = () =>
    run(async () => {
      await ask(Recaption, { modelId: id });
      asked.value = true;
      announce(BEGUN);
    });
  return (
    <div class="row">
      <span>{inUse(used)}</span>
      {photosOnlyOfOthers > 0 && !asked.value && (
        <button type="button" disabled={busy.value} onClick={() => void recaption()}>
          Caption {plural(photosOnlyOfOthers, 'photo')} again that only other models have written for
        </button>
      )}
      {asked.value && <span class="soft">{BEGUN}</span>}
      <Refused error={error.value} />
    </div>
  );
}

const BEGUN = 'The photos are being captioned again.';

function inUse({ task, name }: UsedModel): string {
  return task === 'SEARCH'
    ? `${name} answers searches once it has embedded every photo.`
    : `${name} captions from now on.`;
}

/** What was deleted and can be brought back. */
import { ask } from '../api/client.js';
import type { ResultOf } from '../api/graphql.js';
import { announce } from '../parts/announce.js';
import { DeleteButton } from '../parts/delete-button.js';
import { plural, when } from '../parts/figures.js';
import { Failure, Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { useAnswer } from '../parts/use-answer.js';
import { DeleteForGood, Restore, Trash } from './operations.js';

type Entry = ResultOf<typeof Trash>['trash'][number];

/** @param onRestored told when something has come back */
export function TrashList({ onRestored }: { onRestored: () => void }) {
  const { data, error, again } = useAnswer(Trash, {});
  if (error !== undefined) return <Failure error={error} again={again} />;
  if (!data || data.trash.length === 0) return null;
  return (
    <section aria-labelledby="trash">
      <h2 id="trash">Trash</h2>
      <ul role="list" class="datasets">
        {data.trash.map((entry) => (
          <li key={entry.id}>
            <Item
              entry={entry}
              onRestored={() => {
                again();
                onRestored();
              }}
              onDeleted={again}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Item({ entry, onRestored, onDeleted }: { entry: Entry; onRestored: () => void; onDeleted: () => void }) {
  const { id, name, images, captions, deletedAt, expiresAt } = entry;
  const { busy, error, run } = useAction();
  const restore = () =>
    run(async () => {
      await ask(Restore, { id });
      announce(`${name} is restored.`);
      onRestored();
    });
  return (
    <article aria-label={`Deleted: ${name}`}>
      <h3>{name}</h3>
      <p class="small soft">
        {plural(images, 'photo')} and {plural(captions, 'caption')}, deleted {when(deletedAt)}. Deleted for good{' '}
        {when(expiresAt)}.
      </p>
      <div class="row flush">
        <button
          type="button"
          class="plain"
          aria-label={`Restore ${name}`}
          disabled={busy.value}
          onClick={() => void restore()}
        >
          Restore
        </button>
        <DeleteButton
          label="Delete for good"
          name={`Delete for good: ${name}`}
          question={`Delete ${name} for good?`}
          work={async () => {
            await ask(DeleteForGood, { ids: [id] });
          }}
          onDeleted={onDeleted}
        >
          <p>It cannot be restored then.</p>
        </DeleteButton>
      </div>
      <Refused error={error.value} />
    </article>
  );
}

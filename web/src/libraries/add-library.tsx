import { useRef } from 'preact/hooks';
import { ask } from '../api/client.js';
import { announce } from '../parts/announce.js';
import { Refused } from '../parts/states.js';
import { useAction } from '../parts/use-action.js';
import { AddLibrary } from './operations.js';

/** @param onAdded told of a library that has not been scanned yet */
export function AddLibraryForm({ onAdded }: { onAdded: () => void }) {
  const path = useRef<HTMLInputElement>(null);
  const watch = useRef<HTMLInputElement>(null);
  const { busy, error, run } = useAction();
  const add = () =>
    run(async () => {
      const given = { path: path.current?.value.trim() ?? '', watch: watch.current?.checked ?? false };
      const { addLibrary: added } = await ask(AddLibrary, given);
      announce(`The library ${added.name} is added. Scan it to see its photos.`);
      if (path.current) path.current.value = '';
      onAdded();
    });
  return (
    <form
      class="rename"
      aria-label="Add a library"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label>
        <span>Folder on the server, below IMPORT_ROOT</span>
        <input ref={path} required autocomplete="off" spellcheck={false} placeholder="holidays/2024" />
      </label>
      <label class="tick">
        <input ref={watch} type="checkbox" /> Scan it when its files change
      </label>
      <button type="submit" disabled={busy.value}>
        Add library
      </button>
      <Refused error={error.value} />
    </form>
  );
}

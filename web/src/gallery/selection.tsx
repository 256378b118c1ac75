/** Photos that are chosen, to be deleted together. */
import { signal } from '@preact/signals';
import { may } from '../api/viewer.js';
import { count } from '../parts/figures.js';
import { DeletePhotos } from './delete-photos.js';

/** Their ids; undefined while nobody is choosing. */
export const selection = signal<ReadonlySet<string> | undefined>(undefined);

export function toggle(imageId: string): void {
  const after = new Set(selection.value);
  if (!after.delete(imageId)) after.add(imageId);
  selection.value = after;
}

export function SelectButton() {
  if (!may('WRITE')) return null;
  const isChoosing = selection.value !== undefined;
  return (
    <button
      type="button"
      aria-pressed={isChoosing}
      onClick={() => {
        selection.value = isChoosing ? undefined : new Set();
      }}
    >
      Select photos
    </button>
  );
}

/** What can be done with them, at the bottom of the window. */
export function SelectionBar({ onDeleted }: { onDeleted: (imageIds: ReadonlySet<string>) => void }) {
  const chosen = selection.value;
  if (!chosen) return null;
  return (
    <section class="selection-bar row" aria-label="Selected photos">
      <p role="status">
        {chosen.size === 0 ? 'Select photos by a click, or by the space bar' : `${count(chosen.size)} selected`}
      </p>
      {chosen.size > 0 && (
        <DeletePhotos
          imageIds={chosen}
          onDeleted={() => {
            selection.value = undefined;
            onDeleted(chosen);
          }}
        />
      )}
      <button
        type="button"
        onClick={() => {
          selection.value = undefined;
        }}
      >
        Cancel
      </button>
    </section>
  );
}

/** Where photos are dropped, pasted or chosen. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { acceptAnywhere, PHOTO_FILES } from '../parts/accept-photos.js';

export function DropArea({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const over = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(
    () =>
      acceptAnywhere(onFiles, (isOver) => {
        over.value = isOver;
      }),
    [onFiles, over],
  );
  return (
    <section class={over.value ? 'drop over' : 'drop'} aria-label="Add photos">
      <h1>Drop photographs here</h1>
      <p class="soft">Paste them, or choose several at once. They stay on your server.</p>
      <input
        ref={input}
        id="files"
        class="unseen"
        type="file"
        accept={PHOTO_FILES}
        multiple
        tabIndex={-1}
        aria-label="Photos"
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // So that the same file can be chosen again.
          currentTarget.value = '';
        }}
      />
      <button type="button" class="main" onClick={() => input.current?.click()}>
        Choose photos
      </button>
    </section>
  );
}

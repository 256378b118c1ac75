/** Where photos are dropped, pasted or chosen. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export function DropArea({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const over = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => acceptAnywhere(onFiles, (isOver) => { over.value = isOver; }), [onFiles, over]);
  return (
    <section class={over.value ? 'drop over' : 'drop'} aria-label="Add photos">
      <h1>Drop photographs here</h1>
      <p class="soft">Paste them, or choose several at once. They stay on your server.</p>
      <input
        ref={input}
        id="files"
        class="unseen"
        type="file"
        accept="image/*"
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

/** The whole window takes photos: a drop that misses would otherwise leave the page for the photo. */
function acceptAnywhere(onFiles: (files: readonly File[]) => void, onOver: (over: boolean) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    onOver(true);
  }, { signal });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) onOver(false);
  }, { signal });
  addEventListener('drop', (event) => {
    onOver(false);
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  }, { signal });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  }, { signal });
  return () => { controller.abort(); };
}

/** A button that deletes, once a dialog has said what goes with it and what stays. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Refused } from './states.js';
import { useAction } from './use-action.js';

interface DeleteButtonProps {
  /** What is done, such as "Delete photo". */
  readonly label: string;
  /** What screen readers say, where several buttons of a view have the same label. */
  readonly name?: string;
  /** Such as "Delete this photo?" */
  readonly question: string;
  /** Deletes; what it throws is shown in the dialog. */
  readonly work: () => Promise<void>;
  /** Once it is deleted and the dialog closed. */
  readonly onDeleted: () => void;
  /** What goes and what stays; made when the dialog opens. */
  readonly children: ComponentChildren;
}

export function DeleteButton(props: DeleteButtonProps) {
  const isOpen = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="plain"
        aria-label={props.name}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        {props.label}
      </button>
      {isOpen.value && (
        <Confirmation
          {...props}
          close={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}

function Confirmation({
  label,
  question,
  work,
  onDeleted,
  children,
  close,
}: DeleteButtonProps & { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const { busy, error, run } = useAction();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const remove = () =>
    run(async () => {
      await work();
      // First, so that the focus goes back to where it was before that goes as well.
      dialog.current?.close();
      onDeleted();
    });
  return (
    <dialog
      ref={dialog}
      class="confirmation"
      aria-labelledby={heading}
      onClose={close}
      onCancel={(event) => {
        if (busy.value) event.preventDefault();
      }}
      // Or the arrows would lead to the next photo below.
      onKeyDown={(event) => {
        event.stopPropagation();
      }}
    >
      <h2 id={heading}>{question}</h2>
      {children}
      <Refused error={error.value} />
      <div class="row">
        <button type="button" autoFocus disabled={busy.value} onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={busy.value} onClick={() => void remove()}>
          {busy.value ? 'Deleting' : label}
        </button>
      </div>
    </dialog>
  );
}

/** After the button that had the focus is gone with what was deleted. */
export function focusMain(): void {
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

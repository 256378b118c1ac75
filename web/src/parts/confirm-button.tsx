/** A button that does something once a dialog has said what that means. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from './dialog.js';
import { Refused } from './states.js';
import { useAction } from './use-action.js';

export interface ConfirmButtonProps {
  /** What is done, such as "Delete photo". */
  readonly label: string;
  /** What screen readers say, where several buttons of a view have the same label. */
  readonly name?: string;
  /** Such as "Delete this photo?" */
  readonly question: string;
  /** What the button says meanwhile, such as "Deleting". */
  readonly doing: string;
  /** Whether something is lost by it. */
  readonly danger?: boolean;
  /** Does it; what it throws is shown in the dialog. */
  readonly work: () => Promise<void>;
  /** Once it is done and the dialog closed. */
  readonly onDone: () => void;
  /** What it means; made when the dialog opens. */
  readonly children: ComponentChildren;
}

export function ConfirmButton(props: ConfirmButtonProps) {
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
  doing,
  danger = false,
  work,
  onDone,
  children,
  close,
}: ConfirmButtonProps & { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { busy, error, run } = useAction();
  const confirm = () =>
    run(async () => {
      await work();
      // First, so that the focus goes back to where it was before that goes as well.
      dialog.current?.close();
      onDone();
    });
  return (
    <Dialog dialog={dialog} question={question} busy={busy.value} onClose={close}>
      {children}
      <Refused error={error.value} />
      <div class="row">
        <button type="button" autoFocus disabled={busy.value} onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class={danger ? 'danger' : 'main'} disabled={busy.value} onClick={() => void confirm()}>
          {busy.value ? doing : label}
        </button>
      </div>
    </Dialog>
  );
}

/** A dialog over the page that asks something before it is done. */
import type { ComponentChildren, RefObject } from 'preact';

import { useEffect, useId } from 'preact/hooks';

interface DialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  /** Its heading, such as "Delete this photo?" */
  readonly question: string;
  /** While something is being done it cannot be closed. */
  readonly busy: boolean;
  /** Once it is closed. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Opens as soon as it is there. */
export function Dialog({ dialog, question, busy, onClose, children }: DialogProps) {
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="confirmation"
      aria-labelledby={heading}
      onClose={onClose}
      onCancel={(event) => {
        if (busy) event.preventDefault();
      }}
      // Or the arrows would lead to the next photo below.
      onKeyDown={(event) => {
        event.stopPropagation();
      }}
    >
      <h2 id={heading}>{question}</h2>
      {children}
    </dialog>
  );
}

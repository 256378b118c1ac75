/** A button that deletes, once a dialog has said what goes with it and what stays. */
import { ConfirmButton, type ConfirmButtonProps } from './confirm-button.js';

type DeleteButtonProps = Omit<ConfirmButtonProps, 'doing' | 'danger' | 'onDone'> & {
  /** Once it is deleted and the dialog closed. */
  readonly onDeleted: () => void;
};

export function DeleteButton({ onDeleted, ...props }: DeleteButtonProps) {
  return <ConfirmButton {...props} doing="Deleting" danger onDone={onDeleted} />;
}

/** After the button that had the focus is gone with what was deleted. */
export function focusMain(): void {
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

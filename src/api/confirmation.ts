/** What is deleted is deleted only when its client says so. */
import { EkphrasisError, ErrorCode } from '../errors.js';

/** Options of the argument `confirm`. */
export const CONFIRM = { description: 'Must be true.' };

/** Options of the argument `forever`. */
export const FOREVER = {
  defaultValue: false,
  description: 'If true, nothing is kept in the trash. Default: it can be restored for TRASH_DAYS days (30).',
};

/** Description of the field `trashId`. */
export const TRASH_ID = 'The entry of the trash; see restoreFromTrash. Null: nothing was kept.';

/** @throws BAD_USER_INPUT */
export function checkConfirmed(confirm: boolean): void {
  if (confirm) return;
  const message = 'Nothing was deleted. Set confirm to true if that is wanted.';
  throw new EkphrasisError(ErrorCode.BadInput, message);
}

/** Files that a command writes where a person says: none that is there is replaced. */
import { access } from 'node:fs/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';

/** @throws EkphrasisError CONFLICT where there is something at the path */
export async function checkFree(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new EkphrasisError(ErrorCode.Conflict, `${path} is there already: name another file, or move it.`);
}

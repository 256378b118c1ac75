/** Whether the folder of a library is the one it was: what cannot be seen for a moment is not gone. */
import { realpath, stat } from 'node:fs/promises';
import { checkRealPath } from '../datasets/import-path.js';
import { amount } from '../datasets/problems.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { LibraryRecord } from '../store/libraries.js';

/** Of a folder at a moment. */
export interface RootState {
  readonly device: string;
  readonly inode: string;
}

const REMEDY = 'Nothing was changed. Mount its disk and scan again.';

/** @throws LIBRARY_UNAVAILABLE when it is not there, is no folder, or leads elsewhere now */
export async function stateOfRoot({ root, within }: Pick<LibraryRecord, 'root' | 'within'>): Promise<RootState> {
  const unavailable = (what: string, cause?: unknown) =>
    new EkphrasisError(ErrorCode.LibraryUnavailable, `${what} ${REMEDY}`, { cause });
  try {
    if (within !== null) await checkRealPath(root, within);
    const state = await stat(root, { bigint: true });
    if (!state.isDirectory()) throw unavailable(`${root} is no folder any more.`);
    if ((await realpath(root)) !== root) throw unavailable(`${root} leads to another folder now.`);
    return { device: String(state.dev), inode: String(state.ino) };
  } catch (cause) {
    if (cause instanceof EkphrasisError) throw cause;
    throw unavailable(`The folder ${root} is not there, or may not be read.`, cause);
  }
}

/** @throws LIBRARY_UNAVAILABLE when another folder is at its place since */
export async function checkSameRoot(library: Pick<LibraryRecord, 'root' | 'within'>, before: RootState): Promise<void> {
  const now = await stateOfRoot(library);
  if (now.device !== before.device || now.inode !== before.inode)
    throw new EkphrasisError(
      ErrorCode.LibraryUnavailable,
      `Another folder was mounted at ${library.root} during the scan. What is missing was not noted: scan again.`,
    );
}

/**
 * What a folder that is not mounted looks like: empty, or another disk that has few of the files.
 *
 * @throws LIBRARY_UNAVAILABLE
 */
export function checkContents(
  { root, device }: Pick<LibraryRecord, 'root' | 'device'>,
  state: RootState,
  { known, found, files }: { readonly known: number; readonly found: number; readonly files: number },
): void {
  if (known === 0) return;
  const ifMeant = 'If they are gone for good, scan with --accept-losses (acceptLosses: true).';
  if (files === 0)
    throw new EkphrasisError(
      ErrorCode.LibraryUnavailable,
      `There is no photo in ${root}, where there were ${amount(known, 'file')}. ${REMEDY} ${ifMeant}`,
    );
  if (device !== null && device !== state.device && found * 2 < known)
    throw new EkphrasisError(
      ErrorCode.LibraryUnavailable,
      `${root} is on another disk than at the last scan, and has ${found} of ${amount(known, 'file')}. ${REMEDY} ${ifMeant}`,
    );
}

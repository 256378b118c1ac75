/** A file that a person names by its place, which a library has: its photo is the library's, and no upload. */
import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import { ProblemList } from '../datasets/problems.js';
import { isBelow } from '../files/is-below.js';
import type { ImageId } from '../ids.js';
import type { Store } from '../store/store.js';
import { findFile } from './list-files.js';
import { removeReplaced, type ReplacedContext } from './remove-replaced.js';
import { FileTaker, isAsBefore } from './take-files.js';

export interface TakeOneContext extends ReplacedContext {
  readonly store: ReplacedContext['store'] & Pick<Store, 'libraries'>;
}

/**
 * Has the collection know a file of a library as it is now, as a scan of it alone would.
 *
 * @param path on this machine
 * @returns its photo; undefined for a file that no library has, and for one that cannot be read as a photo
 * @throws STORAGE_FAILED, PROCESS_FAILED
 */
export async function takeLibraryFile(path: string, context: TakeOneContext): Promise<ImageId | undefined> {
  const { libraries, libraryFiles } = context.store;
  const real = await realpath(path).catch(() => undefined);
  const library = real === undefined ? undefined : (await libraries.list()).find(({ root }) => isBelow(real, root));
  if (real === undefined || !library) return undefined;
  const below = relative(library.root, real);
  const file = await findFile(library, below);
  if (!file) return undefined;
  const before = await libraryFiles.find(library.id, below);
  if (before && before.imageId !== null && before.problem === null && isAsBefore(file, before)) return before.imageId;
  const taker = new FileTaker(library, context, new ProblemList());
  await context.guard.writing(() => taker.take([{ file, before }], true));
  await removeReplaced(taker.replaced, library, context);
  const now = await libraryFiles.find(library.id, below);
  return now && now.problem === null && isAsBefore(file, now) ? (now.imageId ?? undefined) : undefined;
}

/** Takes a library out of the collection, with the photos that nobody else has. Its files are not touched. */
import { removeOrphans, type RemovalContext } from '../collection/remove-dataset.js';
import { amount } from '../datasets/problems.js';
import { found } from '../errors.js';
import type { LibraryId, TrashId } from '../ids.js';
import type { LibraryFigures, LibraryRecord } from '../store/libraries.js';
import type { Store } from '../store/store.js';

export interface LibraryRemovalContext extends RemovalContext {
  readonly store: RemovalContext['store'] & Pick<Store, 'libraries' | 'libraryFiles'>;
}

/** What goes with a library. */
export interface LibraryRemoval {
  readonly library: LibraryRecord;
  readonly figures: LibraryFigures;
  /** Those of the photos that are deleted, with what models said of them. */
  readonly deletedPhotos: number;
  readonly kept: KeptPhotos;
}

/** Photos that stay, by what keeps them. */
export interface KeptPhotos {
  /** They were uploaded, and their bytes are here. */
  readonly uploaded: number;
  /** They are in a data set or another library. */
  readonly elsewhere: number;
  /** People captioned them: they are missing until the library is added again. */
  readonly captioned: number;
}

/** A sentence on each kind of photos that stay. */
export function describeKept({ uploaded, elsewhere, captioned }: KeptPhotos): string[] {
  const kinds: readonly [number, string][] = [
    [elsewhere, 'in a data set or another library'],
    [uploaded, 'uploaded, with the bytes that came'],
    [captioned, 'captioned by people, and missing until the library is added again'],
  ];
  return kinds
    .filter(([count]) => count > 0)
    .map(([count, why]) =>
      count === 1 ? `One photo stays, as it is ${why}.` : `${amount(count, 'photo')} stay, as they are ${why}.`,
    );
}

/** @throws NOT_FOUND */
export async function describeLibraryRemoval(
  id: LibraryId,
  { libraries, datasetPhotos }: LibraryRemovalContext['store'],
): Promise<LibraryRemoval> {
  const library = found(await libraries.find(id), `library ${id}`);
  const figures = found((await libraries.figures([id])).get(id), `library ${id}`);
  const { orphans, uploaded, elsewhere } = await datasetPhotos.countOrphansOfLibrary(id);
  const captioned = figures.images - orphans - uploaded - elsewhere;
  return { library, figures, deletedPhotos: orphans, kept: { uploaded, elsewhere, captioned } };
}

/**
 * Removes a library from the collection. Broken off, it is gone on with when it is done again.
 *
 * @param trash where it is kept. Default: nowhere
 * @returns what was removed
 * @throws NOT_FOUND
 */
export async function removeLibrary(
  id: LibraryId,
  context: LibraryRemovalContext,
  trash?: TrashId,
): Promise<LibraryRemoval> {
  const { libraries, libraryFiles } = context.store;
  const removal = await describeLibraryRemoval(id, context.store);
  let deletedPhotos = 0;
  for await (const imageIds of libraryFiles.photos(id)) {
    await libraryFiles.remove(id, imageIds, trash);
    deletedPhotos += await removeOrphans(imageIds, context, trash);
  }
  await libraries.delete(id, trash);
  return { ...removal, deletedPhotos };
}

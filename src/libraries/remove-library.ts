/** Takes a library out of the collection, with the photos that nobody else has. Its files are not touched. */
import { removeOrphans, type RemovalContext } from '../collection/remove-dataset.js';
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
  /**
   * Those of the photos that are deleted, with what models said of them: the others are in a data set or another library,
   * or people have uploaded or captioned them.
   */
  readonly deletedPhotos: number;
}

/** @throws NOT_FOUND */
export async function describeLibraryRemoval(
  id: LibraryId,
  { libraries, datasetPhotos }: LibraryRemovalContext['store'],
): Promise<LibraryRemoval> {
  const library = found(await libraries.find(id), `library ${id}`);
  const figures = found((await libraries.figures([id])).get(id), `library ${id}`);
  return { library, figures, deletedPhotos: await datasetPhotos.countOrphansOfLibrary(id) };
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

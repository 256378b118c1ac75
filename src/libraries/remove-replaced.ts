/** What becomes of photos whose files show others now. */
import { removeOrphans } from '../collection/remove-dataset.js';
import { amount } from '../datasets/problems.js';
import type { ImageId, TrashId } from '../ids.js';
import type { LibraryRecord } from '../store/libraries.js';
import type { Store } from '../store/store.js';
import type { TakeContext } from './take-files.js';

export interface ReplacedContext extends TakeContext {
  readonly store: TakeContext['store'] & Pick<Store, 'ratings' | 'trash'>;
}

/** They go to the trash, but for those that people said something of: these are missing. */
export async function removeReplaced(
  replaced: ReadonlySet<ImageId>,
  library: Pick<LibraryRecord, 'name'>,
  context: ReplacedContext,
): Promise<{ readonly deletedPhotos: number; readonly trash?: TrashId | undefined }> {
  const rated = await context.store.ratings.ofImages([...replaced]);
  const unrated = [...replaced].filter((id) => !rated.has(id));
  if (unrated.length === 0) return { deletedPhotos: 0 };
  return context.guard.writing(async () => {
    const name = `${amount(unrated.length, 'photo')} of the library ${library.name} whose files show others now`;
    const trash = await context.trash.open('images', name);
    const deletedPhotos = await removeOrphans(unrated, context, trash);
    if (deletedPhotos > 0 || trash === undefined) return { deletedPhotos, trash };
    await context.store.trash.empty([trash]);
    return { deletedPhotos };
  });
}

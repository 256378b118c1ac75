/** Has a data set of the collection say what its folder says, once all of its photos were looked at. */
import type { DatasetItem } from '../datasets/dataset.js';
import type { Split } from '../splits.js';
import type { ProblemList } from '../datasets/problems.js';
import type { DatasetId, ImageId, TrashId } from '../ids.js';
import type { DatasetPhoto } from '../store/dataset-photos.js';
import type { Store } from '../store/store.js';
import { removePhotos } from './remove-dataset.js';
import type { CollectionContext } from './context.js';

/** What an import changed of a data set, beside the photos it brought. */
export interface Changes {
  readonly captionsAdded: number;
  /** Corrected ones, put in place of the old. */
  readonly captionsChanged: number;
  /** Photos whose split is another now. */
  readonly splitsChanged: number;
  /** Photos that lie elsewhere in the folder, or are called otherwise, now. */
  readonly moved: number;
  /** Photos the folder has no longer. They were taken out of the data set if that was asked for. */
  readonly gonePhotos: number;
  /** Captions the folder has no longer, of photos that it has. */
  readonly goneCaptions: number;
  /** Photos that were deleted, for they were in no data set any more and nobody had uploaded or captioned them. */
  readonly deletedPhotos: number;
}

interface PlacedItem {
  readonly item: DatasetItem;
  readonly index: number;
}

/** The one whose photos are the furthest from training. */
const HELD_OUT_FIRST: readonly Split[] = ['test', 'dev', 'train'];

/**
 * What a folder says of its photos. Of files with the same bytes the first gives the path, and all give their captions.
 */
export class FolderPhotos {
  private readonly items = new Map<ImageId, PlacedItem[]>();
  private readonly leftOut = new Set<string>();

  /** @param index the file's place in the folder, which decides what is first however they come */
  add(id: ImageId, item: DatasetItem, index: number): void {
    const items = [...(this.items.get(id) ?? []), { item, index }];
    this.items.set(
      id,
      items.sort((a, b) => a.index - b.index),
    );
  }

  /** Notes a file that is there and could not be read: its photo is not gone. */
  leaveOut(path: string): void {
    this.leftOut.add(path);
  }

  has(id: ImageId): boolean {
    return this.items.has(id);
  }

  wasLeftOut(path: string): boolean {
    return this.leftOut.has(path);
  }

  photo(id: ImageId): DatasetPhoto {
    const [first, ...others] = this.items.get(id) ?? [];
    if (!first) throw new RangeError(`${id} is no photo of the folder`);
    const captions = [...first.item.captions];
    for (const { item } of others) captions.push(...item.captions.filter((text) => !captions.includes(text)));
    const splits = [first, ...others].map(({ item }) => item.split);
    return {
      imageId: id,
      path: first.item.path,
      split: HELD_OUT_FIRST.find((split) => splits.includes(split)) ?? null,
      captions,
    };
  }

  duplicates(): { readonly path: string; readonly as: string }[] {
    return [...this.items.values()].flatMap(([first, ...others]) =>
      others.map(({ item: { path } }) => ({ path, as: first?.item.path ?? '' })),
    );
  }
}

/** What becomes of a photo's captions: those of the folder, behind them those it has no longer. */
interface ComparedCaptions {
  readonly added: number;
  readonly changed: number;
  readonly gone: readonly string[];
}

/** Whatever the folder says otherwise in place of an old caption corrects it; old ones beyond that are gone. */
export function compareCaptions(stored: readonly string[], given: readonly string[]): ComparedCaptions {
  const unknown = [...given];
  const missing: string[] = [];
  for (const text of stored) {
    const place = unknown.indexOf(text);
    if (place < 0) missing.push(text);
    else unknown.splice(place, 1);
  }
  const changed = Math.min(missing.length, unknown.length);
  return { added: unknown.length - changed, changed, gone: missing.slice(changed) };
}

interface Options {
  readonly prune: boolean;
  /** Is told what is gone. */
  readonly problems: ProblemList;
}

/**
 * Writes what has changed since the photos came into the data set. What is gone is told, and removed only where that is
 * asked for.
 */
export async function reconcile(
  datasetId: DatasetId,
  photos: FolderPhotos,
  context: Pick<CollectionContext, 'regions' | 'thumbnails' | 'trash'> & {
    readonly store: Pick<Store, 'datasetPhotos' | 'images' | 'space'>;
  },
  { prune, problems }: Options,
): Promise<Changes> {
  const { datasetPhotos } = context.store;
  let trash: TrashId | undefined;
  const changes = {
    captionsAdded: 0,
    captionsChanged: 0,
    splitsChanged: 0,
    moved: 0,
    gonePhotos: 0,
    goneCaptions: 0,
    deletedPhotos: 0,
  };
  const remedy = prune ? 'removed' : 'kept; --prune (prune: true) removes them';
  for await (const page of datasetPhotos.pages(datasetId)) {
    const changed: DatasetPhoto[] = [];
    for (const stored of page.filter(({ imageId }) => photos.has(imageId))) {
      const given = photos.photo(stored.imageId);
      const { added, changed: corrected, gone } = compareCaptions(stored.captions, given.captions);
      const split = given.split ?? (prune ? null : stored.split);
      const captions = prune ? given.captions : [...given.captions, ...gone];
      changes.captionsAdded += added;
      changes.captionsChanged += corrected;
      changes.goneCaptions += gone.length;
      if (split !== stored.split) changes.splitsChanged += 1;
      if (given.path !== stored.path) changes.moved += 1;
      if (gone.length > 0)
        problems.add(
          'captions gone',
          () => `Captions of photos that the folder has no longer are ${remedy}`,
          given.path,
        );
      if (given.split === null && stored.split !== null)
        problems.add('split gone', () => `Splits of photos that the folder names no longer are ${remedy}`, given.path);
      if (split !== stored.split || given.path !== stored.path || !isSame(captions, stored.captions))
        changed.push({ ...given, split, captions });
    }
    if (changed.length > 0) await datasetPhotos.put(datasetId, changed);
    const gone = page.filter(({ imageId, path }) => !photos.has(imageId) && !photos.wasLeftOut(path));
    for (const { path } of gone)
      problems.add('photo gone', () => `Photos that the folder has no longer are ${remedy}`, path);
    changes.gonePhotos += gone.length;
    if (!prune || gone.length === 0) continue;
    const ids = gone.map(({ imageId }) => imageId);
    trash ??= await context.trash.open('images', 'photos that an import no longer found');
    changes.deletedPhotos += await removePhotos(datasetId, ids, context, trash);
  }
  return changes;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index]);
}

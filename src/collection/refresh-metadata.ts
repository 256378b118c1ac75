/** Reads what photos' files say once more: of photos that came before it was read, and after sidecars have changed. */
import type { DatasetId } from '../ids.js';
import type { Store } from '../store/store.js';
import { exists, photoPlaces, type PhotoPlace, sidecarsThere } from './photo-file.js';
import { type MetadataContext, recordMetadata } from './record-metadata.js';

export interface MetadataRefresh {
  /** Photos whose files were read. */
  readonly read: number;
  /** Photos of which more may be known than can be read now, for their folder is not there: left as they were. */
  readonly left: number;
  /** What could not be read: sentences that name the photo. */
  readonly problems: readonly string[];
}

/** Photos asked for at once. */
const PAGE = 100;

/**
 * @param dataset only photos of this data set. Default: all
 * @param onProgress told of photos done and photos in all
 */
export async function refreshMetadata(
  dataset: DatasetId | undefined,
  context: MetadataContext & {
    readonly store: Pick<Store, 'images' | 'fileMetadata' | 'datasetPhotos' | 'libraryFiles'>;
  },
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<MetadataRefresh> {
  const { images, fileMetadata, datasetPhotos, libraryFiles } = context.store;
  const { count: total } = await images.count({ dataset });
  const problems: string[] = [];
  let read = 0;
  let left = 0;
  for await (const ids of fileMetadata.pages(PAGE, { dataset })) {
    const [places, known] = await Promise.all([
      photoPlaces(ids, { datasetPhotos, libraryFiles }),
      fileMetadata.known(ids),
    ]);
    for (const id of ids) {
      signal?.throwIfAborted();
      const own = places.get(id) ?? [];
      const there = await firstThere(own);
      if (own.length > 0 && !there && known.has(id)) left += 1;
      else {
        const bytes = await images.readBytes(id);
        if (bytes === undefined) continue;
        const sidecars = there ? await sidecarsThere(there) : [];
        const found = await recordMetadata(id, { bytes, sidecars, language: own[0]?.language }, context);
        problems.push(...found.map((problem) => `${there?.path ?? id}: ${problem}`));
        read += 1;
      }
      onProgress?.(read + left, total);
    }
  }
  return { read, left, problems };
}

async function firstThere(places: readonly PhotoPlace[]): Promise<PhotoPlace | undefined> {
  for (const place of places) if (await exists(place.path)) return place;
  return undefined;
}

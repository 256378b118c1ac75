/** Has the collection know what a photo's file says of itself. */
import { readFile, stat } from 'node:fs/promises';
import type { ImageId } from '../ids.js';
import { readMetadata } from '../metadata/read-metadata.js';
import type { ReadMetadata } from '../metadata/read-sources.js';
import type { Store } from '../store/store.js';
import type { CollectionContext } from './context.js';

/** A photo's file, or where it lies, with what belongs to it. */
export type PhotoFile = ({ readonly bytes: Uint8Array } | { readonly path: string | Buffer }) & Belongings;

interface Belongings {
  /** Where its `.xmp` files lie, what holds before others first. Default: none. */
  readonly sidecars?: readonly (string | Buffer)[] | undefined;
  /** What words are stemmed by whose language the file does not say: a BCP 47 tag. Default: `en`. */
  readonly language?: string | undefined;
}

export type MetadataContext = Pick<CollectionContext, 'limits'> & {
  readonly store: Pick<Store, 'fileMetadata'>;
};

/** Of a sidecar, in bytes: darktable's with a long history have some hundred thousand. */
const LARGEST_SIDECAR = 4 * 2 ** 20;

/**
 * Reads a photo's file and sidecars and keeps what they say, in place of what they said before. Files that are too
 * large, or gone, say nothing.
 *
 * @returns what could not be read: sentences
 * @throws EkphrasisError STORAGE_FAILED
 */
export async function recordMetadata(
  imageId: ImageId,
  photo: PhotoFile,
  { store, limits }: MetadataContext,
): Promise<ReadMetadata['problems']> {
  const { sidecars = [], language } = photo;
  const [bytes, ...beside] = await Promise.all([
    'bytes' in photo ? photo.bytes : readWithin(photo.path, limits.maximumBytes),
    ...sidecars.map((path) => readWithin(path, LARGEST_SIDECAR)),
  ]);
  const { metadata, problems } = await readMetadata(
    bytes,
    beside.filter((one) => one !== undefined),
  );
  await store.fileMetadata.put(imageId, metadata, language);
  await store.fileMetadata.keepPlaces([imageId], language);
  return problems;
}

/** @returns undefined for a file that is gone, may not be read, or is larger */
async function readWithin(path: string | Buffer, largest: number): Promise<Uint8Array | undefined> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile() || file.size > largest) return undefined;
  return readFile(path).catch(() => undefined);
}

/** A photo of a library is read: once, and only when nobody writes it. */
import { open } from 'node:fs/promises';
import { checkSize } from '../collection/caption-photo.js';
import { photoLimitsOf, type ReadContext, readPhoto } from '../collection/read-photo.js';
import { EkphrasisError } from '../errors.js';
import { sha256Of } from '../files/sha256.js';
import { systemCode } from '../files/storage-failure.js';
import type { Sha256 } from '../ids.js';
import { decodePhoto, type PhotoDescription } from '../vision/photo.js';
import { isGone } from './is-gone.js';
import type { FoundFile } from './list-files.js';

export interface ReadPhoto {
  readonly kind: 'photo';
  readonly bytes: Uint8Array;
  /** What is decoded of them: see `readPhoto`. */
  readonly readable: Uint8Array;
  readonly sha256: Sha256;
  /** SHA-256 of the photo as it is decoded small. */
  readonly pixels: Sha256;
  readonly description: PhotoDescription;
}

export type ReadFile =
  | ReadPhoto
  /** It is no photo that can be read, which only a change of it mends. */
  | { readonly kind: 'problem'; readonly code: string; readonly message: string }
  /** It could not be read now, and is left to the next scan. */
  | { readonly kind: 'unread'; readonly message: string }
  | { readonly kind: 'gone' };

const BEING_WRITTEN = 'It is being written: the next scan takes it up.';
/** A file that was changed so lately and ends early may have more to come. */
const SETTLED_MILLISECONDS = 3000;

/** @returns what is in a file; nothing is thrown for one that cannot be read */
export async function readPhotoFile(
  { location, size, modified }: Pick<FoundFile, 'location' | 'size' | 'modified'>,
  context: ReadContext,
): Promise<ReadFile> {
  let bytes: Uint8Array;
  try {
    checkSize(size, context.limits);
    const handle = await open(location);
    try {
      bytes = await handle.readFile();
      const after = await handle.stat();
      if (after.size !== size || bytes.length !== size || Math.trunc(after.mtimeMs) !== modified)
        return { kind: 'unread', message: BEING_WRITTEN };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isGone(error)) return { kind: 'gone' };
    if (error instanceof EkphrasisError) return { kind: 'problem', code: error.code, message: error.message };
    if (systemCode(error) === undefined) throw error;
    return { kind: 'unread', message: `It could not be read (${systemCode(error) ?? ''}).` };
  }
  const isFresh = Math.abs(Date.now() - modified) < SETTLED_MILLISECONDS;
  try {
    const { bytes: readable, original } = await readPhoto(bytes, context, 'background');
    const { description: decoded, pixels } = await decodePhoto(readable, photoLimitsOf(context));
    const description = { ...decoded, ...original };
    if (description.notice !== undefined && isFresh) return { kind: 'unread', message: BEING_WRITTEN };
    return { kind: 'photo', bytes, readable, sha256: sha256Of(bytes), pixels: sha256Of(pixels), description };
  } catch (error) {
    if (!(error instanceof EkphrasisError)) throw error;
    return isFresh
      ? { kind: 'unread', message: `${error.message} It was changed a moment ago: the next scan looks again.` }
      : { kind: 'problem', code: error.code, message: error.message };
  }
}

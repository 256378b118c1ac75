/** The bytes of photos whose files stay in libraries. A file is read only as long as it is that photo. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import { findPhotoFiles } from './library-files.js';
import { HEAD_BYTES } from './photo-bytes.js';
import { isBelow } from '../files/is-below.js';

type PhotoFile = Awaited<ReturnType<typeof findPhotoFiles>>[number];

interface Photo {
  readonly name: string;
  readonly sha256: string;
  readonly byteSize: number;
}

/**
 * A photo's bytes, piece by piece, from the first of its files that is there; nothing when there is no such photo.
 *
 * @throws PHOTO_MISSING when none is there, none is that photo, or it changes while it is read
 */
export async function* readLibraryPhoto(prisma: StoreClient, id: ImageId): AsyncGenerator<Uint8Array> {
  const photo = await prisma.image.findUnique({
    where: { id },
    select: { name: true, sha256: true, byteSize: true },
  });
  if (!photo) return;
  const files = await findPhotoFiles(prisma, id);
  for (const file of files) {
    const handle = await openUnchanged(file, photo);
    if (!handle) continue;
    try {
      yield* piecesOf(handle, photo);
    } finally {
      await handle.close();
    }
    return;
  }
  throw missing(photo, files);
}

/** @returns undefined for a file that is not there, may not be read, or is not that photo any more */
async function openUnchanged(file: PhotoFile, photo: Photo): Promise<FileHandle | undefined> {
  const { location, within, modified } = file;
  let handle: FileHandle | undefined;
  try {
    if (within !== null && !isBelow(await realpath(location, 'utf8'), within)) return undefined;
    // What is no file but waits for a writer is not waited for.
    handle = await open(location, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    const isSame =
      found.isFile() &&
      found.size === photo.byteSize &&
      (Math.trunc(found.mtimeMs) === modified || (await hashOf(handle, photo)) === photo.sha256);
    if (isSame) return handle;
  } catch {
    // One of the others may be readable.
  }
  await handle?.close().catch(() => undefined);
  return undefined;
}

async function hashOf(handle: FileHandle, photo: Photo): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(handle, photo)) hash.update(piece);
  return hash.digest('hex');
}

async function* piecesOf(handle: FileHandle, photo: Photo): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < photo.byteSize;) {
    const piece = new Uint8Array(Math.min(HEAD_BYTES, photo.byteSize - start));
    const { bytesRead } = await handle.read(piece, 0, piece.length, start);
    if (bytesRead === 0)
      throw new EkphrasisError(ErrorCode.PhotoMissing, `The file of ${photo.name} was changed while it was read.`);
    yield piece.subarray(0, bytesRead);
    start += bytesRead;
  }
}

function missing({ name }: Photo, files: readonly PhotoFile[]): EkphrasisError {
  const [first] = files;
  const message = first
    ? `The file of the photo ${name} is not where it was, may not be read, or is another one now: ${first.location.toString()}. Mount its disk, or have its library scanned.`
    : `The photo ${name} lay in a library that was removed, and its file with it. Add the library again.`;
  return new EkphrasisError(ErrorCode.PhotoMissing, message);
}

/** What a file is, by its bytes and not by its name. */
import { fileTypeFromBuffer } from 'file-type';

/** The formats of pictures that are read. */
const READ: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'JPEG'],
  ['image/png', 'PNG'],
  ['image/apng', 'PNG'],
  ['image/webp', 'WebP'],
  ['image/gif', 'GIF'],
  ['image/tiff', 'TIFF'],
  ['image/avif', 'AVIF'],
  ['image/heic', 'HEIC'],
  ['image/heif', 'HEIF'],
  ['image/heic-sequence', 'HEIC'],
  ['image/heif-sequence', 'HEIF'],
]);

/** Raw files of cameras, of which the embedded JPEG is read. */
const RAW: ReadonlyMap<string, string> = new Map([
  ['image/x-adobe-dng', 'DNG'],
  ['image/x-canon-cr2', 'CR2'],
  ['image/x-canon-cr3', 'CR3'],
  ['image/x-nikon-nef', 'NEF'],
  ['image/x-sony-arw', 'ARW'],
  ['image/x-olympus-orf', 'ORF'],
  ['image/x-panasonic-rw2', 'RW2'],
  ['image/x-fujifilm-raf', 'RAF'],
]);

/** Extensions of photos that are read, in lower case, without the dot. */
export const PHOTO_EXTENSIONS = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'mpo', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'heic', 'heif', 'hif'],
  ...['dng', 'cr2', 'cr3', 'nef', 'nrw', 'arw', 'sr2', 'orf', 'rw2', 'raf', 'pef', 'srw', '3fr', 'iiq'],
] as const;

/** The formats that are read, as a sentence names them. */
export const ACCEPTED_FORMATS = "JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC or a camera's raw file";

export interface FileFormat {
  /** Such as `JPEG`, `HEIC` or `MP4`. */
  readonly name: string;
  /** Such as `image/jpeg`. */
  readonly mediaType: string;
  /** `picture` is one of a format that is not read. */
  readonly kind: 'readable' | 'raw' | 'picture' | 'video' | 'other';
}

/**
 * @param bytes a file or its beginning: 4100 bytes tell nearly every format, but some raw files are said to be TIFF, and
 *   some sound TIFFs to be Sony's raw files (see `isRaw`).
 *
 * @returns undefined for text, XML and what nobody knows
 */
export async function fileFormat(bytes: Uint8Array): Promise<FileFormat | undefined> {
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (found === undefined || found.mime.startsWith('application/xml')) return undefined;
  const { mime: mediaType, ext } = found;
  const raw = RAW.get(mediaType);
  if (raw !== undefined) return { name: raw, mediaType, kind: 'raw' };
  const name = READ.get(mediaType);
  if (name !== undefined) return { name, mediaType, kind: 'readable' };
  return { name: ext.toUpperCase(), mediaType, kind: kindOf(mediaType) };
}

function kindOf(mime: string): FileFormat['kind'] {
  if (mime.startsWith('image/')) return 'picture';
  return mime.startsWith('video/') ? 'video' : 'other';
}

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
]);

/** Raw data of cameras in TIFF files, of which a decoder of TIFF finds the small preview only. Sony's are known by a tag that sound TIFFs have too. */
const RAW_IN_TIFF: ReadonlySet<string> = new Set(['image/x-adobe-dng', 'image/x-canon-cr2', 'image/x-nikon-nef']);

export interface FileFormat {
  /** Such as `JPEG`, `HEIC` or `MP4`. */
  readonly name: string;
  /** `picture` is one of a format that is not read. */
  readonly kind: 'readable' | 'picture' | 'video' | 'other';
  /** Whether it begins as a TIFF and is a camera's raw data. */
  readonly rawInTiff: boolean;
}

/** @param bytes a file or its beginning: 4100 bytes tell nearly every format. @returns undefined for text, XML and what nobody knows */
export async function fileFormat(bytes: Uint8Array): Promise<FileFormat | undefined> {
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (found === undefined || found.mime.startsWith('application/xml')) return undefined;
  const name = READ.get(found.mime);
  if (name !== undefined) return { name, kind: 'readable', rawInTiff: false };
  return { name: found.ext.toUpperCase(), kind: kindOf(found.mime), rawInTiff: RAW_IN_TIFF.has(found.mime) };
}

function kindOf(mime: string): FileFormat['kind'] {
  if (mime.startsWith('image/')) return 'picture';
  return mime.startsWith('video/') ? 'video' : 'other';
}

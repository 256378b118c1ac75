/** Photos in formats that sharp does not decode, as files that it does. */
import sharp from 'sharp';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { fileFormat } from './file-format.js';
import { withOrientation } from './jpeg-segments.js';
import { checkPixels, type PhotoDescription, type PhotoLimits, unreadablePhoto } from './photo.js';
import { isRaw, rawPreview } from './raw-preview.js';

export interface ReadablePhoto {
  /** What `decodePhoto` and the others read. */
  readonly bytes: Uint8Array;
  /** What is to be said of the photo in place of those bytes. */
  readonly original: Partial<Pick<PhotoDescription, 'width' | 'height' | 'mediaType'>>;
}

/** Of a raw file of which only the kind is known by its structure. */
const SOME_RAW = { name: 'raw file', mediaType: 'image/x-raw' };

/**
 * A photo as sharp can read it: itself, of a camera's raw file the largest embedded JPEG, of HEIC what `render` makes.
 *
 * @param render decodes HEIC to JPEG in a process where that may take seconds and hundreds of megabytes: it is called
 *   for files of which the header is sound, and the size allowed
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE for HEIC and raw files; what `render` throws
 */
export async function readablePhoto(
  bytes: Uint8Array,
  limits: PhotoLimits,
  render: (heif: Uint8Array) => Promise<Uint8Array>,
): Promise<ReadablePhoto> {
  if (isRaw(bytes)) {
    const format = await fileFormat(bytes);
    const { name, mediaType } = format?.kind === 'raw' ? format : SOME_RAW;
    return { bytes: previewOf(bytes, name), original: { mediaType } };
  }
  const heif = await hevcDescription(bytes);
  if (heif === undefined) return { bytes, original: {} };
  checkPixels(heif, limits);
  return { bytes: await render(bytes), original: heif };
}

function previewOf(bytes: Uint8Array, name: string): Uint8Array {
  const preview = rawPreview(bytes);
  if (preview === undefined) {
    const message = `This ${name} has no JPEG preview that can be read: it is damaged, cut short or of a rare kind. Convert it to JPEG first.`;
    throw new EkphrasisError(ErrorCode.InvalidImage, message);
  }
  return preview.orientation === undefined ? preview.jpeg : withOrientation(preview.jpeg, preview.orientation);
}

/** Of a HEIF file that is not AVIF, by its header; undefined for every other. @throws INVALID_IMAGE for a broken one */
async function hevcDescription(
  bytes: Uint8Array,
): Promise<Pick<PhotoDescription, 'width' | 'height' | 'mediaType'> | undefined> {
  const format = await fileFormat(bytes);
  if (format === undefined || !/^image\/hei[cf]/.test(format.mediaType)) return undefined;
  try {
    const { width, height, compression } = await sharp(bytes, { limitInputPixels: false }).metadata();
    // Encoders of AVIF may name HEIF's common brand first.
    return compression === 'av1' ? undefined : { width, height, mediaType: format.mediaType.replace('-sequence', '') };
  } catch (cause) {
    throw unreadablePhoto(format, cause);
  }
}

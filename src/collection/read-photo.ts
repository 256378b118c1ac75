import type { ImageRecord } from '../store/images.js';
import { DEFAULT_PHOTO_LIMITS, type PhotoLimits } from '../vision/photo.js';
import { type ReadablePhoto, readablePhoto } from '../vision/readable-photo.js';
import type { Priority } from '../inference/requester.js';
import type { CollectionContext } from './context.js';

export type ReadContext = Pick<CollectionContext, 'inference' | 'limits'>;

export function photoLimitsOf({ limits }: Pick<CollectionContext, 'limits'>): PhotoLimits {
  return { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels };
}

/**
 * A photo as this process can decode it: HEIC goes by way of the process that sees and writes.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, PROCESS_FAILED
 */
export function readPhoto(bytes: Uint8Array, context: ReadContext, priority?: Priority): Promise<ReadablePhoto> {
  return readablePhoto(bytes, photoLimitsOf(context), (heif) => context.inference.render(heif, { priority }));
}

/** Formats that browsers show themselves. */
const SHOWN: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']);

export function isShownByBrowsers({ mediaType }: Pick<ImageRecord, 'mediaType'>): boolean {
  return SHOWN.has(mediaType);
}

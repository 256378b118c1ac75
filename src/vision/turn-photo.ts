/** Photos as somebody sees them who has turned them. */
import sharp from 'sharp';
import { decodePhoto, DEFAULT_PHOTO_LIMITS, type PhotoLimits } from './photo.js';

const QUARTERS = [90, 180, 270];

/**
 * A photo turned by one, two and three quarters, in the size an encoder sees it in.
 *
 * @param side of the encoder's input in pixels
 * @returns PNG files that `decodePhoto` reads without loss
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function turnPhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
  side?: number,
): Promise<Uint8Array[]> {
  const { pixels } = await decodePhoto(bytes, limits, side);
  const edge = Math.sqrt(pixels.length / 3);
  const raw = { width: edge, height: edge, channels: 3 } as const;
  return Promise.all(
    QUARTERS.map((degrees) => sharp(pixels, { raw }).rotate(degrees).png({ compressionLevel: 1 }).toBuffer()),
  );
}

/** From a photo's bytes to the numbers VGG16 is given. */
import { fileTypeFromBuffer } from 'file-type';
import sharp, { type Sharp } from 'sharp';

import { EkphrasisError, ErrorCode } from '../errors.js';
import { INPUT_SIDE } from './graph.js';

export interface PhotoLimits {
  /** Width times height of the first frame. */
  readonly maximumPixels: number;
  /** How long decoding one photo may take. */
  readonly maximumSeconds: number;
}

/** 40 million pixels (every camera phone's ordinary picture) and ten seconds. */
export const DEFAULT_PHOTO_LIMITS: PhotoLimits = { maximumPixels: 40_000_000, maximumSeconds: 10 };

export interface PhotoDescription {
  /** In pixels, as seen: after the EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** Such as `image/jpeg`. */
  readonly mediaType: string;
  /** What a person is to be told of the file, though it can be read: a sentence. */
  readonly notice?: string;
}

/** The formats that are read, by sharp's name for them. Everything else is refused, SVG because it is a program. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['jpeg', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['tiff', 'image/tiff'],
  ['heif', 'image/avif'],
]);

/** Pixels that WebP has at most, in each direction. */
const WEBP_SIDE = 16_383;
/** Of WebP, 1 to 100. */
const THUMBNAIL_QUALITY = 78;

/** Lines that may be missing at the bottom of a JPEG that ends early: a row of its blocks, and of larger ones this share. */
const MISSING_LINES = 16;
const MISSING_SHARE = 1 / 16;
/** What a decoder has in place of blocks that did not come. */
const FILLING = 128;

const CUT_SHORT = 'The end of the JPEG is missing: it was read as far as it goes. Send it again if the lower edge looks wrong.';

const ACCEPTED = 'Send a JPEG, PNG, WebP, GIF, TIFF or AVIF picture.';

/**
 * Looks at a photo's header, then decodes it once in full, so that what passes can be captioned.
 *
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function inspectPhoto(bytes: Uint8Array, limits: PhotoLimits = DEFAULT_PHOTO_LIMITS): Promise<PhotoDescription> {
  const { description } = await decodePhoto(bytes, limits);
  return description;
}

/**
 * Decodes a photo to 224x224 pixels as VGG16 sees it: upright, on white where it is transparent, in sRGB, the first frame
 * of an animation, the whole picture squeezed whatever its proportions.
 *
 * @returns the description, and `pixels` [224, 224, 3], 0 to 255
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function decodePhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
): Promise<{ description: PhotoDescription; pixels: Uint8Array }> {
  if (bytes.length === 0) throw new EkphrasisError(ErrorCode.InvalidImage, `The file is empty. ${ACCEPTED}`);
  if (isHeic(bytes)) throw heic();
  const description = await describe(bytes, limits);
  try {
    return { description, pixels: await squeeze(await open(bytes, description, limits), limits) };
  } catch (cause) {
    if (description.mediaType !== 'image/jpeg' || !(await lacksOnlyItsEnd(bytes, limits))) throw refusal(cause, limits);
  }
  try {
    return { description: { ...description, notice: CUT_SHORT }, pixels: await squeeze(openAsFarAsItGoes(bytes, limits), limits) };
  } catch (cause) {
    throw refusal(cause, limits);
  }
}

async function squeeze(picture: Sharp, limits: PhotoLimits): Promise<Uint8Array> {
  const { data, info } = await picture
    .autoOrient()
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .resize(INPUT_SIDE, INPUT_SIDE, { fit: 'fill' })
    .timeout({ seconds: limits.maximumSeconds })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new EkphrasisError(ErrorCode.InvalidImage, 'The picture could not be brought into red, green and blue.');
  return data;
}

/** Whether of a JPEG that cannot be read in full all but a few lines of the bottom can; a progressive one has them all, less sharp. */
async function lacksOnlyItsEnd(bytes: Uint8Array, limits: PhotoLimits): Promise<boolean> {
  try {
    const { width, height } = await openAsFarAsItGoes(bytes, limits).metadata();
    const allowed = Math.max(MISSING_LINES, Math.floor(height * MISSING_SHARE));
    const lines = Math.min(height, allowed + 1);
    const bottom = openAsFarAsItGoes(bytes, limits).extract({ left: 0, top: height - lines, width, height: lines });
    const values = await bottom.timeout({ seconds: limits.maximumSeconds }).raw().toBuffer();
    return values.some((value) => value !== FILLING);
  } catch {
    return false;
  }
}

/**
 * The photo as a mirror shows it, left and right exchanged, in the size VGG16 sees it in: another photo, as far as a training
 * is concerned, of which the same captions are true.
 *
 * @returns a PNG file that `decodePhoto` reads without loss
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function mirrorPhoto(bytes: Uint8Array, limits: PhotoLimits = DEFAULT_PHOTO_LIMITS): Promise<Uint8Array> {
  const { pixels } = await decodePhoto(bytes, limits);
  const raw = { width: INPUT_SIDE, height: INPUT_SIDE, channels: 3 } as const;
  return sharp(pixels, { raw }).flop().png({ compressionLevel: 1 }).toBuffer();
}

/**
 * A smaller copy for the eye: upright, its proportions kept, never larger than the photo, without its metadata. A JPEG that
 * ends early is shown as far as it goes.
 *
 * @param width in pixels, at most; a photo that would be higher than WebP allows becomes narrower
 * @returns a WebP file
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function shrinkPhoto(bytes: Uint8Array, width: number, limits: PhotoLimits = DEFAULT_PHOTO_LIMITS): Promise<Uint8Array> {
  try {
    const description = await describe(bytes, limits);
    const picture = description.mediaType === 'image/jpeg' ? openAsFarAsItGoes(bytes, limits) : await open(bytes, description, limits);
    return await picture
      .autoOrient()
      .toColourspace('srgb')
      .resize({ width, height: WEBP_SIDE, fit: 'inside', withoutEnlargement: true })
      .timeout({ seconds: limits.maximumSeconds })
      .webp({ quality: THUMBNAIL_QUALITY, effort: 2 })
      .toBuffer();
  } catch (cause) {
    throw refusal(cause, limits);
  }
}

async function open(bytes: Uint8Array, { mediaType }: PhotoDescription, limits: PhotoLimits): Promise<Sharp> {
  const picture = sharp(bytes, { limitInputPixels: limits.maximumPixels, failOn: 'truncated', pages: 1 });
  return mediaType === 'image/tiff' && (await isGreyInFractions(picture)) ? picture.linear(255) : picture;
}

/** Whether a picture is grey in floating-point numbers from 0 for black to 1 for white, as microscopes and depth cameras write. */
async function isGreyInFractions(picture: Sharp): Promise<boolean> {
  const { depth, space } = await picture.metadata();
  if (depth !== 'float' || space !== 'b-w') return false;
  const [grey] = (await picture.clone().stats()).channels;
  return grey !== undefined && grey.mean > 0 && grey.mean <= 1;
}

/** What is missing at a JPEG's end is grey. */
function openAsFarAsItGoes(bytes: Uint8Array, limits: PhotoLimits): Sharp {
  return sharp(bytes, { limitInputPixels: limits.maximumPixels, failOn: 'none', pages: 1 });
}

async function describe(bytes: Uint8Array, limits: PhotoLimits): Promise<PhotoDescription> {
  // Without a limit, because the header alone is read: so the refusal can say what size it was.
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata().catch(async (cause: unknown) => {
    throw (await otherPicture(bytes)) ?? refusal(cause, limits);
  });
  const mediaType = MEDIA_TYPES.get(metadata.format);
  if (mediaType === undefined) {
    throw unsupported(metadata.format);
  }
  if (metadata.compression === 'hevc') {
    throw heic();
  }
  const { width, height } = metadata.autoOrient;
  if (width * height > limits.maximumPixels) throw tooLarge(limits, `This one has ${width} x ${height}`);
  return { width, height, mediaType };
}

/** Brands of HEIF files with HEVC inside (ISO/IEC 23008-12, annex B): known by them even where the rest is cut short. */
const HEIC_BRANDS: ReadonlySet<string> = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

function isHeic(bytes: Uint8Array): boolean {
  const text = (start: number, end: number) => String.fromCharCode(...bytes.subarray(start, end));
  return text(4, 8) === 'ftyp' && HEIC_BRANDS.has(text(8, 12));
}

/** Of a picture in another format than those that are read: a sound BMP is not damaged. */
async function otherPicture(bytes: Uint8Array): Promise<EkphrasisError | undefined> {
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (!found?.mime.startsWith('image/') || [...MEDIA_TYPES.values(), 'image/apng'].includes(found.mime)) return undefined;
  return found.mime.startsWith('image/hei') ? heic() : unsupported(found.ext);
}

function unsupported(format: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidImage, `Pictures of the format ${format.toUpperCase()} are not read. ${ACCEPTED}`);
}

function heic(): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidImage, 'HEIC photos are not read: convert the photo to JPEG or AVIF first.');
}

function refusal(cause: unknown, limits: PhotoLimits): EkphrasisError {
  if (cause instanceof EkphrasisError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (reason.includes('exceeds pixel limit')) return tooLarge(limits, 'This one has more', cause);
  if (reason.includes('timeout')) {
    return new EkphrasisError(ErrorCode.ImageTooLarge, `Reading the picture took more than ${limits.maximumSeconds} s.`, { cause });
  }
  return new EkphrasisError(ErrorCode.InvalidImage, `The file is damaged, cut short or no picture. ${ACCEPTED}`, { cause });
}

function tooLarge(limits: PhotoLimits, finding: string, cause?: unknown): EkphrasisError {
  const million = Math.round(limits.maximumPixels / 1e5) / 10;
  return new EkphrasisError(ErrorCode.ImageTooLarge, `A picture may have ${million} million pixels. ${finding}.`, { cause });
}

/** The means and standard deviations of ImageNet's channels that torchvision's weights were trained with. */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** The lowest and highest number `normalise` can give: the exact range of the network's input. */
export const NORMALISED_RANGE = {
  minimum: Math.min(...MEAN.map((mean, channel) => -mean / (DEVIATION[channel] ?? 1))),
  maximum: Math.max(...MEAN.map((mean, channel) => (1 - mean) / (DEVIATION[channel] ?? 1))),
};

/**
 * Writes one decoded photo as VGG16's input: (x / 255 - mean) / deviation, channel after channel.
 *
 * @param pixels [224, 224, 3], 0 to 255
 * @param target [3, 224, 224]
 */
export function normalise(pixels: Uint8Array, target: Float32Array): void {
  const area = INPUT_SIDE * INPUT_SIDE;
  MEAN.forEach((mean, channel) => {
    const scale = 1 / (255 * (DEVIATION[channel] ?? 1));
    const offset = mean / (DEVIATION[channel] ?? 1);
    for (let index = 0; index < area; index += 1) {
      target[channel * area + index] = (pixels[index * 3 + channel] ?? 0) * scale - offset;
    }
  });
}

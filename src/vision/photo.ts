/** From a photo's bytes to the numbers an encoder is given. */
import sharp, { type Sharp } from 'sharp';

import { EkphrasisError, ErrorCode } from '../errors.js';
import { ACCEPTED_FORMATS, type FileFormat, fileFormat } from './file-format.js';
import { isRaw } from './raw-preview.js';

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

/** Colours that a decoder takes to reach from 0 to 255: of larger numbers nobody knows what is white. */
const EIGHT_BIT_SPACES: ReadonlySet<string> = new Set(['b-w', 'srgb']);

/** Side in pixels that a photo is decoded to where nobody says otherwise: what networks of ImageNet usually look at. */
const USUAL_SIDE = 224;

/** Pixels that WebP has at most, in each direction. */
const WEBP_SIDE = 16_383;
/** Of WebP, 1 to 100. */
const THUMBNAIL_QUALITY = 78;

/**
 * Lines that may be missing at the bottom of a picture that ends early: a row of a JPEG's blocks, and of larger ones
 * this share.
 */
const MISSING_LINES = 16;
const MISSING_SHARE = 1 / 16;
/** What a decoder has in place of a JPEG's blocks that did not come: the latter in inverted CMYK. */
const FILLINGS: ReadonlySet<number> = new Set([128, 127]);

const cutShort = (format: string) =>
  `The end of the ${format} is missing: it was read as far as it goes. Send it again if the lower edge looks wrong.`;

const ACCEPTED = `Send a picture as ${ACCEPTED_FORMATS}.`;

/**
 * Looks at a photo's header, then decodes it once in full, so that what passes can be captioned.
 *
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function inspectPhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
): Promise<PhotoDescription> {
  const { description } = await decodePhoto(bytes, limits);
  return description;
}

/**
 * Decodes a photo to a square as an encoder sees it: upright, on white where it is transparent, in sRGB, the first
 * frame of an animation, the whole picture squeezed whatever its proportions.
 *
 * @param side of the square in pixels
 * @returns the description, and `pixels` [side, side, 3], 0 to 255
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function decodePhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
  side = USUAL_SIDE,
): Promise<{ description: PhotoDescription; pixels: Uint8Array }> {
  if (bytes.length === 0) throw new EkphrasisError(ErrorCode.InvalidImage, `The file is empty. ${ACCEPTED}`);
  try {
    const { description, inFractions } = await describe(bytes, limits);
    try {
      return { description, pixels: await squeeze(open(bytes, limits, inFractions), limits, side) };
    } catch (cause) {
      const { picture, notice } = await openWithoutItsEnd(bytes, description.mediaType, limits, cause);
      return { description: { ...description, notice }, pixels: await squeeze(picture, limits, side) };
    }
  } catch (cause) {
    throw await refusal(cause, bytes, limits);
  }
}

async function squeeze(picture: Sharp, limits: PhotoLimits, side: number): Promise<Uint8Array> {
  const { data, info } = await picture
    .autoOrient()
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .resize(side, side, { fit: 'fill' })
    .timeout({ seconds: limits.maximumSeconds })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3)
    throw new EkphrasisError(ErrorCode.InvalidImage, 'The picture could not be brought into red, green and blue.');
  return data;
}

/**
 * A picture of which only the end is missing, opened to be read as far as it goes.
 *
 * @throws `cause` when it is of another format or lacks more
 */
async function openWithoutItsEnd(
  bytes: Uint8Array,
  mediaType: string,
  limits: PhotoLimits,
  cause: unknown,
): Promise<{ picture: Sharp; notice: string }> {
  if (mediaType === 'image/jpeg' && (await jpegLacksOnlyItsEnd(bytes, limits))) {
    return { picture: openAsFarAsItGoes(bytes, limits), notice: cutShort('JPEG') };
  }
  if (mediaType === 'image/png') {
    const png = await completePng(bytes, limits).catch(() => undefined);
    if (png) return { picture: open(png, limits), notice: cutShort('PNG') };
  }
  throw cause;
}

/** Of a picture so many pixels high. */
function linesThatMayBeMissing(height: number): number {
  return Math.max(MISSING_LINES, Math.floor(height * MISSING_SHARE));
}

/**
 * Whether of a JPEG that cannot be read in full all but a few lines of the bottom can; a progressive one has them all,
 * less sharp.
 */
async function jpegLacksOnlyItsEnd(bytes: Uint8Array, limits: PhotoLimits): Promise<boolean> {
  try {
    // In the colours it is stored in: the filling is known there only.
    const stored = sharp(bytes, { limitInputPixels: limits.maximumPixels, failOn: 'none', ignoreIcc: true });
    const { width, height, space } = await stored.metadata();
    const lines = Math.min(height, linesThatMayBeMissing(height) + 1);
    const bottom = stored.extract({ left: 0, top: height - lines, width, height: lines });
    if (space === 'cmyk') bottom.pipelineColourspace('cmyk').toColourspace('cmyk');
    const values = await bottom.timeout({ seconds: limits.maximumSeconds }).raw().toBuffer();
    return values.some((value) => !FILLINGS.has(value));
  } catch {
    return false;
  }
}

/**
 * A PNG that ends early made whole: the lines that may be missing repeat the last one before them, because the decoder
 * would have there what was in memory before.
 *
 * @returns a PNG file in sRGB with the EXIF data of the first
 * @throws Error when more is missing, or all of it as where it is interlaced
 */
async function completePng(bytes: Uint8Array, limits: PhotoLimits): Promise<Uint8Array> {
  const picture = open(bytes, limits);
  const { width, height } = await picture.metadata();
  const missing = linesThatMayBeMissing(height);
  return picture
    .extract({ left: 0, top: 0, width, height: height - missing })
    .extend({ bottom: missing, extendWith: 'copy' })
    .keepExif()
    .timeout({ seconds: limits.maximumSeconds })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/**
 * The photo as a mirror shows it, left and right exchanged, in the size an encoder sees it in: another photo, as far as
 * a training is concerned, of which the same captions are true.
 *
 * @param side of the encoder's input in pixels
 * @returns a PNG file that `decodePhoto` reads without loss
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function mirrorPhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
  side = USUAL_SIDE,
): Promise<Uint8Array> {
  const { pixels } = await decodePhoto(bytes, limits, side);
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(pixels, { raw }).flop().png({ compressionLevel: 1 }).toBuffer();
}

/**
 * A smaller copy for the eye: upright, its proportions kept, never larger than the photo, without its metadata. A photo
 * that ends early is shown as far as it goes.
 *
 * @param width in pixels, at most; a photo that would be higher than WebP allows becomes narrower
 * @returns a WebP file
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function shrinkPhoto(
  bytes: Uint8Array,
  width: number,
  limits: PhotoLimits = DEFAULT_PHOTO_LIMITS,
): Promise<Uint8Array> {
  try {
    const {
      description: { mediaType },
      inFractions,
    } = await describe(bytes, limits);
    if (mediaType === 'image/jpeg') return await thumbnail(openAsFarAsItGoes(bytes, limits), width, limits);
    try {
      return await thumbnail(open(bytes, limits, inFractions), width, limits);
    } catch (cause) {
      const { picture } = await openWithoutItsEnd(bytes, mediaType, limits, cause);
      return await thumbnail(picture, width, limits);
    }
  } catch (cause) {
    throw await refusal(cause, bytes, limits);
  }
}

function thumbnail(picture: Sharp, width: number, limits: PhotoLimits): Promise<Uint8Array> {
  return picture
    .autoOrient()
    .toColourspace('srgb')
    .resize({ width, height: WEBP_SIDE, fit: 'inside', withoutEnlargement: true })
    .timeout({ seconds: limits.maximumSeconds })
    .webp({ quality: THUMBNAIL_QUALITY, effort: 2 })
    .toBuffer();
}

/** @param inFractions see `Described` */
function open(bytes: Uint8Array, limits: PhotoLimits, inFractions = false): Sharp {
  const picture = sharp(bytes, { limitInputPixels: limits.maximumPixels, failOn: 'truncated', pages: 1 });
  return inFractions ? picture.linear(255) : picture;
}

/** What is missing at a JPEG's end is grey. */
function openAsFarAsItGoes(bytes: Uint8Array, limits: PhotoLimits): Sharp {
  return sharp(bytes, { limitInputPixels: limits.maximumPixels, failOn: 'none', pages: 1 });
}

interface Described {
  readonly description: PhotoDescription;
  /**
   * Whether it is grey in floating-point numbers from 0 for black to 1 for white, as microscopes and depth cameras
   * write.
   */
  readonly inFractions: boolean;
}

async function describe(bytes: Uint8Array, limits: PhotoLimits): Promise<Described> {
  // Without a limit, because the header alone is read: so the refusal can say what size it was.
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  const mediaType = MEDIA_TYPES.get(metadata.format);
  if (mediaType === undefined) throw unsupportedPicture(metadata.format.toUpperCase());
  // Of these sharp would find a small preview, or fail: see `readablePhoto`.
  if (metadata.compression === 'hevc' || isRaw(bytes))
    throw unsupportedPicture((await fileFormat(bytes))?.name ?? 'Raw data');
  const { width, height } = metadata.autoOrient;
  checkPixels(metadata.autoOrient, limits);
  const wide = EIGHT_BIT_SPACES.has(metadata.space) && metadata.depth !== 'uchar';
  const inFractions =
    wide && metadata.depth === 'float' && metadata.space === 'b-w' && (await isFromZeroToOne(bytes, limits));
  if (wide && !inFractions) {
    throw new EkphrasisError(
      ErrorCode.InvalidImage,
      'TIFF with 32 bits a channel is not supported: save the picture with 8 or 16 bits first.',
    );
  }
  return { description: { width, height, mediaType }, inFractions };
}

async function isFromZeroToOne(bytes: Uint8Array, limits: PhotoLimits): Promise<boolean> {
  const [grey] = (await sharp(bytes, { limitInputPixels: limits.maximumPixels, pages: 1 }).stats()).channels;
  return grey !== undefined && grey.min >= 0 && grey.max <= 1;
}

/** What is told of a file that a decoder failed on for `cause`. */
async function refusal(cause: unknown, bytes: Uint8Array, limits: PhotoLimits): Promise<EkphrasisError> {
  if (cause instanceof EkphrasisError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (reason.includes('exceeds pixel limit')) return tooManyPixels(limits, 'This one has more', cause);
  if (reason.includes('timeout')) return decodingTookTooLong(limits, cause);
  return unreadablePhoto(await fileFormat(bytes), cause);
}

/** INVALID_IMAGE for a file that a decoder failed on for `cause`. */
export function unreadablePhoto(format: FileFormat | undefined, cause: unknown): EkphrasisError {
  if (format?.kind === 'picture') return unsupportedPicture(format.name, cause);
  return new EkphrasisError(ErrorCode.InvalidImage, unreadable(format), { cause });
}

export function decodingTookTooLong(limits: PhotoLimits, cause: unknown): EkphrasisError {
  const message = `Reading the picture took more than ${limits.maximumSeconds} s.`;
  return new EkphrasisError(ErrorCode.ImageTooLarge, message, { cause });
}

function unreadable(format: FileFormat | undefined): string {
  if (format === undefined) return `The file is damaged, cut short or no picture. ${ACCEPTED}`;
  if (format.kind === 'readable' || format.kind === 'raw')
    return `This ${format.name} cannot be read: it is damaged, cut short or of a rare kind. Send it again, or save it anew as JPEG or PNG.`;
  if (format.kind === 'video')
    return `Videos (${format.name}) are not supported: save a picture of it as JPEG or PNG first.`;
  return `This is a ${format.name} file, no picture. ${ACCEPTED}`;
}

function unsupportedPicture(format: string, cause?: unknown): EkphrasisError {
  return new EkphrasisError(
    ErrorCode.InvalidImage,
    `${format} is not supported: convert the picture to JPEG or PNG first.`,
    { cause },
  );
}

/** @throws EkphrasisError IMAGE_TOO_LARGE */
export function checkPixels(size: { readonly width: number; readonly height: number }, limits: PhotoLimits): void {
  if (size.width * size.height > limits.maximumPixels)
    throw tooManyPixels(limits, `This one has ${size.width} x ${size.height}`);
}

/** @param finding how many it has: a clause */
export function tooManyPixels(limits: PhotoLimits, finding: string, cause?: unknown): EkphrasisError {
  const million = Math.round(limits.maximumPixels / 1e5) / 10;
  return new EkphrasisError(ErrorCode.ImageTooLarge, `A picture may have ${million} million pixels. ${finding}.`, {
    cause,
  });
}

/** The colours of a network's input, in its order. */
export const CHANNEL_ORDERS = ['RGB', 'BGR'] as const;

/** What a network is given of a photo: (value / 255 - mean) / deviation of each pixel, channel after channel. */
export interface EncoderInput {
  /** Of the square that the photo is squeezed into, in pixels. */
  readonly side: number;
  readonly channels: (typeof CHANNEL_ORDERS)[number];
  /** Of each channel, in their order; 1 is white. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** The lowest and highest number `normalise` can give: the exact range of the network's input. */
export function normalisedRange({ mean, deviation }: Pick<EncoderInput, 'mean' | 'deviation'>): {
  readonly minimum: number;
  readonly maximum: number;
} {
  return {
    minimum: Math.min(...mean.map((average, channel) => -average / (deviation[channel] ?? 1))),
    maximum: Math.max(...mean.map((average, channel) => (1 - average) / (deviation[channel] ?? 1))),
  };
}

/**
 * Writes one decoded photo as a network's input.
 *
 * @param pixels [side, side, 3], red, green and blue from 0 to 255
 * @param target [3, side, side]
 */
export function normalise(
  pixels: Uint8Array,
  { side, channels, mean, deviation }: EncoderInput,
  target: Float32Array,
): void {
  const area = side * side;
  mean.forEach((average, channel) => {
    const colour = channels === 'RGB' ? channel : 2 - channel;
    const scale = 1 / (255 * (deviation[channel] ?? 1));
    const offset = average / (deviation[channel] ?? 1);
    for (let index = 0; index < area; index += 1) {
      target[channel * area + index] = (pixels[index * 3 + colour] ?? 0) * scale - offset;
    }
  });
}

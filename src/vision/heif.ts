/**
 * HEIC and HEIF made JPEG: sharp reads their headers, but not HEVC, in which they are compressed. The decoding has a
 * thread of its own, which is ended when it takes too long and takes all of its memory with it. It is for the process
 * that sees and writes, and never for the one that answers HTTP.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { pool } from 'workerpool';
import { PROGRAM_FOLDER } from '../program-folder.js';
import { fileFormat } from './file-format.js';
import type { DecodedHeif } from './heif-thread.js';
import { withProfile } from './jpeg-segments.js';
import { decodingTookTooLong, type PhotoLimits, tooManyPixels, unreadablePhoto } from './photo.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'vision', 'heif-thread.js');

/** WebAssembly takes about as many times as long for a pixel as sharp: twelve million take 1.4 s of a processor. */
const SLOWER = 3;
/** Longer side in pixels, at most: a screen's. */
const SIDE = 2560;
/** Of JPEG, 1 to 100: an encoder or an eye sees no difference. */
const QUALITY = 90;

/**
 * The primary image of a HEIF file, upright, on white where it is transparent, in the colours of its profile.
 *
 * @param limits of the seconds three times as many count
 * @returns a JPEG file that fits into 2560 x 2560 pixels
 * @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE
 */
export async function renderHeif(file: Uint8Array, limits: PhotoLimits): Promise<Uint8Array> {
  const { width, height, pixels } = await decodeInThread(file, limits);
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 4 }, limitInputPixels: limits.maximumPixels })
    .flatten({ background: '#fff' })
    .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const { icc } = await sharp(file, { limitInputPixels: false }).metadata();
  return icc === undefined ? jpeg : withProfile(jpeg, icc);
}

async function decodeInThread(file: Uint8Array, { maximumPixels, maximumSeconds }: PhotoLimits): Promise<DecodedHeif> {
  const limits = { maximumPixels, maximumSeconds: SLOWER * maximumSeconds };
  const threads = pool(SCRIPT, { workerType: 'thread', maxWorkers: 1 });
  try {
    return (await threads
      .exec('decode', [file, limits.maximumPixels])
      .timeout(1000 * limits.maximumSeconds)) as DecodedHeif;
  } catch (cause) {
    const reason = cause instanceof Error ? cause : new Error(String(cause));
    if (reason.name === 'TimeoutError') throw decodingTookTooLong(limits, cause);
    if (reason.message.includes('exceeds pixel limit')) throw tooManyPixels(limits, 'This one has more', cause);
    // What libheif says, or what became of it: that is the file's fault. The rest is a fault of the program.
    if (!reason.message.startsWith('libheif') && reason.name !== 'RuntimeError') throw cause;
    throw unreadablePhoto(await fileFormat(file), cause);
  } finally {
    await threads.terminate(true);
  }
}

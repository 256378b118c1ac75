/** XMP packets put into photos by ExifTool, which needs Perl: it is there where a person installed it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { EkphrasisError, ErrorCode } from '../errors.js';

export interface XmpEmbedder {
  /**
   * @param name of the photo's file, for its extension
   * @returns the photo with this packet in place of the one it has
   * @throws EkphrasisError BAD_USER_INPUT where the photo cannot be changed without harm
   */
  embed(photo: Uint8Array, name: string, packet: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

const NEEDS =
  'Captions are put into photos by ExifTool: install Perl and `npm install exiftool-vendored@35`, or write them beside the photos: --sidecar.';

/** Of one photo: those of hundreds of megabytes take seconds. */
const LONGEST_MILLISECONDS = 60_000;

const run = promisify(execFile);

/** @throws EkphrasisError BAD_USER_INPUT where there is no ExifTool that runs */
export async function openEmbedder(): Promise<XmpEmbedder> {
  const exiftool = await findExifTool();
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-embed-'));
  return {
    async embed(photo, name, packet) {
      const work = join(folder, `photo${extname(name)}`);
      const sidecar = join(folder, 'packet.xmp');
      await Promise.all([writeFile(work, photo), writeFile(sidecar, packet)]);
      try {
        await run(exiftool, [`-XMP<=${sidecar}`, '-overwrite_original', work], { timeout: LONGEST_MILLISECONDS });
      } catch (cause) {
        throw new EkphrasisError(ErrorCode.BadInput, `ExifTool refuses to change it: ${complaint(cause)}`, { cause });
      }
      const changed = await readFile(work);
      const [before, after] = await Promise.all([pixelsSha256(photo), pixelsSha256(changed)]);
      if (before !== after)
        throw new EkphrasisError(ErrorCode.BadInput, 'Its pixels would not be the same: it is left as it is.');
      return changed;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Each photo has a process of its own: one that stays open for all would outlive us where we are killed, for it waits
 * for more at the end of its input.
 */
async function findExifTool(): Promise<string> {
  try {
    const { exiftoolPath } = await import('exiftool-vendored');
    const path = await exiftoolPath();
    await run(path, ['-ver'], { timeout: LONGEST_MILLISECONDS });
    return path;
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.BadInput, NEEDS, { cause });
  }
}

/** The first line of what ExifTool says, without the path of the copy that it works on. */
function complaint(cause: unknown): string {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
  return (said.split('\n')[0] ?? '').replace(/ - \S*ekphrasis-embed-\S*$/u, '');
}

/** Of all decoded frames, as they are stored. @throws EkphrasisError BAD_USER_INPUT where they cannot be decoded */
async function pixelsSha256(photo: Uint8Array): Promise<string> {
  try {
    const pixels = await sharp(photo, { animated: true, failOn: 'none' }).raw().toBuffer();
    return createHash('sha256').update(pixels).digest('hex');
  } catch (cause) {
    const message = 'Its pixels cannot be decoded, so nobody could tell that they stay the same: use --sidecar.';
    throw new EkphrasisError(ErrorCode.BadInput, message, { cause });
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, test } from 'vitest';
import { EkphrasisError } from '../../src/errors.js';
import { renderHeif } from '../../src/vision/heif.js';
import {
  DEFAULT_PHOTO_LIMITS,
  decodePhoto,
  inspectPhoto,
  type PhotoLimits,
  shrinkPhoto,
} from '../../src/vision/photo.js';
import { readablePhoto } from '../../src/vision/readable-photo.js';
import { dngFile, tiffFile } from './raw-files.js';

const read = (name: string) => readFile(join(import.meta.dirname, 'inputs', 'heif', name));

const readable = (bytes: Uint8Array, limits: PhotoLimits = DEFAULT_PHOTO_LIMITS) =>
  readablePhoto(bytes, limits, (heif) => renderHeif(heif, limits));

/** The mean difference of what an encoder sees. */
async function difference(first: Uint8Array, second: Uint8Array): Promise<number> {
  const [a, b] = await Promise.all([decodePhoto(first), decodePhoto(second)]);
  return a.pixels.reduce((sum, value, index) => sum + Math.abs(value - (b.pixels[index] ?? NaN)), 0) / a.pixels.length;
}

const jpeg = (width: number, height: number, background = '#e02020') =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();

describe('HEIC', () => {
  it.each([
    'plain.heic',
    'tiles.heic',
    'ten-bit.heic',
    'exif-6-in-vain.heic',
    'second-is-primary.heic',
    'display-p3.heic',
  ])('%s looks as it was drawn', async (name) => {
    const { bytes, original } = await readable(await read(name));
    expect(original).toEqual({ width: 160, height: 96, mediaType: 'image/heic' });
    expect(await difference(bytes, await read('reference.png'))).toBeLessThan(4);
  });

  it('is turned as HEIF says', async () => {
    const { bytes, original } = await readable(await read('rotated.heic'));
    expect(original).toMatchObject({ width: 96, height: 160 });
    const turned = await sharp(await read('reference.png'))
      .rotate(90)
      .png()
      .toBuffer();
    expect(await difference(bytes, turned)).toBeLessThan(4);
  });

  it('is on white where it is transparent', async () => {
    const { bytes } = await readable(await read('lower-half-transparent.heic'));
    const { pixels } = await decodePhoto(bytes);
    expect(Math.min(...pixels.subarray(-3 * 224 * 100))).toBeGreaterThan(250);
    expect(pixels[2]).toBeLessThan(60);
  });

  it('keeps the profile of its colours', async () => {
    const { bytes } = await readable(await read('display-p3.heic'));
    expect((await sharp(bytes).metadata()).icc?.length).toBeGreaterThan(100);
  });

  it('is refused by its size before it is decoded', async () => {
    const limits = { ...DEFAULT_PHOTO_LIMITS, maximumPixels: 15_000 };
    const decoding = readablePhoto(await read('plain.heic'), limits, () => {
      throw new Error('it was decoded');
    });
    await expect(decoding).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message: expect.stringContaining('160 x 96') as string,
    });
    await expect(renderHeif(await read('plain.heic'), limits)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
  });

  it('is given up when it takes too long', async () => {
    await expect(
      renderHeif(await read('plain.heic'), { ...DEFAULT_PHOTO_LIMITS, maximumSeconds: 0.001 }),
    ).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE', message: 'Reading the picture took more than 0.003 s.' });
  });

  it.each([0.02, 0.3, 0.7, 0.98])('is refused when only %f of it is there', async (part) => {
    const whole = await read('tiles.heic');
    await expect(readable(whole.subarray(0, Math.floor(part * whole.length)))).rejects.toMatchObject({
      code: 'INVALID_IMAGE',
    });
  });

  it('with a bit turned over is read or refused, and nothing else', async () => {
    const whole = await read('tiles.heic');
    const outcomes = new Set<string>();
    for (let place = 5; place < whole.length; place += 61) {
      const damaged = Buffer.from(whole);
      damaged[place] = (damaged[place] ?? 0) ^ 0x10;
      const outcome = readable(damaged).then(async ({ bytes }) => typeof (await inspectPhoto(bytes)).width);
      outcomes.add(
        await outcome.catch((error: unknown) => (error instanceof EkphrasisError ? error.code : String(error))),
      );
    }
    expect(outcomes).toContain('INVALID_IMAGE');
    expect(['number', 'INVALID_IMAGE', 'IMAGE_TOO_LARGE']).toEqual(expect.arrayContaining([...outcomes]));
  });

  it('that is no JPEG yet is refused by what decodes JPEG', async () => {
    await expect(decodePhoto(await read('plain.heic'))).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
    await expect(shrinkPhoto(await read('plain.heic'), 320)).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
  });
});

test('what sharp reads stays as it is', async () => {
  const png = await read('reference.png');
  expect(await readable(png)).toEqual({ bytes: png, original: {} });
});

describe("a camera's raw file", () => {
  it('is seen by the largest JPEG in it, turned as the raw file says', async () => {
    const { bytes, original } = await readable(dngFile(await jpeg(16, 12, '#2020e0'), await jpeg(160, 96), 6));
    expect(original).toEqual({ mediaType: 'image/x-adobe-dng' });
    expect(await inspectPhoto(bytes)).toMatchObject({ width: 96, height: 160 });
    expect([...(await decodePhoto(bytes)).pixels.subarray(0, 3)].map((value) => value > 128)).toEqual([
      true,
      false,
      false,
    ]);
    expect(await sharp(await shrinkPhoto(bytes, 48)).metadata()).toMatchObject({ width: 48, height: 80 });
  });

  it("says more of the picture's orientation than the JPEG does", async () => {
    const turned = await sharp(await jpeg(160, 96))
      .withMetadata({ orientation: 8 })
      .toBuffer();
    const { bytes } = await readable(dngFile(await jpeg(16, 12), turned, 1));
    expect(await inspectPhoto(bytes)).toMatchObject({ width: 160, height: 96 });
  });

  it('of Canon, Nikon, Olympus and Panasonic is known by its directories', async () => {
    const preview = await jpeg(160, 96);
    const strip = { 0x0103: { short: 6 }, 0x0111: { placeOf: 'jpeg' }, 0x0117: { long: preview.length } };
    const cr2 = tiffFile({ directories: { main: { tags: strip } }, data: { jpeg: preview } });
    cr2.write('CR\x02\0', 8, 'latin1');
    const pointers = { 0x0201: { placeOf: 'jpeg' }, 0x0202: { long: preview.length } };
    const nef = tiffFile(
      {
        directories: {
          main: { tags: { 0x0106: { short: 2 }, 0x014a: { placeOf: 'preview' } } },
          preview: { tags: pointers, next: 'sensor' },
          sensor: { tags: { 0x0106: { short: 32_803 } } },
        },
        data: { jpeg: preview },
      },
      { littleEndian: false },
    );
    const orf = tiffFile({ directories: { main: { tags: pointers } }, data: { jpeg: preview } }, { magic: 0x4f52 });
    for (const file of [cr2, nef, orf])
      expect(await inspectPhoto((await readable(file)).bytes)).toMatchObject({ width: 160, height: 96 });
  });

  it("of Fujifilm is known by the file's head, and Canon's CR3 by its boxes", async () => {
    const preview = await jpeg(160, 96);
    const raf = Buffer.concat([Buffer.alloc(148), preview]);
    raf.write('FUJIFILMCCD-RAW ', 0, 'latin1');
    raf.writeUInt32BE(148, 84);
    raf.writeUInt32BE(preview.length, 88);
    const box = (type: string, ...content: Uint8Array[]) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0), 0);
      head.write(type, 4, 'latin1');
      return Buffer.concat([head, ...content]);
    };
    const numbers = (...values: number[]) => {
      const bytes = Buffer.alloc(4 * values.length);
      values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
      return bytes;
    };
    const start = box('ftyp', Buffer.from('crx \0\0\0\x01crx isom'));
    const films = (place: number) =>
      box(
        'moov',
        box(
          'trak',
          box(
            'mdia',
            box(
              'minf',
              box('stbl', box('stsz', numbers(0, 0, 1, preview.length)), box('co64', numbers(0, 1, 0, place))),
            ),
          ),
        ),
      );
    const cr3 = Buffer.concat([start, films(start.length + films(0).length + 8), box('mdat', preview)]);
    for (const [file, mediaType] of [
      [raf, 'image/x-fujifilm-raf'],
      [cr3, 'image/x-canon-cr3'],
    ] as const) {
      const { bytes, original } = await readable(file);
      expect(original.mediaType).toBe(mediaType);
      expect(Buffer.compare(bytes, preview)).toBe(0);
    }
  });

  it('without a JPEG, or cut short before it, is refused by its name', async () => {
    const whole = dngFile(await jpeg(16, 12), await jpeg(160, 96), 1);
    for (const file of [whole.subarray(0, 400), dngFile(Buffer.alloc(16), Buffer.alloc(16), 1)])
      await expect(readable(file)).rejects.toMatchObject({
        code: 'INVALID_IMAGE',
        message: expect.stringContaining('This DNG has no JPEG preview') as string,
      });
  });

  it('whose directories name each other in a circle, or many, is read all the same', async () => {
    const tags = { 0x014a: { placeOf: 'main' }, 0xc612: { long: 1 } };
    const circle = tiffFile({
      directories: { main: { tags, next: 'other' }, other: { tags, next: 'main' } },
      data: {},
    });
    await expect(readable(circle)).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
  });

  it('is no sound TIFF, though that has strips of JPEG', async () => {
    const tiff = await sharp(await jpeg(64, 48))
      .tiff({ compression: 'jpeg' })
      .toBuffer();
    expect(await readable(tiff)).toEqual({ bytes: tiff, original: {} });
    expect(await inspectPhoto(tiff)).toMatchObject({ width: 64, height: 48, mediaType: 'image/tiff' });
  });
});

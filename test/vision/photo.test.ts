import { deflateSync } from 'node:zlib';

import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';

import {
  decodePhoto,
  inspectPhoto,
  mirrorPhoto,
  normalise,
  normalisedRange,
  shrinkPhoto,
} from '../../src/vision/photo.js';
import { VGG16_INPUT } from '../../src/vision/vgg16/encoder.js';
import { drawnPicture, plainPicture } from './pictures.js';

/** Red, green and blue at a place given in hundredths of the picture's sides. */
async function colourAt(photo: Uint8Array, across: number, down: number): Promise<number[]> {
  const { pixels } = await decodePhoto(photo);
  const column = Math.floor((across / 100) * 223);
  const row = Math.floor((down / 100) * 223);
  const start = (row * 224 + column) * 3;
  return [...pixels.subarray(start, start + 3)];
}

/** Left half red, right half blue. */
async function halves(): Promise<Sharp> {
  const right = await plainPicture(0, 0, 255, 50, 60).png().toBuffer();
  return plainPicture(255, 0, 0, 100, 60).composite([{ input: right, left: 50, top: 0 }]);
}

/** Of two pictures' numbers. */
function meanDifference(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? NaN)), 0) / one.length;
}

/**
 * An upright picture as a camera stores it that notes this orientation (EXIF 2.3, 4.6.4): where the 0th row and the 0th
 * column are.
 */
async function storedFor(upright: Uint8Array, orientation: number): Promise<Uint8Array> {
  const { data, info } = await sharp(upright).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const across = orientation < 5 ? info.width : info.height;
  const down = orientation < 5 ? info.height : info.width;
  const stored = new Uint8Array(data.length);
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const [right, bottom] = [info.width - 1, info.height - 1];
      const [x, y] = [
        [column, row],
        [right - column, row],
        [right - column, bottom - row],
        [column, bottom - row],
        [row, column],
        [right - row, column],
        [right - row, bottom - column],
        [row, bottom - column],
      ][orientation - 1] ?? [0, 0];
      const from = ((y ?? 0) * info.width + (x ?? 0)) * 3;
      stored.set(data.subarray(from, from + 3), (row * across + column) * 3);
    }
  }
  return sharp(stored, { raw: { width: across, height: down, channels: 3 } })
    .png()
    .toBuffer();
}

const near = (colour: readonly number[], wanted: readonly number[]) => {
  colour.forEach((value, channel) => {
    expect(Math.abs(value - (wanted[channel] ?? -1))).toBeLessThanOrEqual(6);
  });
};

const refused = (code: string, text: string) =>
  expect.objectContaining({ name: 'EkphrasisError', code, message: expect.stringContaining(text) as string }) as Error;

describe('mirrorPhoto', () => {
  it('exchanges left and right of the upright photo and nothing else, without loss', async () => {
    const photo = await sharp(await drawnPicture(3, 640, 480))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const [{ pixels }, mirror] = await Promise.all([
      decodePhoto(photo),
      mirrorPhoto(photo).then((bytes) => decodePhoto(bytes)),
    ]);
    const place = (index: number) => {
      const [row, column, channel] = [Math.floor(index / 672), Math.floor(index / 3) % 224, index % 3];
      return (row * 224 + 223 - column) * 3 + channel;
    };
    expect(
      Buffer.compare(
        mirror.pixels,
        pixels.map((_, index) => pixels[place(index)] ?? 0),
      ),
    ).toBe(0);
  });

  it('refuses what is no photo', async () => {
    await expect(mirrorPhoto(new TextEncoder().encode('no photo'))).rejects.toEqual(refused('INVALID_IMAGE', ''));
  });
});

describe('decodePhoto', () => {
  it('gives 224 x 224 pixels of three channels and the size as seen', async () => {
    const { description, pixels } = await decodePhoto(await drawnPicture(1, 640, 480));
    expect(description).toEqual({ width: 640, height: 480, mediaType: 'image/png' });
    expect(pixels).toHaveLength(224 * 224 * 3);
  });

  it('squeezes the whole picture, so that both its edges are still there', async () => {
    const photo = await sharp(await (await halves()).png().toBuffer())
      .resize(2000, 100, { fit: 'fill' })
      .png()
      .toBuffer();
    expect(await colourAt(photo, 1, 50)).toEqual([255, 0, 0]);
    expect(await colourAt(photo, 99, 50)).toEqual([0, 0, 255]);
  });

  it('leaves a picture of 224 x 224 pixels as it is', async () => {
    const photo = await drawnPicture(5);
    const { data } = await sharp(photo).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(Buffer.compare((await decodePhoto(photo)).pixels, data)).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('shows a photo upright by its EXIF orientation %i', async (orientation) => {
    const upright = await drawnPicture(3, 320, 200);
    const stored = await storedFor(upright, orientation);
    const photo = await sharp(stored).withMetadata({ orientation }).png().toBuffer();
    const [{ description, pixels }, { pixels: wanted }, { pixels: asStored }] = await Promise.all([
      decodePhoto(photo),
      decodePhoto(upright),
      decodePhoto(stored),
    ]);
    expect(description).toEqual({ width: 320, height: 200, mediaType: 'image/png' });
    // Squeezing is not symmetrical to the last bit.
    expect(meanDifference(pixels, wanted)).toBeLessThan(2);
    if (orientation > 1) expect(meanDifference(asStored, wanted)).toBeGreaterThan(20);
  });

  it('lays what is transparent on white', async () => {
    const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } });
    expect(await colourAt(await clear.png().toBuffer(), 50, 50)).toEqual([255, 255, 255]);
    const half = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } });
    near(await colourAt(await half.webp({ lossless: true }).toBuffer(), 50, 50), [127, 127, 127]);
  });

  it('reads greyscale, with and without alpha, and 16 bits', async () => {
    const grey = plainPicture(80, 80, 80).toColourspace('b-w');
    expect(await colourAt(await grey.clone().png().toBuffer(), 50, 50)).toEqual([80, 80, 80]);
    near(await colourAt(await grey.clone().jpeg().toBuffer(), 50, 50), [80, 80, 80]);
    expect(await colourAt(await grey.clone().ensureAlpha(1).png().toBuffer(), 50, 50)).toEqual([80, 80, 80]);
    near(
      await colourAt(await plainPicture(200, 100, 50).toColourspace('rgb16').png().toBuffer(), 50, 50),
      [200, 100, 50],
    );
  });

  it('reads CMYK as the colours that are seen', async () => {
    const photo = await plainPicture(200, 60, 60).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(photo).metadata()).space).toBe('cmyk');
    const [red = 0, green = 0, blue = 0] = await colourAt(photo, 50, 50);
    expect(red).toBeGreaterThan(150);
    expect(Math.max(green, blue)).toBeLessThan(110);
  });

  it.each(['gif', 'webp'] as const)('sees the first frame of an animated %s', async (format) => {
    const frames = await Promise.all(
      [plainPicture(0, 200, 0), plainPicture(200, 0, 0)].map((frame) => frame.png().toBuffer()),
    );
    const animation = sharp(frames, { join: { animated: true } });
    const photo = await (format === 'gif' ? animation.gif() : animation.webp({ lossless: true })).toBuffer();
    expect((await sharp(photo).metadata()).pages).toBe(2);
    near(await colourAt(photo, 50, 50), [0, 200, 0]);
    expect(await inspectPhoto(photo)).toEqual({ width: 16, height: 16, mediaType: `image/${format}` });
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('reads %s', async (format) => {
    const photo = await plainPicture(30, 90, 160).toFormat(format).toBuffer();
    expect((await inspectPhoto(photo)).mediaType).toBe(`image/${format}`);
  });
});

describe('a PNG whose end is missing', () => {
  it.each([1, 6])('is read as far as it goes, with a notice (EXIF orientation %i)', async (orientation) => {
    const whole = await noise(200, 800).withMetadata({ orientation }).png().toBuffer();
    const cut = whole.subarray(0, whole.length * 0.97);
    const [{ description, pixels }, { description: wanted, pixels: complete }] = await Promise.all([
      decodePhoto(cut),
      decodePhoto(whole),
    ]);
    expect(description).toEqual({
      ...wanted,
      notice:
        'The end of the PNG is missing: it was read as far as it goes. Send it again if the lower edge looks wrong.',
    });
    let wrong = 0;
    pixels.forEach((value, index) => {
      if (Math.abs(value - (complete[index] ?? NaN)) > 2) wrong += 1;
    });
    expect(wrong / pixels.length).toBeLessThan(1 / 16 + 1 / 100);
    const { width, height } = await sharp(await shrinkPhoto(cut, 320)).metadata();
    expect([width, height]).toEqual([Math.min(320, wanted.width), orientation === 1 ? 800 : 80]);
  });
});

describe('what is no photo', () => {
  it.each([
    ['nothing at all', new Uint8Array(0), 'empty'],
    ['text', Buffer.from('not a picture'), 'no picture'],
    ['a zip', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(500)]), 'This is a ZIP file, no picture'],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
      'SVG is not supported: convert the picture to JPEG or PNG',
    ],
    ['a PDF', Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF'), 'This is a PDF file'],
    [
      'an MP4',
      Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(12)]),
      'Videos (MP4) are not supported',
    ],
    [
      'a Canon raw file',
      Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0', 'latin1'), Buffer.alloc(60)]),
      'This CR2 cannot be read',
    ],
    ['a Fujifilm raw file', Buffer.from('FUJIFILMCCD-RAW 0201'), 'This RAF cannot be read'],
    ['a Photoshop file', Buffer.from('8BPS\0\x01'), 'PSD is not supported'],
  ])('is refused: %s', async (_, bytes, text) => {
    await expect(inspectPhoto(bytes)).rejects.toThrow(refused('INVALID_IMAGE', text));
  });

  it('is refused: a HEIC photo of which nothing but the beginning is there', async () => {
    const photo = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(12)]);
    await expect(inspectPhoto(photo)).rejects.toThrow(
      refused('INVALID_IMAGE', 'This HEIC cannot be read: it is damaged, cut short'),
    );
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)(
    'is refused: a %s that ends in the middle',
    async (format) => {
      const photo = await sharp(await drawnPicture(2, 300, 300))
        .toFormat(format)
        .toBuffer();
      for (const part of [0.1, 0.5, 0.9]) {
        await expect(decodePhoto(photo.subarray(0, Math.floor(photo.length * part)))).rejects.toThrow(
          refused('INVALID_IMAGE', ''),
        );
      }
    },
  );

  it.each(['srgb', 'b-w', 'cmyk'] as const)(
    'is refused: a JPEG of the colours %s that ends in the middle',
    async (colours) => {
      const photo = await noise(600, 600).toColourspace(colours).jpeg().toBuffer();
      await expect(decodePhoto(photo.subarray(0, photo.length / 2))).rejects.toThrow(
        refused('INVALID_IMAGE', 'This JPEG cannot be read: it is damaged, cut short'),
      );
      expect((await decodePhoto(photo.subarray(0, photo.length - 2))).description.notice).toContain(
        'The end of the JPEG is missing',
      );
    },
  );

  it('is refused: a PNG that lacks more than a sixteenth of its lines, or any where it is interlaced', async () => {
    for (const photo of [
      await noise(200, 800).png().toBuffer(),
      await noise(200, 800).png({ progressive: true }).toBuffer(),
    ]) {
      await expect(decodePhoto(photo.subarray(0, photo.length * 0.9))).rejects.toThrow(
        refused('INVALID_IMAGE', 'This PNG cannot be read: it is damaged, cut short'),
      );
    }
  });

  it('is refused: a TIFF with 32 bits a channel, of which nobody knows what is white', async () => {
    const photo = Buffer.from(
      await plainPicture(9, 9, 9, 4, 4).toColourspace('b-w').tiff({ compression: 'none' }).toBuffer(),
    );
    await expect(decodePhoto(as32Bits(photo))).rejects.toThrow(
      refused('INVALID_IMAGE', 'TIFF with 32 bits a channel is not supported'),
    );
  });

  it('is refused: a picture with more pixels than the limit, before it is decoded', async () => {
    const photo = await plainPicture(9, 9, 9, 300, 200).png().toBuffer();
    const limits = { maximumPixels: 59_999, maximumSeconds: 10 };
    await expect(inspectPhoto(photo, limits)).rejects.toThrow(refused('IMAGE_TOO_LARGE', '300 x 200'));
    await expect(inspectPhoto(photo, { ...limits, maximumPixels: 60_000 })).resolves.toMatchObject({ width: 300 });
  });

  it('is refused: 30,000 x 30,000 pixels in a small file', async () => {
    await expect(inspectPhoto(hugePng(30_000, 30_000))).rejects.toThrow(
      refused('IMAGE_TOO_LARGE', '40 million pixels. This one has 30000 x 30000'),
    );
  });
});

describe('normalise', () => {
  it('is (x / 255 - mean) / deviation, channel after channel', () => {
    const pixels = new Uint8Array(224 * 224 * 3);
    pixels.set([0, 128, 255], 0);
    pixels.set([255, 1, 64], 3);
    const target = new Float32Array(3 * 224 * 224);
    normalise(pixels, VGG16_INPUT, target);
    const area = 224 * 224;
    // Computed from the definition in float64 with Python 3.11.
    const expected = [
      [0, -2.1179039301310043],
      [1, 2.2489082969432315],
      [area, 0.20518207282913148],
      [area + 1, -2.0182072829131656],
      [2 * area, 2.6400000000000006],
      [2 * area + 1, -0.6889760348583878],
    ] as const;
    for (const [index, value] of expected) expect(target[index]).toBeCloseTo(value, 5);
  });

  it('gives a network that was trained on blue first blue first, with the numbers of its channels', () => {
    const target = new Float32Array(3);
    normalise(
      Uint8Array.of(0, 51, 255),
      { side: 1, channels: 'BGR', mean: [0.5, 0.25, 0], deviation: [0.5, 0.25, 1 / 255] },
      target,
    );
    expect([...target]).toEqual([1, expect.closeTo(-0.2, 5), 0]);
  });

  it('states the range of what it gives', () => {
    const { minimum, maximum } = normalisedRange(VGG16_INPUT);
    expect(minimum).toBeCloseTo(-2.1179, 4);
    expect(maximum).toBeCloseTo(2.64, 6);
  });
});

/** The same numbers each time, so many that no file is small. */
function noise(width: number, height: number): Sharp {
  let state = 1;
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 48_271) % 0x7fffffff;
    return 32 + (state & 0x7f);
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** A TIFF of one byte a pixel that says four: BitsPerSample (tag 258) and a quarter of the width (256). */
function as32Bits(tiff: Buffer): Buffer {
  const directory = tiff.readUInt32LE(4);
  for (let entry = directory + 2; entry < directory + 2 + 12 * tiff.readUInt16LE(directory); entry += 12) {
    if (tiff.readUInt16LE(entry) === 258) tiff.writeUInt16LE(32, entry + 8);
    if (tiff.readUInt16LE(entry) === 256) tiff.writeUInt16LE(tiff.readUInt16LE(entry + 8) / 4, entry + 8);
  }
  return tiff;
}

/** A black PNG of one bit a pixel: a few kilobytes say 30,000 x 30,000. */
function hugePng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(1000));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePhoto, shrinkPhoto } from '../../src/vision/photo.js';

const read = (name: string) => readFile(join(import.meta.dirname, 'inputs', 'decode', name));

type Colour = readonly [number, number, number];

const WHITE: Colour = [255, 255, 255];

/** @param place row * 224 + column */
const colourAt = (pixels: Uint8Array, place: number): Colour => [
  pixels[3 * place] ?? NaN,
  pixels[3 * place + 1] ?? NaN,
  pixels[3 * place + 2] ?? NaN,
];

/** The mean difference of a file from what is wanted at each place, by the reference's colours. */
async function differenceFrom(
  name: string,
  wanted: (reference: (place: number) => Colour, place: number) => Colour,
): Promise<number> {
  const [{ pixels }, { pixels: reference }] = await Promise.all([
    decodePhoto(await read(name)),
    decodePhoto(await read('rgb-reference.png')),
  ]);
  let sum = 0;
  for (let place = 0; place < 224 * 224; place += 1) {
    const seen = colourAt(pixels, place);
    wanted((at) => colourAt(reference, at), place).forEach((value, channel) => {
      sum += Math.abs(value - (seen[channel] ?? NaN));
    });
  }
  return sum / pixels.length;
}

const meanDifference = (name: string) => differenceFrom(name, (reference, place) => reference(place));

test.each([
  'rgb-reference.jpg',
  'progressive.jpg',
  'exif-1.jpg',
  'icc-srgb.jpg',
  'icc-damaged.jpg',
  'trailing-junk.jpg',
  'two-pictures.mpo',
  'png-named.jpg',
  'rgb16.png',
  'animated.gif',
  'animated.png',
  'animated.webp',
  'multipage.tif',
  'plain.avif',
  'truncated-last-2-bytes.jpg',
])('%s looks like the reference', async (name) => {
  expect(await meanDifference(name)).toBeLessThan(1.5);
});

test('only the JPEG whose end is missing has a notice', async () => {
  expect((await decodePhoto(await read('truncated-last-2-bytes.jpg'))).description.notice).toContain(
    'end of the JPEG is missing',
  );
  expect((await decodePhoto(await read('rgb-reference.jpg'))).description.notice).toBeUndefined();
});

test.each([
  'truncated-half.jpg',
  'truncated.png',
  'empty.jpg',
  'html-error-page.jpg',
  'appledouble.jpg',
  'heic-brand.heic',
])('%s is refused', async (name) => {
  await expect(decodePhoto(await read(name))).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
});

/** The place in the stored picture of what is seen at a row and a column of 224, by EXIF orientation. */
const STORED_AT: ReadonlyMap<number, (row: number, column: number) => readonly [number, number]> = new Map([
  [1, (row, column) => [row, column]],
  [2, (row, column) => [row, 223 - column]],
  [3, (row, column) => [223 - row, 223 - column]],
  [4, (row, column) => [223 - row, column]],
  [5, (row, column) => [column, row]],
  [6, (row, column) => [223 - column, row]],
  [7, (row, column) => [223 - column, 223 - row]],
  [8, (row, column) => [column, 223 - row]],
]);

test.each([
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => `exif-${orientation}.jpg`),
  'exif-6.png',
  'exif-6.webp',
  'exif-6.avif',
])('%s shows the reference as its orientation says', async (name) => {
  const storedAt = STORED_AT.get(Number(name[5]));
  expect(
    await differenceFrom(name, (reference, place) => {
      const [row, column] = storedAt?.(Math.floor(place / 224), place % 224) ?? [0, 0];
      return reference(row * 224 + column);
    }),
  ).toBeLessThan(1.5);
});

test.each([
  'rgba8-right-half-transparent.png',
  'rgba16-right-half-transparent.png',
  'rgba-right-half-transparent.webp',
])('%s is white on the right', async (name) => {
  expect(await differenceFrom(name, (reference, place) => (place % 224 < 112 ? reference(place) : WHITE))).toBeLessThan(
    1.5,
  );
});

test('grey in fractions of 1 is as bright as grey in bytes', async () => {
  const [fractions, bytes] = await Promise.all(
    ['grey-float-0-1.tif', 'grey8.png'].map(async (name) => (await decodePhoto(await read(name))).pixels),
  );
  fractions?.forEach((value, place) => {
    expect(Math.abs(value - (bytes?.[place] ?? NaN))).toBeLessThanOrEqual(1);
  });
});

/** ITU-R BT.601's luma. */
const grey = ([red, green, blue]: Colour): Colour => {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [luma, luma, luma];
};

test.each(['grey.jpg', 'grey8.png', 'grey16.png', 'grey16.tif', 'icc-srgb-in-grey.jpg'])(
  '%s is the reference in grey',
  async (name) => {
    expect(await differenceFrom(name, (reference, place) => grey(reference(place)))).toBeLessThan(1.5);
  },
);

test('grey-alpha16-right-half-transparent.png is grey on the left and white on the right', async () => {
  const difference = await differenceFrom('grey-alpha16-right-half-transparent.png', (reference, place) =>
    place % 224 < 112 ? grey(reference(place)) : WHITE,
  );
  expect(difference).toBeLessThan(1.5);
});

test.each(['palette-transparent.png', 'palette-transparent.gif'])('%s is its colour or white', async (name) => {
  const { pixels } = await decodePhoto(await read(name));
  expect([[...pixels.subarray(0, 3)], [...pixels.subarray(-3)]]).toEqual([
    [204, 51, 51],
    [255, 255, 255],
  ]);
});

test.each(['cmyk.jpg', 'cmyk.tif', 'icc-srgb-in-cmyk.jpg'])(
  '%s is red on the left and blue on the right, less bright than on a screen',
  async (name) => {
    // An ink is not a light: without a profile nobody knows its colour nearer.
    expect(await differenceFrom(name, (reference, place) => reference(place))).toBeLessThan(30);
    const { pixels } = await decodePhoto(await read(name));
    const [left, right] = [colourAt(pixels, 112 * 224 + 40), colourAt(pixels, 112 * 224 + 180)];
    expect(left[0]).toBeGreaterThan(2 * Math.max(left[1], left[2]));
    expect(right[2]).toBeGreaterThan(1.7 * Math.max(right[0], right[1]));
  },
);

test.each(['one-bit.png', 'one-bit.tif'])('%s is black and white', async (name) => {
  const stored = await sharp(await read(name))
    .raw()
    .toBuffer();
  expect(new Set(stored)).toEqual(new Set([0, 255]));
  const { data } = await sharp(stored, { raw: { width: 96, height: 64, channels: 3 } })
    .resize(224, 224, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Buffer.compare((await decodePhoto(await read(name))).pixels, data)).toBe(0);
});

test.each([
  ['bmp.bmp', 'BMP'],
  ['jp2.jp2', 'JP2'],
  ['jxl-codestream.jxl', 'JXL'],
  ['jxl-container.jxl', 'JXL'],
])('%s is said to be %s, and what to do about it', async (name, format) => {
  const message = `${format} is not supported: convert the picture to JPEG or PNG first.`;
  await expect(decodePhoto(await read(name))).rejects.toMatchObject({ code: 'INVALID_IMAGE', message });
  await expect(shrinkPhoto(await read(name), 320)).rejects.toMatchObject({ code: 'INVALID_IMAGE', message });
});

test.each([5, 6, 7, 8])('exif-%i.jpg is turned upright', async (orientation) => {
  expect((await decodePhoto(await read(`exif-${orientation}.jpg`))).description).toMatchObject({
    width: 64,
    height: 96,
  });
});

test.each([
  ['tall-screenshot-790x36861.png', 640, [351, 16_383]],
  ['tall-screenshot-790x36861.png', 320, [320, 14_931]],
  ['20000x1.png', 640, [640, 1]],
  ['4x20000.png', 640, [3, 16_383]],
] as const)('the thumbnail of %s in width %i', async (name, width, size) => {
  const { width: across, height } = await sharp(await shrinkPhoto(await read(name), width)).metadata();
  expect([across, height]).toEqual(size);
});

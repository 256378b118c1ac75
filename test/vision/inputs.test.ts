import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePhoto, shrinkPhoto } from '../../src/vision/photo.js';

const read = (name: string) => readFile(join(import.meta.dirname, 'inputs', 'decode', name));

/** Mean difference of two pictures' values, 0 to 255. */
async function meanDifference(name: string, other: string): Promise<number> {
  const [{ pixels }, { pixels: wanted }] = await Promise.all([decodePhoto(await read(name)), decodePhoto(await read(other))]);
  return pixels.reduce((sum, value, index) => sum + Math.abs(value - (wanted[index] ?? 0)), 0) / pixels.length;
}

const LIKE_THE_REFERENCE = [
  'rgb-reference.png', 'rgb-reference.jpg', 'progressive.jpg', 'exif-1.jpg', 'icc-srgb.jpg', 'icc-damaged.jpg', 'trailing-junk.jpg', 'two-pictures.mpo',
  'png-named.jpg', 'rgb16.png', 'animated.gif', 'animated.png', 'animated.webp', 'multipage.tif', 'plain.avif', 'truncated-last-2-bytes.jpg', '20000x1.png', '79x3686.png',
];
/** Files whose names say another picture, with one that shows it. */
const LIKE_ANOTHER: readonly (readonly [string, string])[] = [
  ['grey.jpg', 'grey8.png'], ['grey16.png', 'grey8.png'], ['grey16.tif', 'grey8.png'], ['grey-float-0-1.tif', 'grey8.png'], ['icc-srgb-in-grey.jpg', 'grey8.png'],
  ['one-bit.tif', 'one-bit.png'], ['one-pixel.jpg', 'one-pixel.png'], ['palette-transparent.gif', 'palette-transparent.png'], ['cmyk.tif', 'cmyk.jpg'], ['icc-srgb-in-cmyk.jpg', 'cmyk.jpg'],
  ['rgba16-right-half-transparent.png', 'rgba8-right-half-transparent.png'], ['rgba-right-half-transparent.webp', 'rgba8-right-half-transparent.png'],
  ['exif-2.jpg', 'exif-3.jpg'], ['exif-4.jpg', 'exif-1.jpg'], ['exif-7.jpg', 'exif-8.jpg'], ['exif-6.png', 'exif-6.jpg'], ['exif-6.webp', 'exif-6.jpg'], ['exif-6.avif', 'exif-6.jpg'],
];
/** What is no picture, or a damaged one. */
const DAMAGED = ['truncated-half.jpg', 'truncated.png', 'empty.jpg', 'html-error-page.jpg', 'appledouble.jpg', 'lab.tif'];
const NOT_READ: readonly (readonly [string, string])[] = [
  ['bmp.bmp', 'BMP'], ['jp2.jp2', 'JP2'], ['jxl-codestream.jxl', 'JXL'], ['jxl-container.jxl', 'JXL'], ['heic-brand.heic', 'HEIC'], ['heic-mif1-brand.heic', 'HEIC'],
];

test.each(LIKE_THE_REFERENCE)('%s looks like the reference', async (name) => {
  expect(await meanDifference(name, 'rgb-reference.png')).toBeLessThan(1.5);
});

test.each(LIKE_ANOTHER)('%s looks like %s', async (name, other) => {
  expect(await meanDifference(name, other)).toBeLessThan(1.5);
});

test('the pictures that others are compared with show what their names say', async () => {
  const at = async (name: string, across: number, down: number) => {
    const { pixels } = await decodePhoto(await read(name));
    const start = (down * 224 + across) * 3;
    return [...pixels.subarray(start, start + 3)];
  };
  const [LEFT, RIGHT, TOP, BOTTOM] = [40, 180, 40, 180] as const;
  const reference = await at('rgb-reference.png', LEFT, TOP);
  // What is transparent is seen on white.
  for (const name of ['rgba8-right-half-transparent.png', 'palette-transparent.png', 'grey-alpha16-right-half-transparent.png']) {
    expect(await at(name, RIGHT, TOP), name).toEqual([255, 255, 255]);
  }
  expect(await at('rgba8-right-half-transparent.png', LEFT, TOP)).toEqual(reference);
  for (const name of ['grey8.png', 'one-bit.png', 'grey-alpha16-right-half-transparent.png']) {
    const [red, green, blue] = await at(name, LEFT, TOP);
    expect([green, blue], name).toEqual([red, red]);
  }
  // The same places, turned and mirrored as the EXIF orientation says (Exif 2.32, tag 274).
  const places = { 2: [RIGHT, TOP], 3: [RIGHT, BOTTOM], 4: [LEFT, BOTTOM], 5: [TOP, LEFT], 6: [BOTTOM, LEFT], 7: [BOTTOM, RIGHT], 8: [TOP, RIGHT] } as const;
  for (const [orientation, [across, down]] of Object.entries(places)) {
    const found = await at(`exif-${orientation}.jpg`, across, down);
    found.forEach((value, channel) => { expect(Math.abs(value - (reference[channel] ?? 0)), `exif-${orientation}.jpg`).toBeLessThan(6); });
  }
});

test('every file is looked at', async () => {
  const looked = [...LIKE_THE_REFERENCE, ...DAMAGED, ...NOT_READ.map(([name]) => name), ...LIKE_ANOTHER.flat()];
  const rest = (await readdir(join(import.meta.dirname, 'inputs', 'decode'))).filter((name) => !looked.includes(name));
  expect(rest.sort()).toEqual(['4x20000.png', 'exif-5.jpg', 'grey-alpha16-right-half-transparent.png', 'icc-wrong-space-lab-in-rgb.jpg', 'tall-screenshot-790x36861.png']);
});

test.each(['4x20000.png', 'icc-wrong-space-lab-in-rgb.jpg'])('%s is read', async (name) => {
  // Its colours are only nearly the reference's: a profile of another colour space, and 4 pixels for a breadth of 96.
  expect(await meanDifference(name, 'rgb-reference.png')).toBeLessThan(10);
});

test('only the JPEG whose end is missing has a notice', async () => {
  expect((await decodePhoto(await read('truncated-last-2-bytes.jpg'))).description.notice).toContain('end of the JPEG is missing');
  expect((await decodePhoto(await read('rgb-reference.jpg'))).description.notice).toBeUndefined();
});

test.each(DAMAGED)('%s is refused', async (name) => {
  await expect(decodePhoto(await read(name))).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
});

test.each(NOT_READ)('%s is refused by the name of its format, and not as damaged', async (name, format) => {
  const refusal = decodePhoto(await read(name));
  await expect(refusal).rejects.toMatchObject({ code: 'INVALID_IMAGE', message: expect.stringMatching(new RegExp(`${format}.* not read`)) as string });
  await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('damaged') as string });
});

test.each([5, 6, 7, 8])('exif-%i.jpg is turned upright', async (orientation) => {
  expect((await decodePhoto(await read(`exif-${orientation}.jpg`))).description).toMatchObject({ width: 64, height: 96 });
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

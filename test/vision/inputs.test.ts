import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePhoto, shrinkPhoto } from '../../src/vision/photo.js';

const read = (name: string) => readFile(join(import.meta.dirname, 'inputs', 'decode', name));

async function meanDifference(name: string): Promise<number> {
  const [{ pixels }, { pixels: wanted }] = await Promise.all([decodePhoto(await read(name)), decodePhoto(await read('rgb-reference.png'))]);
  return pixels.reduce((sum, value, index) => sum + Math.abs(value - (wanted[index] ?? 0)), 0) / pixels.length;
}

test.each([
  'rgb-reference.jpg', 'progressive.jpg', 'exif-1.jpg', 'icc-srgb.jpg', 'icc-damaged.jpg', 'trailing-junk.jpg', 'two-pictures.mpo', 'png-named.jpg',
  'rgb16.png', 'animated.gif', 'animated.png', 'animated.webp', 'multipage.tif', 'plain.avif', 'truncated-last-2-bytes.jpg',
])('%s looks like the reference', async (name) => {
  expect(await meanDifference(name)).toBeLessThan(1.5);
});

test('only the JPEG whose end is missing has a notice', async () => {
  expect((await decodePhoto(await read('truncated-last-2-bytes.jpg'))).description.notice).toContain('end of the JPEG is missing');
  expect((await decodePhoto(await read('rgb-reference.jpg'))).description.notice).toBeUndefined();
});

test.each(['truncated-half.jpg', 'truncated.png', 'empty.jpg', 'html-error-page.jpg', 'appledouble.jpg', 'heic-brand.heic'])('%s is refused', async (name) => {
  await expect(decodePhoto(await read(name))).rejects.toMatchObject({ code: 'INVALID_IMAGE' });
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

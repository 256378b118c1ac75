/** Photos turned by quarters, as somebody sees them who has turned them. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePhoto } from '../../src/vision/photo.js';
import { turnPhoto } from '../../src/vision/turn-photo.js';

test('a turned photo is what is seen of the photo when its file is turned', async () => {
  const photo = await sharp({
    create: {
      width: 48,
      height: 30,
      channels: 3,
      background: '#456',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  })
    .png()
    .toBuffer();
  const turned = await turnPhoto(photo, undefined, 16);
  for (const [index, degrees] of [90, 180, 270].entries()) {
    const file = await sharp(photo).rotate(degrees).png().toBuffer();
    const [expected, seen] = await Promise.all([
      decodePhoto(file, undefined, 16),
      decodePhoto(turned[index] ?? new Uint8Array(), undefined, 16),
    ]);
    const difference = Math.max(...expected.pixels.map((value, place) => Math.abs(value - (seen.pixels[place] ?? 0))));
    expect(difference, String(degrees)).toBeLessThanOrEqual(3);
  }
});

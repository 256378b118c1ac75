import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPhoto, captionPhoto } from '../../src/collection/caption-photo.js';
import { seeMirrored, seeStoredImages } from '../../src/collection/see-images.js';
import type { EncoderId, ImageId } from '../../src/ids.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { openTestCollection, picture, type TestCollection } from './seeing.js';

let collection: TestCollection;
beforeAll(async () => {
  collection = await openTestCollection();
});
afterAll(() => collection.close());

test('a photo gets a caption, and photo, features, regions and caption are kept', async () => {
  const { image, isNew, caption, model } = await captionPhoto({ bytes: await picture(1), name: 'one.png' }, collection);
  expect(isNew).toBe(true);
  expect(image).toMatchObject({ name: 'one.png', width: 49, height: 32, mediaType: 'image/png' });
  expect(caption.words.map(({ word }) => word).join(' ')).toBe(caption.text);
  expect(caption.logProbability).toBeLessThan(0);
  for (const { attention } of caption.words)
    expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 2);
  const kept = await collection.store.captions.generatedOf([image.id], model.id);
  expect(kept.get(image.id)).toMatchObject([{ text: caption.text }]);
  expect(await collection.store.features.find(image.id, collection.inference.encoder.id)).toHaveLength(512);
  expect(await collection.regions.read(collection.inference.encoder, image.sha256)).toBeDefined();
});

test('the same photo again is the same image with the same caption, and is not seen again', async () => {
  const bytes = await picture(2);
  const first = await captionPhoto({ bytes, name: 'first.png' }, collection);
  const encoded = collection.encoded();
  const again = await captionPhoto({ bytes, name: 'again.png' }, collection);
  expect(again).toMatchObject({ isNew: false, image: { id: first.image.id, name: 'first.png' } });
  expect(again.caption).toEqual(first.caption);
  expect(collection.encoded()).toBe(encoded);
});

test('the same photo twice at once is stored once', async () => {
  const photo = { bytes: await picture(3), name: 'at-once.png' };
  const both = await Promise.all([captionPhoto(photo, collection), captionPhoto(photo, collection)]);
  expect(both.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
  expect(both[0].image.id).toBe(both[1].image.id);
});

test('regions that are gone from the cache are made again from the stored photo', async () => {
  const { image } = await addPhoto({ bytes: await picture(4), name: 'four.png' }, collection);
  const [before] = await seeStoredImages([image.id], collection);
  const empty = { ...collection, regions: new RegionCache(new DerivedFiles(`${collection.directory}/other`)) };
  expect(await seeStoredImages([image.id, image.id], empty)).toEqual([before, before]);
  await expect(seeStoredImages(['nothing' as ImageId], collection)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a stored photo is seen in the mirror once, and that is no feature of it', async () => {
  const halves = await sharp(await picture(6))
    .resize(112, 224, { fit: 'fill' })
    .extend({ right: 112, background: '#00f' })
    .png()
    .toBuffer();
  const turned = await sharp(halves).flop().png().toBuffer();
  const { image } = await addPhoto({ bytes: halves, name: 'six.png' }, collection);
  const { image: other } = await addPhoto({ bytes: turned, name: 'turned.png' }, collection);
  const [mirrored] = await seeMirrored([image.id], collection);
  expect([mirrored]).toEqual(await seeStoredImages([other.id], collection));
  expect([mirrored]).not.toEqual(await seeStoredImages([image.id], collection));
  const encoded = collection.encoded();
  expect(await seeMirrored([image.id], collection)).toEqual([mirrored]);
  expect(collection.encoded()).toBe(encoded);
  await expect(seeMirrored(['nothing' as ImageId], collection)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test.each([
  ['0 bytes', new Uint8Array(), 'INVALID_IMAGE'],
  ['a zip renamed .jpg', new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0]), 'INVALID_IMAGE'],
  [
    'an SVG',
    new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>'),
    'INVALID_IMAGE',
  ],
  ['a file over the size limit', new Uint8Array(200_001), 'IMAGE_TOO_LARGE'],
])('%s is refused and nothing of it is kept', async (_, bytes, code) => {
  const before = (await collection.store.images.count()).count;
  await expect(captionPhoto({ bytes, name: 'bad.jpg' }, collection)).rejects.toMatchObject({ code });
  expect((await collection.store.images.count()).count).toBe(before);
});

test('a model of another encoder captions nothing, and the message says what to do', async () => {
  const photo = { bytes: await picture(5), name: 'five.png' };
  const other = {
    ...collection,
    inference: {
      ...collection.inference,
      encoder: { ...collection.inference.encoder, id: 'vgg16-int8-other' as EncoderId },
    },
  };
  await expect(captionPhoto(photo, other)).rejects.toMatchObject({
    code: 'ENCODER_MISMATCH',
    message: expect.stringMatching(/VGG16_PRECISION.*train/) as string,
  });
});

/** What phones and cameras write, through the real server and its process that sees and writes. */
import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeMirrored, seeStoredImages } from '../../src/collection/see-images.js';
import type { ImageId } from '../../src/ids.js';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { dngFile } from '../vision/raw-files.js';
import { captionImage, refusalOf } from './client.js';
import { addUntrainedModel, openTestServer, type TestServer, uploadForm } from './test-server.js';

const heif = (name: string) => readFile(join(import.meta.dirname, '..', 'vision', 'inputs', 'heif', name));
const jpeg = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#e02020' } })
    .jpeg()
    .toBuffer();

let server: TestServer;
let dng: Buffer;
beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
  dng = dngFile(await jpeg(16, 12), await jpeg(160, 96), 6);
});
afterAll(() => server.close());

const fetchImage = (sha256: string, query = '') => fetch(new URL(`/images/${sha256}${query}`, server.url));

test.each([
  ['a HEIC', () => heif('rotated.heic'), 'image/heic'],
  ["a camera's raw file", () => Promise.resolve(dng), 'image/x-adobe-dng'],
])('%s is captioned, kept as it came, and shown in copies', async (_, read, mediaType) => {
  const bytes = await read();
  const { id } = await captionImage(server, bytes, 'photo');
  const [image] = await server.application.store.images.findMany([id as ImageId]);
  expect(image).toMatchObject({ width: 96, height: 160, mediaType });
  const original = await fetchImage(image?.sha256 ?? '');
  expect(original.headers.get('content-type')).toBe(mediaType);
  expect(Buffer.compare(Buffer.from(await original.arrayBuffer()), bytes)).toBe(0);
  for (const width of [320, 2560]) {
    const copy = await fetchImage(image?.sha256 ?? '', `?width=${width}`);
    expect(copy.headers.get('content-type')).toBe('image/webp');
    expect(await sharp(await copy.arrayBuffer()).metadata()).toMatchObject({ format: 'webp', width: 96, height: 160 });
  }
  const query =
    'query ($upload: Upload) { similarImages(upload: $upload, first: 1) { edges { node { image { id } } } } }';
  const { data } = await server.post(uploadForm(query, [{ bytes, name: 'again' }]));
  expect(data).toEqual({ similarImages: { edges: [{ node: { image: { id } } }] } });
});

test('what is seen in a HEIC is seen again from the stored file, upright and mirrored', async () => {
  const { id } = await captionImage(server, await heif('plain.heic'), 'phone.heic');
  const collection = await server.application.collection();
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-regions-'));
  const emptied = { ...collection, regions: new RegionCache(new DerivedFiles(folder)) };
  const [kept] = await seeStoredImages([id as ImageId], collection);
  expect(await seeStoredImages([id as ImageId], emptied)).toEqual([kept]);
  const [mirrored] = await seeMirrored([id as ImageId], emptied);
  expect(mirrored).not.toEqual(kept);
  await rm(folder, { recursive: true });
});

test('half a HEIC is refused, and nothing of it stays', async () => {
  const whole = await heif('tiles.heic');
  const before = await server.application.store.images.count();
  const told = refusalOf(await server.captionImage(whole.subarray(0, whole.length / 2), 'half.heic'));
  expect(told).toMatchObject({ code: 'INVALID_IMAGE' });
  expect(told.message).toMatch(/^This HEIC cannot be read: it is damaged, cut short/);
  expect(await server.application.store.images.count()).toEqual(before);
});

test('a folder of them is imported; a film is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-formats-'));
  const files = {
    'a.HEIC': await heif('tiles.heic'),
    'b.dng': dngFile(await jpeg(16, 12), await jpeg(80, 60), 1),
    'c.jpg': await jpeg(40, 30),
    'd.heic': (await heif('ten-bit.heic')).subarray(0, 400),
    'film.jpg': Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.alloc(12)]),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const report = await server.application.importDataset(folder);
  expect(report.imported).toBe(3);
  const told = report.problems.map(({ message }) => message).join('\n');
  expect(told).toMatch(/This HEIC cannot be read.*d\.heic/);
  expect(told).toMatch(/Videos \(MP4\) are not supported.*film\.jpg/);
  await rm(folder, { recursive: true });
});

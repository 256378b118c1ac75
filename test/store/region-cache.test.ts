import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DerivedFiles } from '../../src/store/derived-files.js';
import { RegionCache } from '../../src/store/region-cache.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';
import { ENCODER, sha256Of } from './records.js';

const SEEN = { id: ENCODER, ...VGG16_SHAPE };

let directory: string;
let cache: RegionCache;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-regions-'));
  cache = new RegionCache(new DerivedFiles(directory));
});
afterAll(() => rm(directory, { recursive: true }));

const regions = Uint16Array.from({ length: 49 * 512 }, (_, index) => index);
const pathOf = (hash: string) => join(directory, 'cache', 'regions', ENCODER, hash.slice(0, 2), `${hash}.f16.br`);

test('regions come back bit for bit, for their encoder and photo only', async () => {
  const hash = sha256Of('photo');
  await cache.write(SEEN, hash, regions);
  expect(await cache.read(SEEN, hash)).toEqual(regions);
  expect(await cache.read(SEEN, sha256Of('another'))).toBeUndefined();
  expect(await readdir(join(directory, 'cache', 'regions', ENCODER, hash.slice(0, 2)))).toEqual([`${hash}.f16.br`]);
});

test('what a mirrored photo shows is kept beside what the photo shows', async () => {
  const hash = sha256Of('turned');
  await cache.write(SEEN, hash, regions.toReversed(), 'mirrored');
  expect(await cache.read(SEEN, hash)).toBeUndefined();
  await cache.write(SEEN, hash, regions);
  expect(await cache.read(SEEN, hash)).toEqual(regions);
  expect(await cache.read(SEEN, hash, 'mirrored')).toEqual(regions.toReversed());
});

test('a file that was cut short counts as missing', async () => {
  const hash = sha256Of('cut');
  await cache.write(SEEN, hash, regions);
  await truncate(pathOf(hash), 100);
  expect(await cache.read(SEEN, hash)).toBeUndefined();
});

test('a disk that refuses is a storage failure and leaves nothing half-written', async () => {
  const hash = sha256Of('refused');
  await mkdir(join(directory, 'cache', 'regions', ENCODER), { recursive: true });
  await writeFile(join(directory, 'cache', 'regions', ENCODER, hash.slice(0, 2)), '').catch(() => undefined);
  await expect(cache.write(SEEN, hash, regions)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

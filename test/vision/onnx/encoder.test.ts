import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHalf } from '../../../src/files/half.js';
import { describeEncoder, type Encoder } from '../../../src/vision/encoder.js';
import { openOnnxEncoder } from '../../../src/vision/onnx/encoder.js';
import { createVgg16Encoder } from '../../../src/vision/vgg16/encoder.js';
import { vgg16Graph } from '../../../src/vision/vgg16/graph.js';
import { randomVgg16Weights } from '../../../src/vision/vgg16/weights.js';
import { drawnPicture, plainPicture } from '../pictures.js';
import { BIAS, CHANNELS, GRID, SETTINGS, smallNetwork, WEIGHT, writeSmallNetwork } from './small-network.js';

let folder: string;
const opened: Encoder[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-onnx-'));
});
afterAll(async () => {
  for (const encoder of opened) await encoder.close();
  await rm(folder, { recursive: true });
});

async function open(name: string, settings: unknown = SETTINGS): Promise<Encoder> {
  const file = join(folder, `${name}.onnx`);
  await writeSmallNetwork(file, settings);
  const encoder = await openOnnxEncoder({ file });
  opened.push(encoder);
  return encoder;
}

async function seen(encoder: Encoder, photo: Uint8Array): Promise<{ pooled: Float32Array; regions: Float32Array }> {
  const [features] = await encoder.encode([photo]);
  if (!features) throw new Error('nothing was seen');
  return { pooled: features.pooled, regions: fromHalf(features.regions) };
}

test('a network of [n, c, h, w] says its shape, and sees what its numbers make of the colours', async () => {
  const encoder = await open('map');
  expect(encoder).toMatchObject({
    regions: GRID * GRID,
    regionSize: CHANNELS,
    pooledSize: CHANNELS,
    input: { side: 24, channels: 'RGB' },
  });
  expect(encoder.id).toMatch(/^onnx-[0-9a-f]{8}-[0-9a-f]{8}$/);
  const { pooled, regions } = await seen(encoder, await plainPicture(255, 51, 0).png().toBuffer());
  const colour = [1, -0.6, -1];
  const expected = Array.from({ length: CHANNELS }, (_, channel) =>
    Math.max(
      0,
      colour.reduce(
        (sum, value, from) => sum + value * (WEIGHT[from * CHANNELS + channel] ?? NaN),
        BIAS[channel] ?? NaN,
      ),
    ),
  );
  for (let place = 0; place < GRID * GRID; place++) {
    expected.forEach((value, channel) => {
      expect(regions[place * CHANNELS + channel]).toBeCloseTo(value, 2);
    });
  }
  expected.forEach((value, channel) => {
    expect(pooled[channel]).toBeCloseTo(value, 5);
  });
});

test('more photos than the network takes at once are seen as each of them alone; a bad one fails alone', async () => {
  const encoder = await open('batches');
  const photos = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((seed) => drawnPicture(seed)));
  const results = await encoder.encodeEach([...photos.slice(0, 5), Buffer.from('no photo'), ...photos.slice(5)]);
  expect(results.map(({ status }) => status)).toEqual([
    ...Array<string>(5).fill('fulfilled'),
    'rejected',
    ...Array<string>(5).fill('fulfilled'),
  ]);
  const features = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const place of [0, 3, 4, 9])
    expect((await encoder.encode(photos.slice(place, place + 1)))[0]).toEqual(features[place]);
});

test('[n, places, c] are the same regions in the same order, and leading places can be skipped', async () => {
  const photo = await drawnPicture(4);
  const map = await seen(await open('grid'), photo);
  const places = await seen(await open('places', { ...SETTINGS, regions: 'places' }), photo);
  expect(places).toEqual(map);
  const skipping = await open('skipping', { ...SETTINGS, regions: 'places', skip: 1, pooling: 'first' });
  expect(skipping.regions).toBe(35);
  const skipped = await seen(skipping, photo);
  expect(skipped.regions).toEqual(map.regions.slice(CHANNELS));
  skipped.pooled.forEach((value, channel) => {
    expect(value).toBeCloseTo(map.regions[channel] ?? NaN, 2);
  });
});

test('a photo as a whole is the mean of its places, the largest, or an output of the network', async () => {
  const photo = await drawnPicture(6);
  const { pooled, regions } = await seen(await open('mean'), photo);
  const channelOf = (channel: number) => regions.filter((_, place) => place % CHANNELS === channel);
  pooled.forEach((value, channel) => {
    expect(value).toBeCloseTo(channelOf(channel).reduce((sum, one) => sum + one) / 36, 2);
  });
  const largest = await seen(await open('largest', { ...SETTINGS, pooling: 'max' }), photo);
  largest.pooled.forEach((value, channel) => {
    expect(value).toBeCloseTo(Math.max(...channelOf(channel)), 2);
  });
  expect((await seen(await open('whole', { ...SETTINGS, pooled: 'whole' }), photo)).pooled).toEqual(largest.pooled);
});

test('VGG16 as a file sees bit by bit what VGG16 sees: in half precision, for any number of photos', async () => {
  const weights = randomVgg16Weights(3);
  const file = join(folder, 'vgg16.onnx');
  await writeFile(file, vgg16Graph(weights));
  await writeFile(join(folder, 'vgg16.json'), JSON.stringify({ side: 224, regions: 'regions', pooled: 'pooled' }));
  const [own, built] = await Promise.all([
    openOnnxEncoder({ file }),
    createVgg16Encoder(weights, { precision: 'fp32' }),
  ]);
  opened.push(own, built);
  expect({ ...describeEncoder(own), id: built.id }).toEqual(describeEncoder(built));
  const photos = await Promise.all([1, 2, 3].map((seed) => drawnPicture(seed, 300, 200)));
  expect(await own.encode(photos)).toEqual(await built.encode(photos));
});

test('the name is that of what is computed: the same files have it, another JSON another', async () => {
  const ids = await Promise.all([open('a'), open('b'), open('c', { ...SETTINGS, channels: 'BGR' })]).then((all) =>
    all.map(({ id }) => id),
  );
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(ids[2]?.slice(0, 13)).toBe(ids[0]?.slice(0, 13));
});

test.each([
  ['no JSON beside it', undefined, 'bad-0.json: it cannot be read'],
  ['a JSON that is none', '{', 'it is no JSON'],
  ['a JSON without a side', { ...SETTINGS, side: undefined }, 'side'],
  ['a JSON with a word that means nothing', { ...SETTINGS, meen: 1 }, 'meen'],
  [
    "a side that is not the network's",
    { ...SETTINGS, side: 32 },
    'float32 [4, 3, 24, 24]; float32 [n, 3, 32, 32] is wanted',
  ],
  ['an output that there is not', { ...SETTINGS, regions: 'last' }, 'has no output last, but map, places, whole'],
  [
    'an output of another shape',
    { ...SETTINGS, regions: 'whole' },
    'whole is [4, 16]; [n, c, side, side] or [n, places, c]',
  ],
  ['all places skipped', { ...SETTINGS, regions: 'places', skip: 36 }, '36 places, of which 36 are skipped'],
])('%s is refused, with what is wrong', async (_, settings, message) => {
  const file = join(folder, `bad-0.onnx`);
  await rm(file.replace('.onnx', '.json'), { force: true });
  await writeFile(file, smallNetwork());
  if (settings !== undefined)
    await writeFile(file.replace('.onnx', '.json'), typeof settings === 'string' ? settings : JSON.stringify(settings));
  await expect(openOnnxEncoder({ file })).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringContaining(message) as string,
  });
});

test('a file that is no network, or not there, is refused', async () => {
  const file = join(folder, 'text.onnx');
  await writeSmallNetwork(file);
  await writeFile(file, 'no network');
  await expect(openOnnxEncoder({ file })).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringContaining('ONNX Runtime cannot load it') as string,
  });
  await expect(openOnnxEncoder({ file: join(folder, 'nowhere.onnx') })).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringContaining('nowhere.onnx') as string,
  });
});

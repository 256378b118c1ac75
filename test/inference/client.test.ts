import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import type { EncoderId } from '../../src/ids.js';
import { InferenceClient } from '../../src/inference/client.js';
import { writeSearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { smallSearchCheckpoint } from '../joint-embedding/small-search-model.js';
import { drawnPicture } from '../vision/pictures.js';
import { untrainedCheckpoint } from '../captioner/untrained.js';

const failure = (code: string, text = '') =>
  expect.objectContaining({ name: 'EkphrasisError', code, message: expect.stringContaining(text) as string }) as Error;

/** Processes this one has started, by their id. */
function children(): number[] {
  const listing = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return listing.split('\n').flatMap((line) => (line.includes('inference-process') ? [Number.parseInt(line, 10)] : []));
}

describe('InferenceClient', () => {
  let folder = '';
  let client: InferenceClient;
  let photos: Uint8Array[];
  const encoder = () => ({ weights: 'random:5', precision: 'int8', cacheDirectory: folder, threads: 1 }) as const;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ekphrasis-inference-'));
    photos = await Promise.all([0, 1, 2].map((seed) => drawnPicture(seed, 64, 64)));
    client = await InferenceClient.start({ encoder: encoder() });
  });
  afterAll(async () => {
    await client.close();
    await rm(folder, { recursive: true });
  });

  it('encodes in another process, in the order of the photos', async () => {
    expect(client.encoder.id).toMatch(/^vgg16-fp32-[0-9a-f]{8}-fill224$/);
    const together = await client.encode(photos);
    expect(
      together.map(({ pooled, regions }) => [pooled.constructor, pooled.length, regions.constructor, regions.length]),
    ).toEqual(photos.map(() => [Float32Array, 512, Uint16Array, 49 * 512]));
    const [alone] = await client.encode(photos.slice(1, 2));
    expect(alone?.regions).toEqual(together[1]?.regions);
    expect(together[0]?.regions).not.toEqual(together[1]?.regions);
  });

  it('carries errors over with code and message, and a bad photo does not spoil what others asked for', async () => {
    const [good, bad] = await Promise.allSettled([
      client.encode(photos.slice(0, 1)),
      client.encode([Buffer.from('no photo')]),
    ]);
    expect(good.status).toBe('fulfilled');
    await expect(Promise.reject(bad.status === 'rejected' ? (bad.reason as Error) : new Error())).rejects.toThrow(
      failure('INVALID_IMAGE', 'JPEG'),
    );
  });

  it('captions with a checkpoint, and again when the file has changed', async () => {
    const path = join(folder, 'tiny.safetensors');
    await writeFile(path, writeCheckpoint(untrainedCheckpoint(client.encoder.id), 'fp32'));
    const features = await client.encode(photos);
    const captions = await client.caption(
      path,
      features.map(({ regions }) => regions),
      { beamWidth: 2, maximumLength: 5 },
    );
    expect(captions).toHaveLength(3);
    for (const [best] of captions) {
      expect(best?.text.split(' ').filter((word) => word !== '')).toEqual(best?.words.map(({ word }) => word));
      for (const { attention } of best?.words ?? []) expect(attention).toHaveLength(49);
      expect(best?.logProbability).toBeLessThan(0);
    }

    await writeFile(path, 'damaged');
    await expect(
      client.caption(
        path,
        features.slice(0, 1).map(({ regions }) => regions),
      ),
    ).rejects.toThrow(failure('INVALID_CHECKPOINT'));
  });

  it('says what to do when the model saw with other eyes, and when there is none', async () => {
    const path = join(folder, 'other.safetensors');
    await writeFile(
      path,
      writeCheckpoint(untrainedCheckpoint('vgg16-int8-00000000-00000000-fill224' as EncoderId), 'fp16'),
    );
    const regions = [new Uint16Array(49 * 512)];
    await expect(client.caption(path, regions)).rejects.toThrow(failure('ENCODER_MISMATCH', 'VGG16_PRECISION'));
    await expect(client.caption(join(folder, 'none'), regions)).rejects.toThrow(failure('NO_MODEL', 'none'));
  });

  it('embeds sentences and photos in another process as the model does in this one', async () => {
    const path = join(folder, 'search.safetensors');
    const file = writeSearchCheckpoint(smallSearchCheckpoint(client.encoder.id, ['a', 'red', 'boat']), 'fp16');
    await writeFile(path, file);
    const texts = [
      'a red boat',
      'zeppelin',
      ...Array.from({ length: 300 }, (_, place) => `a boat ${'red '.repeat(place % 9)}`),
    ];
    const regions = (await client.encode(photos)).map((features) => features.regions);
    const model = SearchModel.open(file);
    expect(await client.embedTexts(path, texts)).toEqual(await model.embedTexts(texts));
    expect(await client.embedImages(path, regions)).toEqual(await model.embedImages(regions));
    await model.close();
    await expect(client.embedTexts(join(folder, 'none'), ['a boat'])).rejects.toThrow(failure('NO_MODEL', 'none'));
    const other = join(folder, 'other-search.safetensors');
    await writeFile(
      other,
      writeSearchCheckpoint(smallSearchCheckpoint('vgg16-int8-00000000-00000000-fill224' as EncoderId, ['a']), 'fp16'),
    );
    expect(await client.embedTexts(other, ['a'])).toHaveLength(1);
    await expect(client.embedImages(other, regions)).rejects.toThrow(failure('ENCODER_MISMATCH', 'VGG16_PRECISION'));
  });

  it('lets people pass before an import', async () => {
    const order: string[] = [];
    const many = Array.from({ length: 24 }, () => photos[0] ?? new Uint8Array(0));
    const imported = client.encode(many, { priority: 'background' }).then(() => order.push('import'));
    const person = client.encode(photos.slice(2)).then(() => order.push('person'));
    await Promise.all([imported, person]);
    expect(order).toEqual(['person', 'import']);
  });

  it('lets a query pass before photos that are being indexed', async () => {
    const path = join(folder, 'search.safetensors');
    await writeFile(
      path,
      writeSearchCheckpoint(smallSearchCheckpoint(client.encoder.id, ['a', 'red', 'boat']), 'fp16'),
    );
    const order: string[] = [];
    const many = Array.from({ length: 600 }, () => new Uint16Array(49 * 512));
    const indexed = client.embedImages(path, many, { priority: 'background' }).then(() => order.push('index'));
    const query = client.embedTexts(path, ['a red boat']).then(() => order.push('query'));
    await Promise.all([indexed, query]);
    expect(order).toEqual(['query', 'index']);
  });

  it('rejects what a crashed process was busy with, and starts a new one for the next call', async () => {
    const busy = client.encode(Array.from({ length: 16 }, () => photos[0] ?? new Uint8Array(0)));
    const [before] = children();
    expect(before).toBeDefined();
    process.kill(before ?? 0, 'SIGKILL');
    await expect(busy).rejects.toThrow(failure('PROCESS_FAILED', 'SIGKILL'));
    await expect(client.encode(photos.slice(0, 1))).resolves.toHaveLength(1);
    expect(children()).not.toContain(before);
  });

  it('does not start with a damaged checkpoint, and leaves no process behind', async () => {
    const running = children();
    const path = join(folder, 'damaged.safetensors');
    await writeFile(path, 'damaged');
    await expect(InferenceClient.start({ encoder: encoder(), checkpointPath: path })).rejects.toThrow(
      failure('INVALID_CHECKPOINT'),
    );
    expect(children()).toEqual(running);
  });

  it('ends its process when it is closed, and refuses work afterwards', async () => {
    const other = await InferenceClient.start({ encoder: encoder() });
    const count = children().length;
    const refusal = expect(other.encode(photos)).rejects.toThrow(failure('PROCESS_FAILED', 'shutting down'));
    await other.close();
    await refusal;
    expect(children()).toHaveLength(count - 1);
    await expect(other.encode(photos)).rejects.toThrow(failure('PROCESS_FAILED', 'shutting down'));
  });
});

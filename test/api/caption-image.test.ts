import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture } from '../collection/seeing.js';
import { captionImage, refusal, refusalOf, sendFiles } from './client.js';
import { addUntrainedModel, MAXIMUM_UPLOAD, openTestServer, type TestServer } from './test-server.js';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
});
afterAll(() => server.close());

test('an uploaded photo comes back with its id, its caption and the probability of every word', async () => {
  const { id, text, words, duplicate, image } = await captionImage(server, await picture(1), 'one.png');
  expect(duplicate).toBe(false);
  expect(words.map(({ word }) => word).join(' ')).toBe(text);
  for (const { probability } of words) expect(probability).toSatisfy((value: number) => value > 0 && value <= 1);
  expect(image.name).toBe('one.png');
  expect((await server.application.store.images.list({ limit: 1 })).items).toMatchObject([{ id, name: 'one.png' }]);
});

test('the same photo again is a success with the same id and caption', async () => {
  const bytes = await picture(2);
  const first = await captionImage(server, bytes, 'first.png');
  const again = await captionImage(server, bytes, 'again.png');
  expect(again).toEqual({ ...first, duplicate: true });
});

test('the same photo many times at once is stored once', async () => {
  const before = (await server.application.store.images.count()).count;
  const bytes = await picture(3);
  const all = await Promise.all(Array.from({ length: 6 }, () => captionImage(server, bytes)));
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  expect((await server.application.store.images.count()).count).toBe(before + 1);
});

describe('what cannot be captioned is refused by a code, with a message, and leaves nothing behind', () => {
  const firstHalf = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2);
  const whole = () => sharp({ create: { width: 200, height: 150, channels: 3, background: '#d62020' } }).jpeg().toBuffer();
  test.each<[string, () => Promise<Uint8Array>, string]>([
    ['text', () => Promise.resolve(new TextEncoder().encode('I am no picture')), 'INVALID_IMAGE'],
    ['0 bytes', () => Promise.resolve(new Uint8Array()), 'INVALID_IMAGE'],
    ['a zip renamed .jpg', () => Promise.resolve(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0])), 'INVALID_IMAGE'],
    ['an SVG', () => Promise.resolve(new TextEncoder().encode(SVG)), 'INVALID_IMAGE'],
    ['half a JPEG', async () => firstHalf(await whole()), 'INVALID_IMAGE'],
    ['30,000 x 30,000 pixels', hugePng, 'IMAGE_TOO_LARGE'],
    ['a file over the limit', () => Promise.resolve(new Uint8Array(MAXIMUM_UPLOAD + 1)), 'IMAGE_TOO_LARGE'],
  ])('%s', async (_, bytes, code) => {
    const before = (await server.application.store.images.count()).count;
    const told = refusalOf(await server.captionImage(await bytes(), 'bad.jpg'));
    expect(told.code).toBe(code);
    expect(told.message).toMatch(/\w+ \w+/);
    expect((await server.application.store.images.count()).count).toBe(before);
    expect((await captionImage(server, await picture(1))).id).not.toBe('');
  });

  test('a file of 200 MB', async () => {
    const { code, message } = refusalOf(await server.captionImage(new Uint8Array(MAXIMUM_UPLOAD * 1000), 'huge.jpg'));
    expect(code).toBe('IMAGE_TOO_LARGE');
    expect(message).toContain('MAX_UPLOAD_BYTES');
  });

  test('more files than a request may have', async () => {
    const files = Array.from({ length: 20 }, (_, index) => ({ bytes: new Uint8Array([index]), name: `${index}.png` }));
    const { code, message } = refusalOf(await sendFiles(server, files));
    expect(code).toBe('REQUEST_TOO_LARGE');
    expect(message).toContain('Send the others with another request');
  });

  test('a photo that is sent as a value: the message shows how a file is sent', async () => {
    const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { id } }';
    const { code, message } = await refusal(server, query, { upload: 'photo.jpg' });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain('multipart');
  });

  test('a multipart request that is none', async () => {
    const headers = { 'apollo-require-preflight': '1', 'content-type': 'multipart/form-data; boundary=x' };
    const response = await fetch(server.url, { method: 'POST', headers, body: 'nothing of the kind' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('BAD_REQUEST');
    expect(server.logged).toEqual([]);
  });
});

test('an upload that another site might have forged is refused, and the message names the header', async () => {
  const { code, message } = refusalOf(await sendFiles(server, [{ bytes: await picture(4), name: 'forged.png' }], {}));
  expect(code).toBe('BAD_REQUEST');
  expect(message).toContain('apollo-require-preflight');
  expect((await server.application.store.images.list({ limit: 1 })).items[0]?.name).not.toBe('forged.png');
});

describe('a stored photo is served as it came', () => {
  test('with its type, never to be sniffed, for ever', async () => {
    const bytes = await picture(5);
    const { image } = await captionImage(server, bytes);
    const response = await fetch(new URL(image.url, server.url));
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(bytes));
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toMatch(/immutable/);
  });

  test.each(['0'.repeat(64), 'no-hash', '..%2F..%2Fetc%2Fpasswd'])('there is none at %s', async (name) => {
    expect((await fetch(new URL(`/images/${name}`, server.url))).status).toBe(404);
  });
});

/** A PNG that says it has 30,000 x 30,000 pixels, of which the first few are there. */
async function hugePng(): Promise<Uint8Array> {
  const png = Buffer.from(await picture(6));
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  // The checksum of the header's name and content.
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

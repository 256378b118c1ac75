import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { picture } from '../collection/seeing.js';
import { newImage, sha256Of } from '../store/records.js';
import { captionImage, refusal, refusalOf, sendFiles } from './client.js';
import {
  addUntrainedModel,
  CAPTION_IMAGE,
  MAXIMUM_UPLOAD,
  openTestServer,
  type TestServer,
  uploadForm,
} from './test-server.js';

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
  const whole = () =>
    sharp({ create: { width: 200, height: 150, channels: 3, background: '#d62020' } })
      .jpeg()
      .toBuffer();
  test.each<[string, () => Promise<Uint8Array>, string]>([
    ['text', () => Promise.resolve(new TextEncoder().encode('I am no picture')), 'INVALID_IMAGE'],
    ['0 bytes', () => Promise.resolve(new Uint8Array()), 'INVALID_IMAGE'],
    [
      'a zip renamed .jpg',
      () => Promise.resolve(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0])),
      'INVALID_IMAGE',
    ],
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

  test.each([
    ['no name', '', /did not arrive/, 'UPLOAD_MISSING'],
    ['an empty name', '; filename=""', /did not arrive/, 'UPLOAD_MISSING'],
    ['a name that nothing is drawn of', "; filename*=utf-8''%20%E2%80%8B", /has no name/, 'BAD_USER_INPUT'],
    ['a control character in its name', "; filename*=utf-8''ring%07.png", /U\+0007/, 'BAD_USER_INPUT'],
    ['a NUL in its name', "; filename*=utf-8''zero%00.png", /U\+0000/, 'BAD_USER_INPUT'],
    ['a header that is none', '; filename="ring\u0007.png"', /Malformed part header/, 'BAD_MULTIPART'],
  ])('a photo with %s', async (_, filename, message, code) => {
    const part = (name: string, content: string) =>
      `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
    const operations =
      part('operations', JSON.stringify({ query: CAPTION_IMAGE, variables: { upload: null } })) +
      part('map', '{"0":["variables.upload"]}');
    const head = `--x\r\nContent-Disposition: form-data; name="0"${filename}\r\nContent-Type: image/png\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(operations + head), await picture(6), Buffer.from('\r\n--x--\r\n')]);
    const headers = { 'apollo-require-preflight': '1', 'content-type': 'multipart/form-data; boundary=x' };
    const response = await fetch(server.url, { method: 'POST', headers, body });
    const { errors } = z
      .object({
        errors: z
          .array(z.object({ message: z.string().regex(message), extensions: z.object({ code: z.string() }) }))
          .length(1),
      })
      .parse(await response.json());
    expect(errors[0]?.extensions.code).toBe(code);
    expect((await server.application.store.images.findBySha256([sha256Of(await picture(6))])).size).toBe(0);
  });

  test('a file that is announced and does not come', async () => {
    const form = uploadForm(CAPTION_IMAGE, [{ bytes: await picture(6), name: 'missing.png' }]);
    form.delete('0');
    expect(refusalOf(await server.post(form))).toMatchObject({
      code: 'UPLOAD_MISSING',
      message: expect.stringContaining('did not arrive') as string,
    });
  });

  test('a multipart request that is none', async () => {
    const headers = { 'apollo-require-preflight': '1', 'content-type': 'multipart/form-data; boundary=x' };
    const response = await fetch(server.url, { method: 'POST', headers, body: 'nothing of the kind' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('UPLOAD_INCOMPLETE');
    expect(server.logged).toEqual([]);
  });
});

test('an upload that another site might have forged is refused, and the message names the header', async () => {
  const { code, message } = refusalOf(await sendFiles(server, [{ bytes: await picture(4), name: 'forged.png' }], {}));
  expect(code).toBe('BAD_REQUEST');
  expect(message).toContain('apollo-require-preflight');
  expect((await server.application.store.images.list({ limit: 1 })).items[0]?.name).not.toBe('forged.png');
});

test('a JPEG without its last bytes is captioned, and what is missing is told', async () => {
  const bytes = await readFile(new URL('../vision/inputs/decode/truncated-last-2-bytes.jpg', import.meta.url));
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { text notices image { name } } }';
  const { data } = await server.post(uploadForm(query, [{ bytes, name: 'cut.jpg' }]));
  expect(data).toMatchObject({
    captionImage: { image: { name: 'cut.jpg' }, notices: [expect.stringContaining('end of the JPEG is missing')] },
  });
  const whole = await server.post(uploadForm(query, [{ bytes: await picture(7), name: 'whole.png' }]));
  expect(whole.data).toMatchObject({ captionImage: { notices: [] } });
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

  test('a long one comes whole, and only as far as it is asked for', async () => {
    const bytes = Uint8Array.from({ length: 2_500_000 }, (_, index) => (index * 31) % 251);
    const image = { ...newImage('long.png'), bytes, sha256: sha256Of(bytes) };
    await server.application.store.images.add([image]);
    const url = new URL(`/images/${image.sha256}`, server.url);
    const response = await fetch(url);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(sha256Of(new Uint8Array(await response.arrayBuffer()))).toBe(image.sha256);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
  });

  test.each([
    ['0'.repeat(64), 404, 'NOT_FOUND'],
    ['no-hash', 400, 'BAD_USER_INPUT'],
    ['%00', 400, 'BAD_USER_INPUT'],
    ['%', 400, 'BAD_REQUEST'],
    ['..%2F..%2Fetc%2Fpasswd', 400, 'BAD_USER_INPUT'],
  ])('there is none at %s', async (name, status, code) => {
    const response = await fetch(new URL(`/images/${name}`, server.url));
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status,
      body: { errors: [{ extensions: { code } }] },
    });
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

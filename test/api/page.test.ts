import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { addUntrainedModel, openTestServer, type TestServer, uploadForm } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const at = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, server.url), { headers });

describe('the page', () => {
  test.each(['/', '/photos', '/photos/01900000-0000-7000-8000-000000000000', '/training', '/report', '/datasets'])(
    '%s is a view that can be opened and linked to',
    async (path) => {
      const response = await at(path, BROWSER);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/html');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain('<div id="page">');
    },
  );

  test('may load and run nothing but its own files, and be shown in no frame', async () => {
    const { headers } = await at('/', BROWSER);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('names its files by their content, so that they are fetched once', async () => {
    const html = await (await at('/', BROWSER)).text();
    const files = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
    expect(files.length).toBeGreaterThan(1);
    for (const path of files) {
      const response = await at(path);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      await response.arrayBuffer();
    }
  });

  test('is for who asks for HTML: a program is greeted in plain text, or told what is not there', async () => {
    expect((await at('/')).headers.get('content-type')).toContain('text/plain');
    expect((await at('/photos')).status).toBe(404);
    expect((await at('/assets/none.js', BROWSER)).status).toBe(404);
  });
});

describe('a small copy of a photo', () => {
  let url: string;
  beforeAll(async () => {
    await addUntrainedModel(server.application);
    // As a camera held upright writes it: turned by its EXIF data.
    const photo = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#884422' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { data } = await server.post(
      uploadForm('mutation ($upload: Upload!) { captionImage(upload: $upload) { image { url } } }', [
        { bytes: photo, name: 'upright.jpg' },
      ]),
    );
    url = z.object({ captionImage: z.object({ image: z.object({ url: z.string() }) }) }).parse(data).captionImage
      .image.url;
  });

  test.each([320, 640])('%i pixels wide is upright and may be kept for ever', async (width) => {
    const response = await at(`${url}?width=${width}`);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('cache-control')).toContain('immutable');
    const copy = await sharp(await response.arrayBuffer()).metadata();
    expect(copy).toMatchObject({ width: Math.min(width, 600), height: Math.min(width, 600) * 1.5 });
  });

  test('is the same when many ask at once, and when it is asked for again', async () => {
    const copies = await Promise.all(
      Array.from({ length: 8 }, async () => Buffer.from(await (await at(`${url}?width=320`)).arrayBuffer())),
    );
    for (const copy of copies) expect(copy.equals(copies[0] ?? Buffer.of())).toBe(true);
    const { headers } = await at(`${url}?width=320`);
    expect(
      (await at(`${url}?width=320`, { 'if-none-match': headers.get('etag') ?? '', 'cache-control': 'max-age=0' }))
        .status,
    ).toBe(304);
  });

  test('has one of two widths; others are refused', async () => {
    for (const width of ['100000', '0', 'x', '']) expect((await at(`${url}?width=${width}`)).status).toBe(400);
  });
});

describe('the explorer at /graphql', () => {
  test('is found by browsers and loads from this server alone; programs find GraphQL', async () => {
    const response = await at('/graphql', BROWSER);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await response.text();
    expect(html).toContain('Altair');
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
    expect((await at('/graphql/main.js')).status).toBe(200);
    const query = await at('/graphql?query={__typename}', { 'apollo-require-preflight': '1' });
    expect(await query.json()).toMatchObject({ data: { __typename: 'Query' } });
  });

  test('is not there when it is off', async () => {
    const quiet = await openTestServer({ GRAPHQL_EXPLORER: 'off' });
    const response = await fetch(quiet.url, { headers: BROWSER });
    expect(await response.text()).not.toContain('Altair');
    await quiet.close();
  });
});

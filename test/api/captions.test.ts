/** The plain API over HTTP: captions of photos, texts by hash or external id, and how it says no. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { untrainedCheckpoint, SMALL } from '../captioner/untrained.js';
import { altAnswerSchema, captionAnswerSchema } from '../../src/api/rest/schemas.js';
import { problemSchema } from '../../src/api/rest/problem.js';
import { writeCheckpoint } from '../../src/captioner/checkpoint.js';
import { picture } from '../collection/seeing.js';
import { sha256Of } from '../store/records.js';
import { ask, captionImage } from './client.js';
import { addUntrainedModel, MAXIMUM_UPLOAD, openTestServer, type TestServer } from './test-server.js';

type Body = Exclude<RequestInit['body'], null | undefined>;

const urlOf = (server: TestServer, path: string) => new URL(path, server.url);

const post = (server: TestServer, body: Body, headers: Record<string, string> = {}, query = '') =>
  fetch(urlOf(server, `/v1/captions${query}`), { method: 'POST', body, headers });

const postJson = (server: TestServer, body: unknown, headers: Record<string, string> = {}) =>
  post(server, JSON.stringify(body), { 'content-type': 'application/json', ...headers });

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function formOf(bytes: Uint8Array, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), 'sent.png');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

async function answerOf(response: Response) {
  const body: unknown = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(body));
  return captionAnswerSchema.parse(body);
}

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return { status: problem.status, code: problem.code, detail: problem.detail };
}

const countImages = async ({ application }: TestServer) => {
  const { rows } = await application.store.executeSql('SELECT count(*)::int AS count FROM "Image"', []);
  return z.tuple([z.object({ count: z.number() })]).parse(rows)[0].count;
};

const filesOf = ({ application }: TestServer, ...path: string[]) =>
  readdir(join(application.config.dataDirectory, ...path), { recursive: true }).catch(() => []);

describe('POST /v1/captions', () => {
  let server: TestServer;
  let photos: Server;
  let photoUrl: string;
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await picture(1);
    photos = createServer((request, response) => {
      if (request.url?.endsWith('.png')) response.end(bytes);
      else if (request.url === '/inward') response.writeHead(302, { location: 'http://127.0.0.1:1/photo.png' }).end();
      else response.writeHead(404).end('nothing');
    });
    await new Promise<void>((resolve) => photos.listen(0, '127.0.0.1', resolve));
    const { port } = photos.address() as AddressInfo;
    photoUrl = `http://127.0.0.1:${port}/a%20photo.png`;
    server = await openTestServer({ FETCH_ALLOW: `127.0.0.1:${port}` });
    await addUntrainedModel(server.application);
  });
  afterAll(async () => {
    await server.close();
    photos.close();
  });

  test('captions the same photo the same, however it is sent, and keeps nothing of it', async () => {
    const before = await filesOf(server);
    const answers = [
      await answerOf(await postJson(server, { base64: base64Of(bytes), candidates: 3, words: true })),
      await answerOf(
        await postJson(server, { base64: `data:image/png;base64,${base64Of(bytes)}`, candidates: 3, words: true }),
      ),
      await answerOf(await postJson(server, { url: photoUrl, candidates: 3, words: true })),
      await answerOf(await post(server, formOf(bytes, { candidates: '3', words: 'true' }))),
      await answerOf(
        await post(server, new Uint8Array(bytes), { 'content-type': 'image/png' }, '?candidates=3&words=true'),
      ),
    ];
    const [first] = answers;
    for (const answer of answers) expect(answer).toEqual(first);
    expect(first).toMatchObject({ language: 'en', image: null, notices: [], photo: { mediaType: 'image/png' } });
    expect(first?.photo.sha256).toBe(sha256Of(bytes));
    expect(first?.candidates.map(({ text }) => text)).toHaveLength(3);
    expect(first?.candidates[0]).toMatchObject({ text: first?.caption, words: first?.words });
    expect(first?.words?.every(({ probability }) => probability > 0 && probability <= 1)).toBe(true);
    expect(await countImages(server)).toBe(0);
    // No regions, no small copies, and not the upload either.
    await expect.poll(() => filesOf(server, 'uploads')).toEqual([]);
    expect((await filesOf(server)).filter((file) => !file.startsWith('database'))).toEqual(
      expect.arrayContaining(before.filter((file) => !file.startsWith('database'))),
    );
    expect(await filesOf(server, 'regions')).toEqual([]);
  });

  test('writes the same caption as captionImage does, and leaves words out where nobody asks', async () => {
    const other = await picture(2);
    const { text } = await captionImage(server, other);
    const answer = await answerOf(await postJson(server, { base64: base64Of(other) }));
    expect(answer.caption).toBe(text);
    expect(answer.words).toBeUndefined();
    expect(answer.candidates).toHaveLength(1);
  });

  test('stores the photo where it is asked to, once', async () => {
    const stored = await picture(3);
    const first = await answerOf(await post(server, formOf(stored, { store: 'true', candidates: '2' })));
    expect(first.image).toMatchObject({ duplicate: false, externalId: null });
    const again = await answerOf(await postJson(server, { base64: base64Of(stored), store: true, candidates: 2 }));
    expect(again).toEqual({ ...first, image: { ...first.image, duplicate: true } });
    const { image } = await ask(
      server,
      z.object({ image: z.object({ name: z.string(), generatedCaptions: z.array(z.object({ text: z.string() })) }) }),
      'query ($id: ID!) { image(id: $id) { name generatedCaptions { text } } }',
      { id: first.image?.id },
    );
    expect(image).toEqual({ name: 'sent.png', generatedCaptions: [{ text: first.caption }] });
    const sent = await fetch(urlOf(server, first.image?.url ?? ''));
    expect(new Uint8Array(await sent.arrayBuffer())).toEqual(new Uint8Array(stored));
  });

  test('a photo at an address is named as it is there', async () => {
    const { image } = await answerOf(await postJson(server, { url: photoUrl, store: true }));
    const found = await server.application.store.images.find(image?.id as never);
    expect(found?.name).toBe('a photo.png');
  });

  test('an external id stands for the photo that was sent with it last', async () => {
    const send = async (photo: number, externalId: string) =>
      postJson(server, { base64: base64Of(await picture(photo)), store: true, externalId });
    const first = await answerOf(await send(4, 'posts/7'));
    expect(first.image).toMatchObject({ externalId: 'posts/7', duplicate: false });
    expect((await answerOf(await send(4, 'posts/7'))).image).toMatchObject({ externalId: 'posts/7', duplicate: true });
    const second = await answerOf(await send(5, 'posts/7'));
    expect(second.image).toMatchObject({ externalId: 'posts/7', duplicate: false });
    const alt = async () =>
      altAnswerSchema.parse(await (await fetch(urlOf(server, `/v1/alt/${encodeURIComponent('posts/7')}`))).json());
    expect((await alt()).sha256).toBe(sha256Of(await picture(5)));
    const { image } = await ask(
      server,
      z.object({ image: z.object({ externalId: z.string().nullable() }) }),
      'query ($id: ID!) { image(id: $id) { externalId } }',
      { id: first.image?.id },
    );
    expect(image.externalId).toBeNull();
    const before = await countImages(server);
    expect(await problemOf(await send(5, 'posts/8'))).toMatchObject({
      status: 409,
      code: 'CONFLICT',
      detail: expect.stringContaining('posts/7') as string,
    });
    expect(await countImages(server)).toBe(before);
  });

  test('has the model write that knows the language, and says which languages there are', async () => {
    const { store } = server.application;
    const encoder = (await server.application.collection()).inference.encoder.id;
    const checkpoint = writeCheckpoint(untrainedCheckpoint(encoder, { seed: 5 }), 'fp32');
    const german = await store.models.add({
      name: 'german',
      encoder,
      settings: { ...SMALL, language: 'de-CH' },
      checkpoint,
      checkpointSha256: sha256Of(checkpoint),
    });
    const send = (language: string) => postJson(server, { base64: base64Of(bytes), language });
    for (const language of ['de', 'DE-ch'])
      expect(await answerOf(await send(language))).toMatchObject({ language: 'de-CH', model: { id: german.id } });
    expect(await answerOf(await send('en-GB'))).toMatchObject({ language: 'en', model: { name: 'untrained' } });
    expect(await problemOf(await send('fr'))).toEqual({
      status: 400,
      code: 'BAD_USER_INPUT',
      detail: 'No model writes the language fr. There are: en, de-CH.',
    });
    expect(await problemOf(await send('not a language'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    await store.models.delete(german.id);
  });

  test('goes to no address that the operator has not let through', async () => {
    const send = (url: string) => postJson(server, { url });
    const origin = new URL(photoUrl).origin;
    for (const url of ['http://127.0.0.1:1/a.png', 'http://169.254.169.254/latest', `${origin}/inward`])
      expect(await problemOf(await send(url)), url).toMatchObject({ status: 422, code: 'URL_REFUSED' });
    expect(await problemOf(await send(`${origin}/missing`))).toMatchObject({ status: 502, code: 'URL_UNREACHABLE' });
    expect(await problemOf(await send('file:///etc/passwd'))).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('says what is wrong with a request, by the codes of GraphQL and the statuses of HTTP', async () => {
    const json = { 'content-type': 'application/json' };
    const base64 = base64Of(bytes);
    const cases: [Promise<Response>, number, string, string][] = [
      [post(server, '{', json), 400, 'BAD_REQUEST', 'JSON'],
      [postJson(server, {}), 400, 'BAD_USER_INPUT', 'either url or base64'],
      [postJson(server, { base64, url: photoUrl }), 400, 'BAD_USER_INPUT', 'either url or base64'],
      [postJson(server, { base64: '***' }), 400, 'BAD_USER_INPUT', 'base64'],
      [postJson(server, { base64, candidates: 6 }), 400, 'BAD_USER_INPUT', 'candidates'],
      [postJson(server, { base64, sotre: true }), 400, 'BAD_USER_INPUT', 'sotre'],
      [postJson(server, { base64, externalId: 'a' }), 400, 'BAD_USER_INPUT', 'store'],
      [postJson(server, { base64, store: true, externalId: 'a'.repeat(64) }), 400, 'BAD_USER_INPUT', 'SHA-256'],
      [postJson(server, { base64: base64Of(Buffer.from('no photo')) }), 422, 'INVALID_IMAGE', ''],
      [postJson(server, { base64: base64Of(new Uint8Array(MAXIMUM_UPLOAD + 1)) }), 413, 'IMAGE_TOO_LARGE', ''],
      [
        post(server, new Uint8Array(2 * MAXIMUM_UPLOAD + 2 ** 18), { 'content-type': 'image/png' }),
        413,
        'REQUEST_TOO_LARGE',
        '',
      ],
      [post(server, 'a=b', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE', 'multipart/form-data'],
      [postJson(server, { base64 }, { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE', 'gzip'],
      [post(server, 'cut short', { 'content-type': 'multipart/form-data; boundary=x' }), 400, 'BAD_MULTIPART', ''],
      [post(server, new FormData()), 400, 'BAD_USER_INPUT', 'file'],
      [fetch(urlOf(server, '/v1/captions')), 405, 'METHOD_NOT_ALLOWED', 'POST'],
      [fetch(urlOf(server, '/v1/nothing')), 404, 'NOT_FOUND', ''],
    ];
    for (const [sent, status, code, detail] of cases) {
      const problem = await problemOf(await sent);
      expect(problem).toMatchObject({ status, code });
      expect(problem.detail).toContain(detail);
    }
    await expect.poll(() => filesOf(server, 'uploads')).toEqual([]);
  });

  test('a request with the same key is answered the same, another is refused, for a day', async () => {
    const photo = await picture(6);
    const send = (options: object, key = '"one"') =>
      post(server, formOf(photo, { store: 'true', ...options }), { 'idempotency-key': key });
    const [first, ...others] = await Promise.all([send({}), send({}), send({})]);
    const answers = await Promise.all(
      [first, ...others].map(async (answer) => ({ status: answer.status, body: await answer.text() })),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length).toBeGreaterThan(0);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect([status, body]).toEqual([409, expect.stringContaining('REQUEST_IN_PROGRESS')]);
    const body = done[0]?.body;
    expect(captionAnswerSchema.parse(JSON.parse(body ?? '')).image?.duplicate).toBe(false);
    expect(new Set(done.map((answer) => answer.body))).toEqual(new Set([body]));
    // The draft's quotation marks, or none; the photo is not even called a duplicate.
    expect(JSON.parse(await (await send({}, 'one')).text())).toEqual(JSON.parse(body ?? ''));
    expect(await problemOf(await send({ candidates: '2' }))).toMatchObject({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await server.application.store.executeSql(
      `UPDATE "IdempotentAnswer" SET "createdAt" = now() - interval '25 hours'`,
      [],
    );
    expect((await answerOf(await send({ candidates: '2' }))).image?.duplicate).toBe(true);
  });

  test('what failed with a key is tried again', async () => {
    const send = (language: string) =>
      postJson(server, { base64: base64Of(bytes), store: true, language }, { 'idempotency-key': `again ${language}` });
    expect((await send('fr')).status).toBe(400);
    expect((await send('fr')).status).toBe(400);
    expect((await send('en')).status).toBe(200);
  });

  test('is not asked for by a page of another site in the name of its visitor', async () => {
    const form = formOf(bytes, { store: 'true' });
    const others: Record<string, string>[] = [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }];
    for (const headers of others)
      expect(await problemOf(await post(server, form, headers))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    const preflight = await fetch(urlOf(server, '/v1/captions'), {
      method: 'OPTIONS',
      headers: { origin: 'https://site.example', 'access-control-request-headers': 'authorization,x-stainless-os' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization,x-stainless-os',
    ]);
  });

  test('has an id by which the log knows the request', async () => {
    const answer = await postJson(server, { base64: '***' }, { 'x-request-id': 'mine' });
    expect(answer.headers.get('x-request-id')).toBe('mine');
  });
});

describe('GET /v1/alt', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
    await addUntrainedModel(server.application);
  });
  afterAll(() => server.close());

  const alt = (name: string, headers: Record<string, string> = {}) =>
    fetch(urlOf(server, `/v1/alt/${encodeURIComponent(name)}`), { headers });

  test('reads and writes nothing', async () => {
    const bytes = await picture(1);
    await server.application.store.images.add([
      { sha256: sha256Of(bytes), mediaType: 'image/png', width: 8, height: 8, name: 'a.png', bytes },
    ]);
    const answer = await alt(sha256Of(bytes));
    expect([answer.status, altAnswerSchema.parse(await answer.json())]).toMatchObject([
      200,
      { alt: null, origin: null },
    ]);
    const { rows } = await server.application.store.executeSql(
      'SELECT count(*)::int AS count FROM "GeneratedCaption"',
      [],
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  test('a copy holds until the text changes', async () => {
    const { id } = await captionImage(server, await picture(2));
    await ask(
      server,
      z.unknown(),
      'mutation ($input: SetExternalIdInput!) { setExternalId(input: $input) { externalId } }',
      { input: { imageId: id, externalId: 'https://site.example/ä b.jpg' } },
    );
    const first = await alt('https://site.example/ä b.jpg');
    const etag = first.headers.get('etag') ?? '';
    expect(altAnswerSchema.parse(await first.json())).toMatchObject({ origin: 'generated' });
    expect((await alt('https://site.example/ä b.jpg', { 'if-none-match': etag })).status).toBe(304);
    await ask(
      server,
      z.unknown(),
      'mutation ($id: ID!) { correctCaption(input: { imageId: $id, text: "A cat sleeps." }) { id } }',
      {
        id,
      },
    );
    const changed = await alt('https://site.example/ä b.jpg', { 'if-none-match': etag });
    expect(altAnswerSchema.parse(await changed.json())).toMatchObject({
      alt: 'A cat sleeps.',
      origin: 'reference',
      confidence: 1,
    });
  });

  test('says that there is no such photo', async () => {
    for (const name of ['nothing', '0'.repeat(64), '\0'])
      expect(await problemOf(await alt(name)), name).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

describe('keys and limits', () => {
  test('hold for it as for the rest of the server', async () => {
    const server = await openTestServer({ UPLOADS_PER_MINUTE: '2' });
    await addUntrainedModel(server.application);
    const reader = await server.application.keys.create({ scopes: ['read'] });
    const captioner = await server.application.keys.create({ scopes: ['caption'] });
    const base64 = base64Of(await picture(1));
    const send = (secret?: string) =>
      postJson(server, { base64 }, secret === undefined ? {} : { authorization: `Bearer ${secret}` });
    const refused = await send();
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await problemOf(refused)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await problemOf(await send(reader.secret))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await send(captioner.secret)).status).toBe(200);
    expect((await send(captioner.secret)).status).toBe(200);
    const many = await send(captioner.secret);
    expect(Number(many.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(many)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    await server.close();
  });

  test('a key speaks for a page of another site', async () => {
    const server = await openTestServer();
    await addUntrainedModel(server.application);
    const { secret } = await server.application.keys.create({ scopes: ['caption'] });
    const headers = {
      authorization: `Bearer ${secret}`,
      origin: 'https://site.example',
      'sec-fetch-site': 'cross-site',
    };
    const answer = await postJson(server, { base64: base64Of(await picture(1)) }, headers);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    await server.close();
  });
});

/** What one client may have, so that others get theirs. The tests share a server, and what is used up stays so. */
import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from '../collection/seeing.js';
import { codeOf, addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    MAX_SOCKETS_PER_CLIENT: '3',
    REQUESTS_PER_MINUTE: '30',
    UPLOADS_PER_MINUTE: '2',
    COST_PER_MINUTE: '60000',
  });
  await addUntrainedModel(server.application);
});
afterAll(() => server.close());

/** @returns the status that the upgrade was refused with */
function open(): Promise<WebSocket | { readonly status: number; readonly retryAfter: string | undefined }> {
  const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws');
  return new Promise((resolve) => {
    socket.once('open', () => {
      resolve(socket);
    });
    socket.once('unexpected-response', (_request, { statusCode: status = 0, headers }) => {
      resolve({ status, retryAfter: headers['retry-after'] });
    });
    socket.once('error', () => undefined);
  });
}

test('a client has so many sockets, and others when it has closed some', async () => {
  const sockets = await Promise.all([open(), open(), open()]);
  expect(await open()).toEqual({ status: 429, retryAfter: '10' });
  for (const socket of sockets) if (socket instanceof WebSocket) socket.close();
  await expect
    .poll(async () => {
      const socket = await open();
      if (socket instanceof WebSocket) socket.close();
      return socket instanceof WebSocket;
    })
    .toBe(true);
});

test('candidates of many photos at once are too costly, those of one are not', async () => {
  const many = await server.query('{ images(first: 39) { edges { node { candidates(first: 5) { text } } } } }');
  expect({ status: many.status, code: codeOf(many) }).toEqual({ status: 400, code: 'OPERATION_TOO_COSTLY' });
  expect((await server.query('{ images(first: 1) { edges { node { candidates(first: 5) { text } } } } }')).status).toBe(
    200,
  );
});

test('more uploads than a minute may have are refused before they are received', async () => {
  for (let seed = 1; seed <= 2; seed++) {
    expect((await server.captionImage(await picture(seed), 'photo.png')).data?.['captionImage']).toBeDefined();
  }
  const third = await server.captionImage(await picture(3), 'photo.png');
  expect({ status: third.status, code: codeOf(third) }).toEqual({ status: 429, code: 'TOO_MANY_REQUESTS' });
  expect((await server.application.store.images.count()).count).toBe(2);
});

test('work of more cost than a minute may have is refused, until the minute is over', async () => {
  const ask = () => server.query('{ images(first: 3) { edges { node { candidates(first: 5) { text } } } } }');
  const answers = [await ask(), await ask()];
  expect(answers.map(({ status }) => status)).toContain(429);
  expect(codeOf(answers[1] ?? { status: 0 })).toBe('TOO_MANY_REQUESTS');
  expect((await server.query('{ __typename }')).status).toBe(429);
});

test('more requests than a minute may have are refused, with the time to come again', async () => {
  const statuses: number[] = [];
  for (let count = 0; count < 30; count++) {
    const response = await fetch(new URL(`/images/${'0'.repeat(64)}`, server.url));
    statuses.push(response.status);
    await response.arrayBuffer();
  }
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
  const response = await fetch(server.url, { headers: { 'apollo-require-preflight': '1' } });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_REQUESTS' } }] });
  // Signs of life are for whoever watches.
  expect((await fetch(new URL('/healthz', server.url))).status).toBe(200);
});

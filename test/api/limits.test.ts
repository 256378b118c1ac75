import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addTrainable } from '../store/records.js';
import { type MessageFromServer, openSocket, requestWith } from './raw-socket.js';
import { codeOf, openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const at = (path: string) => new URL(path, server.url);

test('the greeting names the place of GraphQL and something to try', async () => {
  const response = await fetch(at('/'));
  expect(await response.text()).toContain(`${server.url} `);
  expect(response.headers.get('x-powered-by')).toBeNull();
});

test('a sign of life is given', async () => {
  expect(await (await fetch(at('/healthz'))).json()).toEqual({ status: 'ok' });
});

test('an unknown path is answered with where GraphQL is', async () => {
  const response = await fetch(at('/api'));
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('/graphql');
});

test('a query may be sent by GET with the header that other pages cannot send, a mutation may not', async () => {
  const get = (query: string, headers = { 'apollo-require-preflight': '1' }) =>
    fetch(at(`/graphql?query=${encodeURIComponent(query)}`), { headers });
  expect((await get('{ images { totalCount } }')).status).toBe(200);
  expect((await get('{ images { totalCount } }', { 'apollo-require-preflight': '' })).status).toBe(400);
  expect((await get('mutation { startTraining(input: {}) { id } }')).status).toBe(405);
});

test('a server on this machine does not answer under a foreign name', async () => {
  const { status, body } = await requestWith(server.url, { Host: 'evil.example' });
  expect(status).toBe(421);
  expect(body).toContain('ALLOWED_HOSTS');
});

const DEEP = `{ images { edges { node { generatedCaptions { model { trainingJob { model { trainingJob { model { trainingJob { model {
  trainingJob { id } } } } } } } } } } } } }`;
const ALIASES = `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: image(id: "x") { id }`).join(' ')} }`;
const COSTLY = `{ a: images(first: 100) { edges { node { generatedCaptions { words { attention } } } } } }`;

test.each([
  ['a question that goes too deep', DEEP, 'GRAPHQL_VALIDATION_FAILED', /depth/i],
  ['too many aliases', ALIASES, 'GRAPHQL_VALIDATION_FAILED', /alias/i],
  ['a question for too much at once', COSTLY, 'OPERATION_TOO_COSTLY', /shorter pages/],
  ['an endless question', `{ ${'__typename '.repeat(3000)} }`, 'GRAPHQL_PARSE_FAILED', /tokens/],
  [
    'a subscription over HTTP',
    'subscription { trainingProgress(jobId: "x") { __typename } }',
    'OPERATION_RESOLUTION_FAILURE',
    /WebSocket/,
  ],
  ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED', /nothing/],
  ['a variable of the wrong type', 'query ($n: Int!) { images(first: $n) { totalCount } }', 'BAD_USER_INPUT', /\$n/],
])('%s is refused with a code and a reason', async (_, query, code, reason) => {
  const response = await server.query(query);
  expect(codeOf(response)).toBe(code);
  expect(response.errors?.[0]?.message).toMatch(reason);
  expect(JSON.stringify(response)).not.toContain('stacktrace');
});

test('introspection is answered in full', async () => {
  const { getIntrospectionQuery } = await import('graphql');
  expect((await server.query(getIntrospectionQuery())).errors).toBeUndefined();
});

test('a body that is no JSON, or too long, is refused with a code', async () => {
  const post = async (body: string) => {
    const response = await fetch(server.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    return { status: response.status, text: await response.text() };
  };
  expect(await post('{')).toMatchObject({ status: 400, text: expect.stringContaining('BAD_REQUEST') as string });
  expect(await post(JSON.stringify({ query: ' '.repeat(300_000) }))).toMatchObject({
    status: 413,
    text: expect.stringContaining('REQUEST_TOO_LARGE') as string,
  });
});

const EXPECTED_OVER_SOCKET: [string, string, string][] = [
  ['a query', '{ images { totalCount } }', 'OPERATION_RESOLUTION_FAILURE'],
  ['a mutation', 'mutation { startTraining(input: {}) { id } }', 'OPERATION_RESOLUTION_FAILURE'],
  [
    'a subscription that goes too deep',
    `subscription { trainingProgress(jobId: "x") { ... on TrainingJob { ${'model { trainingJob { '.repeat(6)} id ${'} } '.repeat(6)} } } }`,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['something that is no GraphQL', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
];

test.each(EXPECTED_OVER_SOCKET)(
  '%s over WebSocket is refused with a code, and the connection stays',
  async (_, query, code) => {
    const socket = await openSocket(server.url);
    socket.send({ id: '1', type: 'subscribe', payload: { query } });
    expect(await socket.receive()).toMatchObject({ id: '1', type: 'error', payload: [{ extensions: { code } }] });
    socket.send({ type: 'ping' });
    expect(await socket.receive()).toEqual<MessageFromServer>({ type: 'pong' });
    socket.close();
  },
);

test('an unknown job over WebSocket is told by code, then the subscription ends', async () => {
  const socket = await openSocket(server.url);
  socket.send({
    id: '1',
    type: 'subscribe',
    payload: { query: 'subscription { trainingProgress(jobId: "x") { __typename } }' },
  });
  expect(await socket.receive()).toMatchObject({
    type: 'next',
    payload: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
  });
  expect(await socket.receive()).toMatchObject({ id: '1', type: 'complete' });
  socket.close();
});

test('a connection has only so many subscriptions', async () => {
  await addTrainable(server.application.store);
  const job = await server.application.training.start({});
  const socket = await openSocket(server.url);
  const query = `subscription { trainingProgress(jobId: "${job.id}") { __typename } }`;
  for (let id = 0; id < 21; id++) socket.send({ id: String(id), type: 'subscribe', payload: { query } });
  const answers: MessageFromServer[] = [];
  for (let count = 0; count < 21; count++) answers.push(await socket.receive());
  expect(answers.filter(({ type }) => type === 'next')).toHaveLength(20);
  expect(answers.find(({ type }) => type === 'error')).toMatchObject({
    payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
  });
  socket.close();
});

test('trainings that are the same and wait are one', async () => {
  const { store, training } = server.application;
  await addTrainable(store);
  const start = (seed: number) => training.start({ name: 'twice', settings: { seed } });
  const [first, second, other] = await Promise.all([start(1), start(1), start(2)]);
  expect(second.id).toBe(first.id);
  expect(other.id).not.toBe(first.id);
  for (const { id } of [first, other]) await training.cancel(id);
  expect((await start(1)).id).not.toBe(first.id);
});

test('a message that is too long closes the connection', async () => {
  const socket = await openSocket(server.url);
  socket.send({ id: '1', type: 'subscribe', payload: { query: ' '.repeat(70_000) } });
  expect(await socket.closed).toBe(1009);
});

test('behind a proxy that names the port of https, a page of that name gets a WebSocket', async () => {
  const open = (host: string, origin: string) =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws', {
        origin,
        headers: { host },
      });
      socket.once('open', () => {
        socket.close();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
  expect(await open('photos.localhost:443', 'https://photos.localhost')).toBe(true);
  expect(await open('photos.localhost:443', 'http://photos.localhost')).toBe(false);
});

test('a page of another site gets no WebSocket, nor does another path', async () => {
  const refused = (url: string, origin?: string) =>
    new Promise<number | undefined>((resolve) => {
      const socket = new WebSocket(
        url.replace('http', 'ws'),
        'graphql-transport-ws',
        origin === undefined ? {} : { origin },
      );
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
      });
      socket.once('error', () => undefined);
    });
  expect(await refused(server.url, 'http://evil.example')).toBe(403);
  expect(await refused(at('/other').href)).toBe(404);
});

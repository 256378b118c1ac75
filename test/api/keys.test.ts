/** Keys as clients meet them: over HTTP and WebSocket, in a browser's cookie, and behind a proxy. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import type { Scope } from '../../src/access/scopes.js';
import { keyCookieOf } from '../../src/api/server/authentication.js';
import type { ApiKeyId } from '../../src/ids.js';
import { picture } from '../collection/seeing.js';
import { askWith, socketWith } from './keyed-client.js';
import { subscribe } from './subscriptions.js';
import {
  addUntrainedModel,
  CAPTION_IMAGE,
  codeOf,
  type GraphQLResponse,
  openTestServer,
  type TestServer,
  uploadForm,
} from './test-server.js';

const VIEWER = '{ viewer { kind name scopes } }';
const JOB_PROGRESS = 'subscription ($id: ID!) { jobProgress(jobId: $id) { state } }';
const PAST = new Date(Date.now() - 1000);

const keyOf = ({ application }: TestServer, ...scopes: Scope[]) => application.keys.create({ scopes });
const cookieOf = ({ url }: TestServer) => `ekphrasis_key_${new URL(url).port}`;
const told = ({ status, errors }: GraphQLResponse) => [status, errors?.[0]?.extensions.code];
const createdSchema = z.object({ createApiKey: z.object({ secret: z.string(), key: z.object({ id: z.string() }) }) });

/** With a time in the past, as the passing of time would have it. */
async function expire({ application }: TestServer, id: ApiKeyId): Promise<void> {
  await application.store.executeSql('UPDATE "ApiKey" SET "expiresAt" = $1 WHERE "id" = $2::uuid', [
    PAST.toISOString(),
    id,
  ]);
}

/** How a socket that sends this is closed; undefined where it is let in. */
async function closingOf(
  { url }: TestServer,
  payload: object,
  headers: Record<string, string> = {},
): Promise<{ code: number; reason: string } | undefined> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  return new Promise((resolve) => {
    socket.on('message', () => {
      socket.close();
      resolve(undefined);
    });
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
}

describe('a server on this machine', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
    await addUntrainedModel(server.application);
  });
  afterAll(() => server.close());

  test('asks for nothing until the first key is made, and from then on always', async () => {
    const all = ['READ', 'CAPTION', 'WRITE', 'TRAIN', 'ADMIN'];
    expect((await server.query(VIEWER)).data).toEqual({ viewer: { kind: 'LOCAL', name: null, scopes: all } });
    expect((await askWith(server, 'ekphrasis_unknown', VIEWER)).data?.['viewer']).toMatchObject({ kind: 'LOCAL' });

    const job = await server.application.jobs.caption({ onlyMissing: true, onlyOfOthers: false });
    const follower = subscribe(server.subscribe(), z.unknown(), JOB_PROGRESS, { id: job.id });
    expect((await follower.next()).done).toBe(false);
    const made = await server.query(
      'mutation { createApiKey(input: { scopes: [ADMIN, READ], name: "first" }) { secret key { id name usable } } }',
    );
    const { createApiKey } = createdSchema.parse(made.data);
    await expect(follower.next()).rejects.toMatchObject({ code: 4403, reason: 'Forbidden' });

    const refused = await server.query(VIEWER);
    expect(told(refused)).toEqual([401, 'UNAUTHENTICATED']);
    expect(refused.errors?.[0]?.message).toContain('Authorization: Bearer');
    expect((await askWith(server, createApiKey.secret, VIEWER)).data).toEqual({
      viewer: { kind: 'KEY', name: 'first', scopes: all },
    });
    const revoked = await askWith(
      server,
      createApiKey.secret,
      `mutation { revokeApiKey(input: { id: "${createApiKey.key.id}" }) { usable } }`,
    );
    expect(revoked.data).toEqual({ revokeApiKey: { usable: false } });
    expect(told(await server.query(VIEWER))).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('refuses keys that are unknown, malformed, revoked or expired, and says so', async () => {
    const [revoked, expired] = [await keyOf(server, 'read'), await keyOf(server, 'read')];
    await server.application.keys.revoke(revoked.key.id);
    await expire(server, expired.key.id);
    const cases = [
      ['ekphrasis_AAAA', 'unknown'],
      [revoked.secret, 'revoked'],
      [expired.secret, 'expired'],
      [`${revoked.secret}x`, 'unknown'],
    ] as const;
    for (const [secret, reason] of cases) {
      const refused = await askWith(server, secret, VIEWER);
      expect(told(refused), reason).toEqual([401, 'UNAUTHENTICATED']);
      expect(refused.errors?.[0]?.message).toContain(reason);
      expect(await closingOf(server, { authorization: `Bearer ${secret}` }), reason).toEqual({
        code: 4403,
        reason: 'Forbidden',
      });
    }
    const other = await fetch(server.url, { headers: { authorization: 'Basic eDp5', accept: 'application/json' } });
    expect([other.status, other.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(JSON.stringify(server.logged)).not.toContain('ekphrasis_');
  });

  test('lists keys without their secrets, each with when it was used, to the minute', async () => {
    const admin = await keyOf(server, 'admin');
    const list = '{ apiKeys { id name scopes usable createdAt expiresAt revokedAt lastUsedAt } }';
    const listed = z.object({
      apiKeys: z.array(z.object({ id: z.string(), lastUsedAt: z.string().nullable(), scopes: z.array(z.string()) })),
    });
    const first = listed.parse((await askWith(server, admin.secret, list)).data).apiKeys[0];
    expect(first).toMatchObject({ id: admin.key.id, scopes: ['READ', 'CAPTION', 'WRITE', 'TRAIN', 'ADMIN'] });
    expect(Date.now() - Date.parse(first?.lastUsedAt ?? '')).toBeLessThan(60_000);
    const again = listed.parse((await askWith(server, admin.secret, list)).data).apiKeys[0];
    expect(again?.lastUsedAt).toBe(first?.lastUsedAt);
    const { rows } = await server.application.store.executeSql('SELECT * FROM "ApiKey"', []);
    expect(JSON.stringify(rows)).not.toContain(admin.secret.slice('ekphrasis_'.length));
  });

  test.each([
    ['mutation { createApiKey(input: { scopes: [] }) { secret } }', 'scope'],
    ['mutation { createApiKey(input: { scopes: [READ], name: " " }) { secret } }', 'name'],
    ['mutation { createApiKey(input: { scopes: [READ], expiresAt: "2020-01-01T00:00:00Z" }) { secret } }', 'ahead'],
  ])('refuses %s', async (mutation, message) => {
    const { secret } = await keyOf(server, 'admin');
    const refused = await askWith(server, secret, mutation);
    expect(codeOf(refused)).toBe('BAD_USER_INPUT');
    expect(refused.errors?.[0]?.message).toContain(message);
  });

  test('an upload without a key, or without the scope, is refused before it is received', async () => {
    const { secret } = await keyOf(server, 'write', 'train');
    const send = (authorization?: string) =>
      server.post(uploadForm(CAPTION_IMAGE, [{ bytes: new Uint8Array(150_000), name: 'a.png' }]), {
        'apollo-require-preflight': '1',
        ...(authorization && { authorization }),
      });
    expect(told(await send())).toEqual([401, 'UNAUTHENTICATED']);
    const refused = await send(`Bearer ${secret}`);
    expect(told(refused)).toEqual([403, 'FORBIDDEN']);
    expect(refused.errors?.[0]?.message).toContain('scope caption');
  });

  test('photos and their texts need read, and no shared cache keeps them', async () => {
    const [reader, captioner] = [await keyOf(server, 'read'), await keyOf(server, 'caption')];
    const headers = { 'apollo-require-preflight': '1', authorization: `Bearer ${captioner.secret}` };
    const bytes = await picture(1);
    const { data } = await server.post(uploadForm(CAPTION_IMAGE, [{ bytes, name: 'a.png' }]), headers);
    const { url } = z.object({ captionImage: z.object({ image: z.object({ url: z.string() }) }) }).parse(data)
      .captionImage.image;
    const alt = url.replace('/images/', '/alt/');
    const authorization = `Bearer ${reader.secret}`;
    for (const path of [url, `${url}?width=320`, alt]) {
      const address = new URL(path, server.url);
      const refused = await fetch(address);
      expect([refused.status, refused.headers.get('www-authenticate')], path).toEqual([401, 'Bearer']);
      const { status, headers: sent } = await fetch(address, { headers: { authorization } });
      expect([status, sent.get('cache-control')?.split(',')[0]], path).toEqual([200, 'private']);
    }
    const preflight = await fetch(new URL(alt, server.url), {
      method: 'OPTIONS',
      headers: { origin: 'https://site.example' },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toBe('Authorization');
    const fromSite = await fetch(new URL(alt, server.url), { headers: { origin: 'https://site.example' } });
    expect([fromSite.status, fromSite.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
    // The page and the explorer show nothing by themselves.
    for (const path of ['/healthz', '/', '/graphql', '/graphql/initial_options.js']) {
      const { status } = await fetch(new URL(path, server.url), { headers: { accept: 'text/html' } });
      expect(status, path).toBe(200);
    }
  });

  test('a subscription ends within seconds when its key is revoked or expires', async () => {
    const job = await server.application.jobs.caption({ onlyMissing: true, onlyOfOthers: false });
    const ends = [
      async ({ key }: Awaited<ReturnType<typeof keyOf>>) => void (await server.application.keys.revoke(key.id)),
      ({ key }: Awaited<ReturnType<typeof keyOf>>) => expire(server, key.id),
    ];
    const steady = await keyOf(server, 'read');
    const unharmed = socketWith(server, { authorization: `Bearer ${steady.secret}` });
    const follow = (client: typeof unharmed) => subscribe(client, z.unknown(), JOB_PROGRESS, { id: job.id });
    const other = follow(unharmed);
    await other.next();
    for (const end of ends) {
      const key = await keyOf(server, 'read');
      const follower = follow(socketWith(server, {}, { authorization: `Bearer ${key.secret}` }));
      await follower.next();
      const before = Date.now();
      await end(key);
      await expect(follower.next()).rejects.toMatchObject({ code: 4403 });
      expect(Date.now() - before).toBeLessThan(10_000);
    }
    const next = other.next();
    await server.application.jobs.cancel(job.id);
    expect(await next).toMatchObject({ value: { jobProgress: { state: 'CANCELLED' } } });
    await unharmed.dispose();
  });
});

describe('the cookie of the page', () => {
  let server: TestServer;
  let origin: string;
  beforeAll(async () => {
    server = await openTestServer();
    ({ origin } = new URL(server.url));
  });
  afterAll(() => server.close());

  const signIn = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(new URL('/session', server.url), {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', origin, ...headers },
    });

  test('is out of reach of scripts and other sites, and counts for requests of the page only', async () => {
    const { secret } = await keyOf(server, 'read');
    const signedIn = await signIn({ key: secret });
    const [cookie = ''] = signedIn.headers.getSetCookie();
    expect(signedIn.status).toBe(204);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=7776000']) expect(cookie).toContain(part);
    expect(cookie).not.toContain('Secure');
    expect(
      (await signIn({ key: secret }, { origin: origin.replace('http', 'https') })).headers.getSetCookie()[0],
    ).toContain('Secure');

    const sent = { cookie: cookie.split(';')[0] ?? '' };
    expect((await askWith(server, undefined, VIEWER, sent)).data?.['viewer']).toMatchObject({
      kind: 'KEY',
      scopes: ['READ'],
    });
    const others: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const foreign of others)
      expect(told(await askWith(server, undefined, VIEWER, { ...sent, ...foreign }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await closingOf(server, {}, { ...sent, origin })).toBeUndefined();
    expect(await closingOf(server, {})).toMatchObject({ code: 4403 });

    const out = await fetch(new URL('/session', server.url), { method: 'DELETE', headers: { origin } });
    expect(out.headers.getSetCookie()[0]).toMatch(/^ekphrasis_key_\d+=;.*Expires=Thu, 01 Jan 1970/);
  });

  test('is not given for a wrong key, to another site, or for what is no JSON', async () => {
    const { secret } = await keyOf(server, 'read');
    const statuses = async (...responses: Promise<Response>[]) =>
      (await Promise.all(responses)).map(({ status, headers }) => [status, headers.getSetCookie().length]);
    expect(
      await statuses(
        signIn({ key: 'ekphrasis_wrong' }),
        signIn({ key: secret }, { origin: 'https://evil.example' }),
        signIn({ key: secret }, { 'sec-fetch-site': 'same-site' }),
        signIn({ key: secret }, { 'content-type': 'text/plain' }),
        signIn({ secret }),
      ),
    ).toEqual([
      [401, 0],
      [403, 0],
      [403, 0],
      [415, 0],
      [400, 0],
    ]);
  });

  test('is of one server: another on the same host neither takes it nor replaces it', async () => {
    const other = await openTestServer();
    try {
      const names = [server, other].map(cookieOf);
      expect(new Set(names).size).toBe(2);
      const [own, foreign] = [await keyOf(server, 'read'), await keyOf(other, 'write')];
      const [cookie = ''] = (await signIn({ key: own.secret })).headers.getSetCookie();
      expect(cookie.split('=')[0]).toBe(names[0]);
      // As a browser sends what it has of a host, whatever the port.
      const jar = { cookie: `${names[0]}=${own.secret}; ${names[1]}=${foreign.secret}` };
      expect((await askWith(server, undefined, VIEWER, jar)).data?.['viewer']).toMatchObject({ scopes: ['READ'] });
      expect((await askWith(other, undefined, VIEWER, jar)).data?.['viewer']).toMatchObject({
        scopes: ['READ', 'WRITE'],
      });
      expect(told(await askWith(other, undefined, VIEWER, { cookie: `${names[0]}=${own.secret}` }))).toEqual([
        401,
        'UNAUTHENTICATED',
      ]);
    } finally {
      await other.close();
    }
  });

  test.each([
    ['photos.example', 'ekphrasis_key'],
    ['photos.example:80', 'ekphrasis_key'],
    ['photos.example:443', 'ekphrasis_key'],
    ['photos.example:4000', 'ekphrasis_key_4000'],
    ['[::1]:4001', 'ekphrasis_key_4001'],
    [undefined, 'ekphrasis_key'],
  ])('is called after the port of the host %s', (host, name) => {
    expect(keyCookieOf(host)).toBe(name);
  });

  test('lasts no longer than its key', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { secret } = await server.application.keys.create({ scopes: ['read'], expiresAt });
    const [cookie = ''] = (await signIn({ key: secret })).headers.getSetCookie();
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(3600);
  });
});

describe('ALLOW_ANONYMOUS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'read' });
  });
  afterAll(() => server.close());

  test('lets everybody do what it says, and others more', async () => {
    expect((await server.query(VIEWER)).data).toEqual({ viewer: { kind: 'ANONYMOUS', name: null, scopes: ['READ'] } });
    const refused = await server.query('mutation { embedCollection(input: { removeOthers: true }) { id } }');
    expect(told(refused)).toEqual([401, 'UNAUTHENTICATED']);
    expect(refused.errors?.[0]?.message).toContain('scope train');
    const { secret } = await keyOf(server, 'write');
    expect((await askWith(server, secret, VIEWER)).data?.['viewer']).toMatchObject({ scopes: ['READ', 'WRITE'] });
    expect(await closingOf(server, {})).toBeUndefined();
  });

  test('takes a cookie whose key is gone for none, but not a key that is sent', async () => {
    expect(
      (await askWith(server, undefined, VIEWER, { cookie: `${cookieOf(server)}=ekphrasis_old` })).data?.['viewer'],
    ).toMatchObject({
      kind: 'ANONYMOUS',
    });
    expect(told(await askWith(server, 'ekphrasis_old', VIEWER))).toEqual([401, 'UNAUTHENTICATED']);
  });
});

describe('behind a proxy', () => {
  const environment = { USER_HEADER: 'X-Forwarded-User', USER_SCOPES: 'read,caption' };
  const headers = {
    'x-forwarded-user': 'ann@example.org',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
  };
  const servers: TestServer[] = [];
  let trusting: TestServer;
  let other: TestServer;
  beforeAll(async () => {
    trusting = await openTestServer({ ...environment, TRUSTED_PROXIES: '127.0.0.1' });
    other = await openTestServer({ ...environment, TRUSTED_PROXIES: '192.0.2.0/24' });
    servers.push(trusting, other);
  });
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  test('the person whom a trusted proxy names is known; nobody else may name one', async () => {
    expect((await askWith(trusting, undefined, VIEWER, headers)).data).toEqual({
      viewer: { kind: 'USER', name: 'ann@example.org', scopes: ['READ', 'CAPTION'] },
    });
    expect(told(await askWith(other, undefined, VIEWER, headers))).toEqual([401, 'UNAUTHENTICATED']);
    expect(told(await askWith(trusting, undefined, VIEWER))).toEqual([401, 'UNAUTHENTICATED']);
    expect(
      told(
        await askWith(
          trusting,
          undefined,
          'mutation { embedCollection(input: { removeOthers: true }) { id } }',
          headers,
        ),
      ),
    ).toEqual([403, 'FORBIDDEN']);
    expect(await closingOf(trusting, {}, headers)).toBeUndefined();
    expect(await closingOf(other, {}, headers)).toMatchObject({ code: 4403 });
  });

  test('a key counts more than the person; a token of the proxy does not', async () => {
    const { secret } = await keyOf(trusting, 'train');
    expect((await askWith(trusting, secret, VIEWER, headers)).data?.['viewer']).toMatchObject({ kind: 'KEY' });
    expect((await askWith(trusting, 'eyJhbGciOi', VIEWER, headers)).data?.['viewer']).toMatchObject({ kind: 'USER' });
  });

  test('the cookie is Secure where a trusted proxy says that the page came by https', async () => {
    const cookies = await Promise.all(
      servers.map(async (server) => {
        const { secret } = await keyOf(server, 'read');
        const body = JSON.stringify({ key: secret });
        const sent = { 'content-type': 'application/json', ...headers };
        const response = await fetch(new URL('/session', server.url), { method: 'POST', body, headers: sent });
        return response.headers.getSetCookie()[0]?.includes('Secure');
      }),
    );
    expect(cookies).toEqual([true, false]);
  });
});

test.each([
  [{ HOST: '0.0.0.0' }, 'HOST is 0.0.0.0'],
  [{ TRUSTED_PROXIES: '10.0.0.0/8' }, 'TRUSTED_PROXIES'],
])('a server that others reach does not start without a key: %j', async (environment, reason) => {
  await expect(openTestServer(environment)).rejects.toMatchObject({
    code: 'INVALID_CONFIGURATION',
    message: expect.stringMatching(new RegExp(`${reason}.*keys create.*ALLOW_ANONYMOUS`)) as string,
  });
});

/** What only several at once, or a full disk, would show of keys. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccessSettings, Authenticator } from '../../src/access/authenticator.js';
import { ApiKeys } from '../../src/access/keys.js';
import { REDACTED } from '../../src/access/redaction.js';
import { allScopes, parseScopes } from '../../src/access/scopes.js';
import { openTestStore } from '../store/open-test-store.js';
import type { Store } from '../../src/store/store.js';

let store: Store;
let keys: ApiKeys;
beforeAll(async () => {
  store = await openTestStore();
  keys = new ApiKeys(store);
});
afterAll(() => store.close());

const SETTINGS: AccessSettings = {
  host: '0.0.0.0',
  access: { anonymous: undefined, proxies: [], userHeader: undefined, userScopes: [] },
};

test('of several servers that start at once, one makes the first key; when no admin key is usable, another does', async () => {
  const start = async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => new ApiKeys(store).createFirst()));
    return made.filter((one) => one !== undefined);
  };
  const [first, ...others] = await start();
  expect(others).toEqual([]);
  expect(first?.key.scopes).toEqual(['admin']);
  await keys.create({ scopes: ['read'] });
  expect(await start()).toEqual([]);
  if (first) await keys.revoke(first.key.id);
  expect(await start()).toHaveLength(1);
});

test('every secret is another, of 256 bits', async () => {
  const secrets = await Promise.all(
    Array.from({ length: 20 }, async () => (await keys.create({ scopes: ['read'] })).secret),
  );
  expect(new Set(secrets).size).toBe(20);
  for (const secret of secrets) expect(secret).toMatch(/^ekphrasis_[\w-]{43}$/);
});

test('a client is let in though it cannot be written that it was', async () => {
  const { secret } = await keys.create({ scopes: ['read'] });
  const complaints: unknown[] = [];
  const authenticator = new Authenticator(keys, SETTINGS, (error) => complaints.push(error));
  const { executeSql } = store;
  await executeSql('ALTER TABLE "ApiKey" ADD CONSTRAINT unwritable CHECK ("lastUsedAt" IS NULL) NOT VALID');
  expect(await authenticator.authenticate({ bearer: secret, address: '::1' })).toMatchObject({ kind: 'key' });
  expect(complaints).toHaveLength(1);
  await executeSql('ALTER TABLE "ApiKey" DROP CONSTRAINT unwritable');
});

test('a log has no keys, wherever a request is logged', () => {
  const lines: string[] = [];
  const log = pino({ redact: REDACTED }, { write: (line: string) => lines.push(line) });
  const request = {
    url: '/graphql',
    headers: { authorization: 'Bearer ekphrasis_a', cookie: 'ekphrasis_key=ekphrasis_b' },
  };
  log.info(request, 'asked');
  log.info({ req: request, res: { headers: { 'set-cookie': ['ekphrasis_key=ekphrasis_c'] } } });
  log.info({ err: { cause: request } });
  expect(lines).toHaveLength(3);
  expect(lines.join('')).not.toMatch(/ekphrasis_[abc]/);
  expect(lines.join('')).toContain('/graphql');
});

test('scopes include others, and one of a newer program allows nothing', () => {
  expect(allScopes(['train'])).toEqual(['read', 'train']);
  expect(allScopes(['caption', 'write'])).toEqual(['read', 'caption', 'write']);
  expect(allScopes(['admin'])).toEqual(['read', 'caption', 'write', 'train', 'admin']);
  expect(allScopes(['delete-everything'])).toEqual([]);
  expect(parseScopes('Read, write,read')).toEqual(['read', 'write']);
  for (const text of ['', 'read,', 'write;read', 'all'])
    expect(() => parseScopes(text)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
});

test('what another process changes is known after a second', async () => {
  const [one, other] = [new ApiKeys(store), new ApiKeys(store)];
  const { secret, key } = await one.create({ scopes: ['read'] });
  expect((await other.ofSecret(secret))?.revokedAt).toBeNull();
  await one.revoke(key.id);
  expect((await one.ofSecret(secret))?.revokedAt).toBeInstanceOf(Date);
  await expect.poll(async () => (await other.ofSecret(secret))?.revokedAt).toBeInstanceOf(Date);
});

/** The table of scopes and operations: in the schema, in docs/keys.md, and as it is enforced. */
import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allScopes, type Scope, SCOPES } from '../../src/access/scopes.js';
import { ErrorCode } from '../../src/errors.js';
import { createSchema } from '../../src/api/schema.js';
import { checkScopes, type NeededScope } from '../../src/api/scopes.js';
import { ROUTES } from '../../src/api/server/routes.js';
import { computedFieldsOf, operationsOf } from './operations.js';
import { subscriptionRefusal } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';
import { askWith, socketWith } from './keyed-client.js';

const schema = await createSchema();
const operations = operationsOf(schema);
const computed = computedFieldsOf(schema);

const routes = Object.entries(ROUTES).map(([name, { scope }]) => {
  const [method = '', pattern = ''] = name.split(' ');
  const path = pattern
    .replaceAll(/\{.*\}/g, '')
    .replace(':sha256', '0'.repeat(64))
    .replaceAll(/:\w+/g, 'x');
  return { name, method, path, scopes: [scope] };
});

const includes = (scope: Scope, needed: readonly NeededScope[] = []) =>
  needed.some((one) => one === 'any' || allScopes([scope]).includes(one));

test('every operation names the scope that it needs', () => {
  expect(operations.length).toBeGreaterThan(40);
  expect(operations.filter(({ scopes }) => scopes === undefined).map(({ name }) => name)).toEqual([]);
  for (const { document, name } of operations) expect(validate(schema, parse(document)), name).toEqual([]);
});

test('fields below them that have something computed need the scope caption', () => {
  expect(computed.map(({ name, scopes }) => [name, scopes])).toEqual([
    ['BleuReport.samples', ['caption']],
    ['CaptionedImage.candidates', ['caption']],
    ['Image.candidates', ['caption']],
  ]);
});

test('docs/keys.md has the table', async () => {
  const lines = (await readFile('docs/keys.md', 'utf8')).split('\n');
  const rows = lines
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === SCOPES.length + 3 && cells[1]?.startsWith('`'))
    .map(([, name = '', ...cells]) => [name.slice(1, -1), ...cells.slice(0, SCOPES.length).map((cell) => cell !== '')]);
  expect(rows).toEqual(
    [...operations, ...computed, ...routes].map(({ name, scopes }) => [
      name,
      ...SCOPES.map((own) => includes(own, scopes)),
    ]),
  );
});

describe('a client with one scope', () => {
  const client = (scope: Scope) => ({ kind: 'key', scopes: allScopes([scope]) }) as const;
  const cases = SCOPES.flatMap((own) => operations.map((operation) => ({ own, ...operation })));

  test.each(cases)('$own: $name', ({ own, scopes, document }) => {
    const check = () => {
      checkScopes(schema, parse(document), undefined, client(own));
    };
    if (includes(own, scopes)) expect(check).not.toThrow();
    else
      expect(check).toThrow(
        expect.objectContaining({
          code: 'FORBIDDEN',
          message: expect.stringContaining(`scope ${scopes?.join(' or ')}`) as string,
        }),
      );
  });

  test('may not reach a computed field by fragments, aliases or another operation of the document', () => {
    const hidden = `
      query harmless { models { totalCount } }
      query sly { images { edges { node { ...more } } } }
      fragment more on Image { id ... on Image @include(if: true) { other: candidates { text } } }`;
    const check = (operation: string) => {
      checkScopes(schema, parse(hidden), operation, client('read'));
    };
    expect(() => {
      check('harmless');
    }).not.toThrow();
    expect(() => {
      check('sly');
    }).toThrow('scope caption');
  });
});

describe('over HTTP and WebSocket', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
    await server.application.keys.create({ scopes: ['admin'] });
  });
  afterAll(() => server.close());

  test.each(SCOPES)('%s is refused what it does not include, and nothing runs', async (own) => {
    const { secret } = await server.application.keys.create({ scopes: [own] });
    for (const { name, scopes, document } of operations.filter((operation) => !includes(own, operation.scopes))) {
      if (name.startsWith('subscription')) continue;
      const { status, errors, data } = await askWith(server, secret, document);
      expect([status, errors?.[0]?.extensions.code, data], name).toEqual([403, 'FORBIDDEN', undefined]);
      expect(errors?.[0]?.message, name).toContain(`needs the scope ${scopes?.join(' or ')}`);
    }
    const { data } = await askWith(server, secret, '{ viewer { kind scopes } models { totalCount } }');
    expect(data).toEqual({
      viewer: { kind: 'KEY', scopes: allScopes([own]).map((scope) => scope.toUpperCase()) },
      models: { totalCount: 2 },
    });
    const jobs = operations.find(({ name }) => name === 'subscription jobProgress')?.document ?? '';
    const { code } = await subscriptionRefusal(socketWith(server, { authorization: `Bearer ${secret}` }), jobs);
    expect(code).toBe('NOT_FOUND');
  });

  test('a job is cancelled and retried by whoever may start one of its kind, and by nobody else', async () => {
    const { jobs, keys, store } = server.application;
    const [writer, trainer] = [await keys.create({ scopes: ['write'] }), await keys.create({ scopes: ['train'] })];
    const answerTo = async (name: 'cancelJob' | 'retryJob', secret: string, id: string): Promise<unknown> => {
      const { errors, data } = await askWith(
        server,
        secret,
        `mutation { ${name}(input: { jobId: "${id}" }) { state } }`,
      );
      return errors?.[0]?.extensions.code ?? data?.[name];
    };
    const error = { code: ErrorCode.ProcessFailed, message: 'The process ended.' };
    const [write, train] = [await jobs.importFolder('scenes'), await jobs.embed()];
    for (const { job, own, other } of [
      { job: write, own: writer.secret, other: trainer.secret },
      { job: train, own: trainer.secret, other: writer.secret },
    ]) {
      for (const name of ['cancelJob', 'retryJob'] as const)
        expect(await answerTo(name, other, job.id)).toBe('FORBIDDEN');
      await store.jobs.end(job.id, { state: 'FAILED', error });
      expect(await answerTo('retryJob', own, job.id)).toEqual({ state: 'QUEUED' });
      expect(await answerTo('cancelJob', own, job.id)).toEqual({ state: 'CANCELLED' });
    }
  });

  test.each(SCOPES)('%s is let through to the routes that it includes, and no others', async (own) => {
    const { secret } = await server.application.keys.create({ scopes: [own] });
    const headers = { authorization: `Bearer ${secret}` };
    for (const { name, method, path, scopes } of routes) {
      const response = await fetch(new URL(path, server.url), { method, headers });
      const answer = await response.text();
      // Nothing is asked for: they say what is missing.
      if (includes(own, scopes)) expect([200, 400, 404, 415, 503], name).toContain(response.status);
      else {
        expect(response.status, name).toBe(403);
        expect(answer, name).toContain(`needs the scope ${scopes.join()}`);
      }
    }
  });

  test('an export is not made for a page of another site, whoever looks at it', async () => {
    const { secret } = await server.application.keys.create({ scopes: ['admin'] });
    const headers = { authorization: `Bearer ${secret}`, 'sec-fetch-site': 'cross-site' };
    expect((await fetch(new URL('/export', server.url), { headers })).status).toBe(403);
  });

  test('nobody without a key is let through to any of them', async () => {
    for (const { name, method, path } of routes) {
      const response = await fetch(new URL(path, server.url), { method });
      expect([response.status, response.headers.get('www-authenticate')], name).toEqual([401, 'Bearer']);
    }
  });

  test('a subscription is refused as a whole for what it computes on the way', async () => {
    const { secret } = await server.application.keys.create({ scopes: ['read', 'train'] });
    const sly = `subscription { trainingProgress(jobId: "1") {
      ... on TrainingEpoch { samples { image { candidates { text } } } } } }`;
    const refused = await subscriptionRefusal(socketWith(server, { Authorization: `Bearer ${secret}` }), sly);
    expect(refused).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('scope caption') as string });
  });
});

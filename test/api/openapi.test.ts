/** The document of the plain API: valid, and enough to make a client of that fits the server. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTypes, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { isApiCode } from '../../src/api/error-codes.js';
import { picture } from '../collection/seeing.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

/** A program that uses the API by nothing but the types that are made of its document. */
const CLIENT = `
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

export async function run(baseUrl: string, base64: string) {
  const client = createClient<paths>({ baseUrl });
  const captioned = await client.POST('/v1/captions', {
    params: { header: { 'Idempotency-Key': 'one' } },
    body: { base64, store: true, candidates: 2, words: true, externalId: 'posts/12' },
  });
  const read = await client.GET('/v1/alt/{name}', { params: { path: { name: 'posts/12' } } });
  const missing = await client.GET('/v1/alt/{name}', { params: { path: { name: 'none' } } });
  const caption: string | undefined = captioned.data?.caption;
  const word: string | undefined = captioned.data?.candidates[0]?.words?.[0]?.word;
  const alt: string | null | undefined = read.data?.alt;
  const code: string | undefined = missing.error?.code;
  return { caption, word, count: captioned.data?.candidates.length, id: read.data?.externalId, alt, code };
}
`;

let server: TestServer;
let folder: string;
let document: Record<string, unknown>;

beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
  document = z.record(z.string(), z.unknown()).parse(await (await fetch(urlOf('/v1/openapi.json'))).json());
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-openapi-'));
  // Where a program there finds openapi-fetch.
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server.close();
});

const urlOf = (path: string) => new URL(path, server.url);

test('is an OpenAPI 3.1 document', async () => {
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  expect(document['openapi']).toMatch(/^3\.1\./);
  // The validator does find what is wrong.
  expect(
    await new Validator().validate({ ...structuredClone(document), paths: { '/v1/alt': { get: 1 } } }),
  ).toMatchObject({
    valid: false,
  });
});

test('names codes that there are', () => {
  const codes = new Set(JSON.stringify(document).match(/\b[A-Z]+_[A-Z_]+\b/g));
  expect([...codes].filter((code) => !isApiCode(code))).toEqual([]);
});

/** What the compiler says of a client of these types. */
function faultsOf(file: string): string[] {
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('is all that a client needs that is generated of it', async () => {
  const types = astToString(await openapiTypes(JSON.stringify(document)));
  const [api, client, wrong] = ['api.ts', 'client.ts', 'wrong.ts'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(api, types);
  await writeFile(client, CLIENT);
  expect(faultsOf(client)).toEqual([]);
  await writeFile(wrong, CLIENT.replace('candidates: 2', "candidates: 'two'"));
  expect(faultsOf(wrong).join()).toContain('number');

  const { outputText } = ts.transpileModule(await readFile(client, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  await writeFile(join(folder, 'client.mjs'), outputText);
  const { run } = (await import(pathToFileURL(join(folder, 'client.mjs')).href)) as {
    run: (baseUrl: string, base64: string) => Promise<Record<string, unknown>>;
  };
  const base64 = Buffer.from(await picture(1)).toString('base64');
  const answer = await run(urlOf('/').origin, base64);
  expect(answer).toMatchObject({ count: 2, id: 'posts/12', code: 'NOT_FOUND' });
  expect(String(answer['alt'])).toContain(String(answer['caption']));
  expect(answer['word']).toEqual(expect.any(String));
});

/**
 * A server with keys that is sent damaged uploads and random operations: nothing may be answered by an error that is not
 * the client's, and memory may not grow.
 *
 *     npx tsc -p tsconfig.build.json && npx tsc -p bench/fuzz && node dist/bench/bench/fuzz/run.js [EACH] [SEED] [uploads|operations]
 *
 * EACH (10000) uploads, then as many operations, from eight clients with keys of every scope, a revoked one, an invented
 * one and none. The built server has an empty data folder and no limits by the minute, as what is measured is what lies
 * behind them. Ends with 1 when a code is INTERNAL_SERVER_ERROR, a status is 500 or above but not 503, an answer is no
 * answer, or the server's processes have grown by more than a seventh between the halves of either part.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { SCOPES } from '../../src/access/scopes.js';
import { Choice } from './choice.js';
import { drawOperation, type Operation } from './operations.js';
import { drawPhotos, drawUpload } from './uploads.js';
import { addressOf } from '../../test/cli/command-line.js';

const CLIENTS = 8;
/** The embedded database fills its buffers as the collection grows. */
const GROWTH = 1.15;
const ROUNDS = 10;

const [each = '10000', seed = '1', part] = process.argv.slice(2);
/** Node.js itself refuses longer ones (431), at times before all of it is sent. */
const LONGEST_ADDRESS = 8000;
const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-fuzz-'));
const env = {
  ...process.env,
  EKPHRASIS_DATA: join(folder, 'data'),
  PORT: '0',
  LOG_LEVEL: 'error',
  COST_PER_MINUTE: '0',
  REQUESTS_PER_MINUTE: '0',
  UPLOADS_PER_MINUTE: '0',
};

interface Answer {
  readonly status: number;
  readonly codes: readonly string[];
}

interface Connection {
  readonly edges: readonly { readonly node: { readonly id: string; readonly state: string } }[];
}

const faults: string[] = [];
const [admin, ...others] = [...SCOPES.toReversed(), 'read'].map(createKey);
if (!admin) throw new Error('there is no scope');
const revoked = others.pop();
const keys = [admin, ...others, revoked, 'ekphrasis_invented', undefined];

const server = spawn(process.execPath, ['dist/main.js', 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const url = await addressOf(server);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  const { data } = await ask(url, admin, { query: '{ apiKeys { id scopes } }' });
  const { apiKeys } = data as {
    readonly apiKeys: readonly { readonly id: string; readonly scopes: readonly string[] }[];
  };
  const last = apiKeys.find(({ scopes }) => scopes.join() === 'READ');
  await ask(url, admin, { query: `mutation { revokeApiKey(input: { id: "${last?.id ?? ''}" }) { id } }` });

  const photos = await drawPhotos();
  for (const [index, photo] of photos.entries()) await store(url, photo, index);
  const upload = (choice: Choice) => {
    const { body, contentType } = drawUpload(photos, choice);
    const headers = { 'content-type': contentType, 'apollo-require-preflight': '1' };
    return send(url, choice.chance(0.8) ? admin : choice.of(keys), headers, body);
  };
  if (part !== 'operations') await play('uploads', upload);

  const schema: GraphQLSchema = buildSchema(await readFile('schema.graphql', 'utf8'));
  let ids = await idsOf(url);
  let asked = 0;
  const operate = async (choice: Choice) => {
    if (++asked % 100 === 0) {
      await endJobs(url);
      ids = await idsOf(url);
    }
    const operation = drawOperation(schema, choice, ids);
    const key = choice.chance(0.4) ? admin : choice.of(keys);
    if (choice.chance(0.1)) {
      const get = new URL(url);
      for (const [name, value] of Object.entries(operation))
        get.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
      if (get.href.length < LONGEST_ADDRESS) return send(get.href, key, { 'apollo-require-preflight': '1' });
    }
    const type = choice.chance(0.95)
      ? 'application/json'
      : choice.of(['text/plain', 'application/graphql', 'x', 'application/json; charset=utf-16']);
    return send(url, key, { 'content-type': type }, Buffer.from(JSON.stringify(operation)));
  };
  if (part !== 'uploads') await play('operations', operate);
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await rm(folder, { recursive: true });
}
for (const fault of faults.slice(0, 50)) console.log(`FAULT: ${fault}`);
console.log(`${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

/** Sends as many as are asked for, and tells what was answered and how large the server was after each tenth. */
async function play(what: string, one: (choice: Choice) => Promise<Answer>): Promise<void> {
  const counts = new Map<string, number>();
  const sizes: (readonly number[])[] = [];
  let sent = 0;
  const client = async (end: number) => {
    while (sent < end) {
      const number = sent++;
      const answer = await one(new Choice(Number(seed), what, number)).catch((error: unknown) => {
        faults.push(`${what} ${number}: no answer: ${String(error)} ${String((error as Error).cause)}`);
        return { status: 0, codes: [] as readonly string[] };
      });
      const told = `${answer.status} ${[...new Set(answer.codes)].join('+')}`.trim();
      counts.set(told, (counts.get(told) ?? 0) + 1);
      if (answer.codes.includes('INTERNAL_SERVER_ERROR') || (answer.status >= 500 && answer.status !== 503))
        faults.push(`${what} ${number}: ${told}`);
    }
  };
  const start = performance.now();
  for (let round = 1; round <= ROUNDS; round++) {
    const end = Math.round((Number(each) * round) / ROUNDS);
    await Promise.all(Array.from({ length: CLIENTS }, () => client(end)));
    sizes.push(await resident());
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${sent} ${what} in ${seconds.toFixed(0)} s; MiB of the server and of its processes after each tenth: ${sizes.map((each) => each.join(' + ')).join(', ')}`,
  );
  for (const [told, count] of [...counts].toSorted(([, a], [, b]) => b - a)) console.log(`  ${count} x ${told}`);
  const [first, second] = [sizes.slice(ROUNDS / 2 - 2, ROUNDS / 2), sizes.slice(-2)].map((some) =>
    Math.max(...some.map((each) => each.reduce((sum, size) => sum + size, 0))),
  );
  if (first !== undefined && second !== undefined && second > first * GROWTH)
    faults.push(`${what}: the server grew from ${first} to ${second} MiB`);
}

async function send(
  url: string,
  key: string | undefined,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<Answer> {
  const response = await fetch(url, {
    ...(body ? { method: 'POST', body: new Uint8Array(body) } : {}),
    headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
  });
  const answer = (await response.json()) as {
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  };
  return { status: response.status, codes: (answer.errors ?? []).map(({ extensions }) => extensions?.code ?? 'NONE') };
}

/** So that operations meet photos. */
async function store(url: string, photo: Buffer, index: number): Promise<void> {
  const form = new FormData();
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { id } }';
  form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
  form.set('map', '{"0":["variables.upload"]}');
  form.set('0', new Blob([new Uint8Array(photo)]), `${index}`);
  const headers = { 'apollo-require-preflight': '1', authorization: `Bearer ${admin ?? ''}` };
  const { ok, status } = await fetch(url, { method: 'POST', headers, body: form });
  if (!ok) throw new Error(`a photo was answered by ${status}`);
}

async function ask(url: string, key: string, operation: Operation): Promise<{ readonly data?: unknown }> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(operation) });
  return (await response.json()) as { readonly data?: unknown };
}

/** Of what is there, for operations to meet, and of something that is not. */
async function idsOf(url: string): Promise<readonly string[]> {
  const query =
    '{ images(first: 20) { edges { node { id generatedCaptions { id } } } } models { edges { node { id } } } datasets { id } jobs { edges { node { id } } } trainingJobs { edges { node { id } } } }';
  const answer = JSON.stringify(await ask(url, admin ?? '', { query }));
  return [...answer.matchAll(/"id":"([^"]+)"/g)]
    .map(([, id]) => id ?? '')
    .concat('019b0000-0000-7000-8000-000000000000');
}

/** So that what operations start does not outlast them. */
async function endJobs(url: string): Promise<void> {
  for (const [list, cancel] of [
    ['jobs', 'cancelJob'],
    ['trainingJobs', 'cancelTraining'],
  ] as const) {
    const { data } = await ask(url, admin ?? '', { query: `{ ${list}(first: 100) { edges { node { id state } } } }` });
    const all = (data as Record<string, Connection> | null | undefined)?.[list]?.edges.map(({ node }) => node) ?? [];
    for (const { id, state } of all) {
      if (['QUEUED', 'RUNNING', 'PAUSED'].includes(state))
        await ask(url, admin ?? '', { query: `mutation { ${cancel}(input: { jobId: "${id}" }) { id } }` });
    }
  }
}

function createKey(scope: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/main.js', 'keys', 'create', '--scope', scope], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** In MiB, of the server and of each process that it started. */
async function resident(): Promise<number[]> {
  const { pid } = server;
  if (pid === undefined) throw new Error('the server did not start');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const sizes = [String(pid), ...children.trim().split(' ').filter(Boolean)].map(async (id) => {
    const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  });
  return Promise.all(sizes);
}

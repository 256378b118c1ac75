/**
 * How long an ordinary caption takes beside greedy clients: twenty ask without a pause for the candidates of six photos
 * each, one uploads a photo every second.
 *
 *     npx tsc -p bench/fair-queue && EKPHRASIS_DATA=… node dist/bench/bench/fair-queue/run.js PHOTO...
 *
 * The collection is one with at least six photos; those that are sent are new to it, and stay. Limits by the minute are
 * off: it is the queue that is measured. First the captions are timed with nobody else there.
 */
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { startServer } from '../../src/api/server/server.js';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';

const GREEDY = 20;
const PAUSE_MILLISECONDS = 1000;

const photos = process.argv.slice(2);
if (photos.length < 20) throw new Error('usage: run.js PHOTO..., at least 20');
const half = Math.floor(photos.length / 2);

const unlimited = { COST_PER_MINUTE: '0', REQUESTS_PER_MINUTE: '0', UPLOADS_PER_MINUTE: '0', PORT: '0' };
const application = await openApplication(loadConfig({ ...process.env, ...unlimited }), {
  log: pino({ level: 'warn' }),
});
const server = await startServer(application);
const ended = new AbortController();
let answered = 0;
try {
  await application.collection();
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  console.log(`alone: ${describe(await timed(photos.slice(0, half)))}`);
  const greedy = Array.from({ length: GREEDY }, ask);
  await setTimeout(2 * PAUSE_MILLISECONDS);
  const before = answered;
  const start = performance.now();
  const times = await timed(photos.slice(half));
  const seconds = (performance.now() - start) / 1000;
  console.log(`beside ${GREEDY} greedy clients: ${describe(times)}`);
  console.log(`their requests answered meanwhile: ${((answered - before) / seconds).toFixed(2)} a second`);
  ended.abort();
  await Promise.all(greedy);
} finally {
  await server.close();
  await application.close();
}

/** Asks again and again. */
async function ask(): Promise<void> {
  const query = '{ images(first: 6) { edges { node { candidates(first: 5) { text } } } } }';
  while (!ended.signal.aborted) {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      signal: ended.signal,
    }).catch(() => undefined);
    const { errors } = ((await response?.json().catch(() => ({}))) ?? {}) as { readonly errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    answered++;
  }
}

/** @returns the milliseconds that the caption of each took */
async function timed(paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const path of paths) {
    const form = new FormData();
    const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { text } }';
    form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
    form.set('map', '{"0":["variables.upload"]}');
    form.set('0', new Blob([new Uint8Array(await readFile(path))]), basename(path));
    const start = performance.now();
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'apollo-require-preflight': '1' },
      body: form,
    });
    const { errors } = (await response.json()) as { readonly errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    times.push(performance.now() - start);
    await setTimeout(PAUSE_MILLISECONDS);
  }
  return times;
}

function describe(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => ((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1000).toFixed(2);
  return `${sorted.length} captions, median ${at(0.5)} s, p95 ${at(0.95)} s, slowest ${at(1)} s`;
}

/**
 * What fields of the API cost the server: the milliseconds of processor behind the prices of `src/api/costs.ts`.
 *
 *     npx tsc -p bench/prices && EKPHRASIS_DATA=… node dist/bench/bench/prices/run.js PHOTO...
 *
 * The collection is one with captioned photos; the photos, which are new to it, are captioned and stay. Every operation is
 * asked for ten times, one after another, by a client of a server in this process; the time is that of this process and
 * of the process that sees and writes together, as the system counts it, whatever else the machine does.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { pino } from 'pino';
import { startServer } from '../../src/api/server/server.js';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';

const TIMES = 10;
/** Ticks of the system's clock in a second, as Linux counts processes' time. */
const TICKS = 100;

const photos = process.argv.slice(2);
if (photos.length <= TIMES) throw new Error(`usage: run.js PHOTO..., more than ${TIMES}`);

const application = await openApplication(loadConfig({ ...process.env, PORT: '0' }), {
  log: pino({ level: 'warn' }),
});
const server = await startServer(application);
try {
  await application.collection();
  const [image] = (await application.store.images.list({ limit: 1 })).items;
  if (!image) throw new Error('the collection has no photo');
  const id = image.id;
  const measured: [string, () => Promise<unknown>][] = [
    [
      'searchImages (TEXT), 20 photos',
      () => ask(`{ searchImages(text: "dog running", mode: TEXT, first: 20) { edges { node { caption } } } }`),
    ],
    [
      'searchImages (HYBRID), 20 photos',
      () => ask(`{ searchImages(text: "dog running", first: 20) { edges { node { caption } } } }`),
    ],
    [
      'similarImages of a stored photo',
      () => ask(`{ similarImages(imageId: "${id}", first: 20) { edges { node { similarity } } } }`),
    ],
    ['recommendations', () => ask(`{ recommendations(forImageIds: ["${id}"], first: 20) { image { id } } }`)],
    [
      '100 photos with their captions and words',
      () =>
        ask(
          `{ images(first: 100) { edges { node { id name url referenceCaptions { text } generatedCaptions { text words { word probability } } } } } }`,
        ),
    ],
    ['candidates of a photo', () => ask(`{ image(id: "${id}") { candidates(first: 5) { text } } }`)],
    [
      'captionImage',
      async () => upload('mutation ($upload: Upload!) { captionImage(upload: $upload) { text } }', await next()),
    ],
    [
      'similarImages of an upload',
      async () =>
        upload(
          'query ($upload: Upload) { similarImages(upload: $upload, first: 20) { edges { node { similarity } } } }',
          await next(false),
        ),
    ],
  ];
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  console.log('| operation | processor, ms |\n|---|---|');
  for (const [name, operation] of measured) {
    await operation();
    const before = processorSeconds();
    for (let time = 1; time < TIMES; time++) await operation();
    console.log(`| ${name} | ${(((processorSeconds() - before) * 1000) / (TIMES - 1)).toFixed(0)} |`);
  }
} finally {
  await server.close();
  await application.close();
}

async function ask(query: string): Promise<void> {
  await check(
    await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    }),
  );
}

async function upload(query: string, { name, bytes }: { name: string; bytes: Uint8Array<ArrayBuffer> }): Promise<void> {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
  form.set('map', '{"0":["variables.upload"]}');
  form.set('0', new Blob([bytes]), name);
  await check(await fetch(server.url, { method: 'POST', headers: { 'apollo-require-preflight': '1' }, body: form }));
}

async function check(response: Response): Promise<void> {
  const { errors } = (await response.json()) as { readonly errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
}

/** @param isUsedUp whether the next call gets another photo */
async function next(isUsedUp = true): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
  const path = isUsedUp ? photos.shift() : photos[0];
  if (path === undefined) throw new Error('there are too few photos');
  return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
}

/** Of this process and its children that run, in user and system mode. */
function processorSeconds(): number {
  const of = (pid: string) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  };
  const own = String(process.pid);
  const children = readFileSync(`/proc/${own}/task/${own}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [own, ...children].reduce((sum, pid) => sum + of(pid), 0);
}

/**
 * Eleven photos of 31 MB at once: how much memory the server takes, and how long /healthz waits meanwhile.
 *
 *     npx tsc -p tsconfig.build.json && npx tsc -p bench/large-uploads && node dist/bench/bench/large-uploads/run.js
 *
 * The built server is started with an empty data folder. What is measured is the server's process, in which photos are
 * received, checked and stored, with its database.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { addressOf } from '../../test/cli/command-line.js';

const PHOTOS = 11;
/** Noise does not compress: three bytes a pixel. */
const [WIDTH, HEIGHT] = [3300, 3200];

const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-large-'));
const server = spawn(process.execPath, ['dist/main.js', 'serve'], {
  env: {
    ...process.env,
    EKPHRASIS_DATA: join(folder, 'data'),
    PORT: '0',
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await addressOf(server);
  // Drawn before, as that takes the processors.
  const pictures: Buffer[] = [];
  while (pictures.length < PHOTOS) pictures.push(await noise());
  const before = await resident();
  const done = new AbortController();
  const waits = watch(new URL('/healthz', url), done.signal);
  const memory = watchMemory(done.signal);
  const start = performance.now();
  const answers = await Promise.all(pictures.map((bytes, seed) => upload(url, bytes, seed)));
  const seconds = (performance.now() - start) / 1000;
  done.abort();
  const most = Math.max(...(await memory));
  const times = (await waits).toSorted((a, b) => a - b);
  await setTimeout(10_000);
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  console.log(`${PHOTOS} photos in ${seconds.toFixed(1)} s: ${[...new Set(answers)].join(', ')}`);
  console.log(
    `resident: ${before} MiB before, at most ${most} MiB (+${most - before}), ${await resident()} MiB ten seconds after`,
  );
  console.log(
    `/healthz, ${times.length} times: median ${times[Math.floor(times.length / 2)]?.toFixed(0)} ms, longest ${times.at(-1)?.toFixed(0)} ms`,
  );
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await rm(folder, { recursive: true });
}

/** A PNG of 31 MB. */
function noise(): Promise<Buffer> {
  const gaussian = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const picture = sharp({
    create: { width: WIDTH, height: HEIGHT, channels: 3, background: 'black', noise: gaussian },
  });
  return picture.png({ compressionLevel: 0 }).toBuffer();
}

/** @returns how large it was, and what became of it: a caption, or the code of an error */
async function upload(url: string, bytes: Buffer, seed: number): Promise<string> {
  const form = new FormData();
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { text } }';
  form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
  form.set('map', '{"0":["variables.upload"]}');
  form.set('0', new Blob([new Uint8Array(bytes)]), `${seed}.png`);
  const response = await fetch(url, { method: 'POST', headers: { 'apollo-require-preflight': '1' }, body: form });
  const { errors = [] } = (await response.json()) as {
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  return `${(bytes.length / 1e6).toFixed(0)} MB ${errors[0]?.extensions.code ?? 'captioned'}`;
}

/** Asks from a thread of its own: this one has the photos to send. @returns how long each answer took, in ms */
async function watch(url: URL, signal: AbortSignal): Promise<number[]> {
  const thread = new Worker(new URL('watch.js', import.meta.url), { workerData: url.href });
  const times = new Promise<number[]>((resolve, reject) => thread.once('message', resolve).once('error', reject));
  signal.addEventListener('abort', () => {
    thread.postMessage('done');
  });
  return times;
}

async function watchMemory(signal: AbortSignal): Promise<number[]> {
  const sizes: number[] = [];
  while (!signal.aborted) {
    sizes.push(await resident());
    await setTimeout(50);
  }
  return sizes;
}

/** In MiB, of the server's process. */
async function resident(): Promise<number> {
  const status = await readFile(`/proc/${server.pid ?? 'self'}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/**
 * How long the server's event loop is held up while a training runs: the trainer and VGG16 have processes of their own.
 *
 *     npx tsc -p bench/event-loop && node dist/bench/bench/event-loop/run.js [SECONDS]
 *
 * A server with an embedded database of its own imports `scenes`, trains on it with the default sizes of the decoder
 * and is asked for a list of photos five times a second by a client that also follows the training. The import is
 * measured apart.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { startServer } from '../../src/api/server/server.js';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import type { TrainingJobId } from '../../src/ids.js';

const seconds = Number(process.argv[2] ?? 60);
const MILLISECONDS_BETWEEN_QUERIES = 200;

const directory = await mkdtemp(join(tmpdir(), 'event-loop-'));
const config = loadConfig({
  EKPHRASIS_DATA: directory,
  PORT: '0',
  VGG16_WEIGHTS: 'random:1',
  VGG16_PRECISION: 'fp32',
  LOG_LEVEL: 'warn',
});
const application = await openApplication(config, { log: pino({ level: 'warn' }) });
const server = await startServer(application);
const lag = monitorEventLoopDelay({ resolution: 1 });
try {
  await application.collection();
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  report('idle', await during(() => wait(5000)));
  report('import of scenes', await during(() => application.importDataset('scenes')));
  const { id } = await application.training.start({ dataset: 'scenes', settings: { epochs: 500 } });
  await application.training.work();
  const followed = countSteps(id);
  report('training', await during(() => askFor(seconds)));
  await application.training.cancel(id);
  console.log(`${await followed} steps`);
} finally {
  await server.close();
  await application.close();
  await rm(directory, { recursive: true });
}

async function countSteps(id: TrainingJobId): Promise<number> {
  let steps = 0;
  for await (const event of application.training.progress(id)) {
    if (event.type === 'step') steps = event.step;
  }
  return steps;
}

async function askFor(limit: number): Promise<void> {
  const query = JSON.stringify({ query: '{ images(first: 20) { edges { node { name width height } } } }' });
  const times: number[] = [];
  for (const end = performance.now() + limit * 1000; performance.now() < end;) {
    const asked = performance.now();
    const response = await fetch(server.url, {
      method: 'POST',
      body: query,
      headers: { 'content-type': 'application/json' },
    });
    await response.text();
    times.push(performance.now() - asked);
    await wait(MILLISECONDS_BETWEEN_QUERIES);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? NaN).toFixed(0);
  console.log(`a list of 20 photos over HTTP: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

async function during(work: () => Promise<unknown>): Promise<IntervalHistogram> {
  lag.reset();
  lag.enable();
  await work();
  lag.disable();
  return lag;
}

/** What the histogram counts is the time between two ticks, of which one millisecond was asked for. */
function report(what: string, histogram: IntervalHistogram): void {
  const at = (percentile: number) => Math.max(0, histogram.percentile(percentile) / 1e6 - 1).toFixed(1);
  console.log(
    `${what}: lag p50 ${at(50)} ms, p99 ${at(99)} ms, p99.9 ${at(99.9)} ms, most ${Math.max(0, histogram.max / 1e6 - 1).toFixed(1)} ms`,
  );
}

/**
 * What many subscribers of one training cost the server, and whether each of them sees every epoch once and in order.
 *
 *     npx tsc -p bench/subscribers && node dist/bench/bench/subscribers/run.js [SUBSCRIBERS] [EPOCHS]
 *
 * A server, with an embedded database of its own, trains on `scenes`; with DATABASE_URL (a Postgres with nothing in it)
 * a worker does. The clients live in a process of their own, each with its own connection. Ten do not read for seconds
 * at a time, a tenth goes away in the middle and comes again with `afterEpoch`.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { type askedSchema, crowdReportSchema, type crowdSchema, measuredSchema } from './messages.js';

const clients = Number(process.argv[2] ?? 500);
const epochs = Number(process.argv[3] ?? 20);
const MAIN = join(PROGRAM_FOLDER, 'dist', 'main.js');
const SETTINGS = `dataset: "scenes", epochs: ${epochs}, embeddingSize: 16, hiddenSize: 32, attentionSize: 16, mirror: false, validationImages: 20`;

const onPostgres = (process.env['DATABASE_URL'] ?? '') !== '';
const directory = await mkdtemp(join(tmpdir(), 'subscribers-'));
const environment = {
  ...process.env,
  EKPHRASIS_DATA: directory,
  PORT: '0',
  VGG16_WEIGHTS: 'random:1',
  VGG16_PRECISION: 'fp32',
  LOG_LEVEL: 'warn',
};
const script = (name: string) => join(import.meta.dirname, name);
const processes: ChildProcess[] = [];

type Measured = z.infer<typeof measuredSchema>;

try {
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${onPostgres ? 'Postgres' : 'embedded'}`,
  );
  execFileSync(process.execPath, [MAIN, 'import', 'scenes'], { env: environment, stdio: 'ignore' });

  const server = fork(script('server.js'), { env: environment, execArgv: ['--expose-gc'] });
  processes.push(server);
  const { url } = z.object({ url: z.string() }).parse(await answerOf(server));
  const jobId = await startTraining(url);
  // One that comes and goes: what the first subscriber costs is no part of what five hundred do.
  await ask(url, '{ trainingJobs { edges { node { id } } } }');
  const before = await measure(server, true);
  report('before', before);

  const crowd = fork(script('clients.js'));
  processes.push(crowd);
  const follow: z.infer<typeof crowdSchema> = {
    url: url.replace('http', 'ws'),
    jobId,
    clients,
    slow: Math.min(10, clients),
    leaving: Math.floor(clients / 10),
    epochs,
  };
  crowd.send(follow);
  await answerOf(crowd);
  const connected = await measure(server, true);
  report(`${clients} subscribers, nothing happens`, connected, before);

  if (onPostgres) processes.push(startWorker());
  else tell(server, 'train');
  const peaks: Measured[] = [];
  const reported = answerOf(crowd);
  while ((await Promise.race([reported, wait(1000)])) === undefined) peaks.push(await measure(server, false));
  const told = crowdReportSchema.parse(await reported);
  const after = await measure(server, true);
  const most = peaks.reduce((a, b) => (b.rss > a.rss ? b : a), after);
  report('most while it trains', most, before);
  const late = peaks.map(({ lag }) => lag);
  const worst = (of: 'p50' | 'p99' | 'most') => Math.max(...late.map((lag) => lag[of])).toFixed(0);
  const median = (of: 'p50' | 'p99' | 'most') =>
    (late.map((lag) => lag[of]).sort((a, b) => a - b)[late.length >> 1] ?? NaN).toFixed(1);
  console.log(
    `event loop, second by second: p50 ${median('p50')} ms, p99 ${median('p99')} ms; in the worst second p99 ${worst('p99')} ms, most ${worst('most')} ms`,
  );
  console.log(
    `readings of the rows: ${((after.readings - connected.readings) / epochs).toFixed(1)} an epoch; server ${(after.cpu - connected.cpu).toFixed(1)} s of CPU in ${peaks.length} s`,
  );
  console.log(
    `events: ${told.eventsOfQuick.toFixed(0)} to a client, ${told.eventsOfSlow.toFixed(0)} to a slow one; ${told.cameAgain} came again`,
  );
  console.log(
    told.wrong.length === 0
      ? `each of ${clients} saw ${epochs} epochs once and in order`
      : `WRONG: ${told.wrong.join('; ')}`,
  );
  process.exitCode = told.wrong.length === 0 ? 0 : 1;
} finally {
  for (const child of processes) await end(child);
  await rm(directory, { recursive: true });
}

/** The next message of a process. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

function tell(server: ChildProcess, asked: z.infer<typeof askedSchema>): void {
  server.send(asked);
}

async function measure(server: ChildProcess, collecting: boolean): Promise<Measured> {
  const answer = answerOf(server);
  tell(server, collecting ? 'measure after collecting' : 'measure');
  return measuredSchema.parse(await answer);
}

function report(when: string, { rss, heapUsed }: Measured, before?: Measured): void {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const more = before ? `, ${mebibytes(rss - before.rss)} MiB more than before` : '';
  console.log(`${when}: ${mebibytes(rss)} MiB resident${more}, heap ${mebibytes(heapUsed)} MiB`);
}

async function ask(url: string, query: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ query }),
    headers: { 'content-type': 'application/json' },
  });
  return response.json();
}

async function startTraining(url: string): Promise<string> {
  const answer = await ask(url, `mutation { startTraining(input: { ${SETTINGS} }) { id } }`);
  return z.object({ data: z.object({ startTraining: z.object({ id: z.string() }) }) }).parse(answer).data.startTraining
    .id;
}

function startWorker(): ChildProcess {
  const own = { ...environment, EKPHRASIS_DATA: join(directory, 'worker') };
  return spawn(process.execPath, [MAIN, 'worker', '--queues', 'train'], {
    env: own,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (child.connected) child.send('end');
  else child.kill('SIGTERM');
  await exit;
}

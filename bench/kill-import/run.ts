/**
 * A server is killed again and again while it imports 500 photos: afterwards all of them are there, once, with captions
 * and features, and the import has succeeded by itself.
 *
 *     npm run build && npx tsc -p bench/kill-import && node dist/bench/bench/kill-import/run.js [DATASET] [KILLS] [SEED]
 *
 * DATASET is a folder such as Flickr8k's, whose first 500 photos are taken; `scenes` without. `ekphrasis serve` runs as
 * a process on an embedded database of its own or, with TEST_DATABASE_URL, in a new database of that server
 * (test/postgres/with-postgres.sh starts one). It is asked for the import over GraphQL once, and killed by SIGKILL
 * KILLS times (20): three of four times a random part of a second after a random count of photos is there; every fourth
 * time at a random moment of its start. VGG16 has its real weights; with VGG16_WEIGHTS=random:SEED it has not. Ends
 * with 1 when anything is not as it should be.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RandomStream } from '../../src/training/random.js';
import { createPostgresDatabase } from '../../test/postgres/database.js';
import { faultsOf } from './check.js';
import { PHOTOS, writePhotos } from './photos.js';
import { Server } from './server.js';

const [source = 'scenes', kills = '20', seed = '1'] = process.argv.slice(2);
const random = new RandomStream(Number(seed), 'kills');

/** Longest wait between the photo that is waited for and the kill. */
const JITTER_MILLISECONDS = 500;
/** Of these kills one comes while the server starts. */
const KILLS_A_START = 4;
/** After so long a killed server's work is taken up on Postgres; on the embedded database it is at once. */
const LEASE_SECONDS = 10;

const directory = await mkdtemp(join(tmpdir(), 'kill-import-'));
const url = process.env['TEST_DATABASE_URL'];
const database = url === undefined ? undefined : await createPostgresDatabase(url);
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  EKPHRASIS_DATA: join(directory, 'data'),
  IMPORT_ROOT: directory,
  PORT: '0',
  JOB_LEASE_SECONDS: String(LEASE_SECONDS),
  LOG_LEVEL: 'error',
};
delete environment['DATABASE_URL'];
if (database) environment['DATABASE_URL'] = database.url;
let server: Server | undefined;
try {
  await mkdir(join(directory, 'photos'));
  const photos = await writePhotos(source, join(directory, 'photos'));
  const where = url === undefined ? 'embedded' : 'Postgres';
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${where}, ${source}, seed ${seed}`,
  );
  await run(photos.captions);
} finally {
  await server?.end('SIGKILL');
  await database?.drop({ force: true });
  await rm(directory, { recursive: true });
}

async function run(captions: number): Promise<void> {
  const started = performance.now();
  server = await Server.start(environment);
  const firstStart = performance.now() - started;
  const jobId = await server.startImport('photos');
  const moments = Array.from({ length: Number(kills) }, () => Math.floor(random.uniform() * PHOTOS)).sort(
    (a, b) => a - b,
  );
  for (const [index, photos] of moments.entries()) {
    if ((index + 1) % KILLS_A_START === 0) {
      const moment = random.uniform() * firstStart;
      await Server.startAndKill(environment, moment);
      console.log(`kill ${index + 1} ${(moment / 1000).toFixed(1)} s after its start, ${seconds(started)} s`);
    } else {
      if (index > 0) server = await Server.start(environment);
      const there = await server.untilPhotos(photos, jobId);
      await wait(random.uniform() * JITTER_MILLISECONDS);
      await server.end('SIGKILL');
      console.log(`kill ${index + 1} with ${there} photos there, ${seconds(started)} s`);
    }
  }
  server = await Server.start(environment);
  const job = await server.untilEnded(jobId);
  const code = await server.end('SIGTERM');
  console.log(`${moments.length} kills in ${seconds(started)} s; the import ${job}`);
  const faults = await faultsOf(environment, captions);
  if (job !== 'SUCCEEDED') faults.push(`the import is ${job}`);
  if (code !== 0) faults.push(`the server ended with ${String(code)}`);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

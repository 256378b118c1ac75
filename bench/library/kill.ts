/**
 * A server is killed again and again while it scans a library: afterwards all of its photos are there, once, with
 * features, the scan has succeeded by itself, and no file below the root was touched.
 *
 *     npm run build && npx tsc -p bench/library && node dist/bench/bench/library/kill.js [KILLS] [PHOTOS] [SEED]
 *
 * `ekphrasis serve` runs as a process, on an embedded database of its own or, with TEST_DATABASE_URL, in a new database
 * of that server. It is asked for the scan over GraphQL once, and killed by SIGKILL KILLS times (20), each time a random
 * part of a second after a random count of the PHOTOS (600) is there. Then half of the files are moved, and the same is
 * done with the scan that recognises them. Ends with 1 when anything is not as it should be.
 */
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { loadConfig } from '../../src/config.js';
import { sha256Of } from '../../src/files/sha256.js';
import { openStore } from '../../src/store/store.js';
import { RandomStream } from '../../src/training/random.js';
import { createPostgresDatabase } from '../../test/postgres/database.js';
import { Server } from '../kill-import/server.js';
import { drawLibrary } from './photos.js';

const [kills = '20', photos = '600', seed = '1'] = process.argv.slice(2);
const PHOTOS = Number(photos);
const random = new RandomStream(Number(seed), 'kills');

/** Longest wait between the photo that is waited for and the kill. */
const JITTER_MILLISECONDS = 500;
/** After so long a killed server's work is taken up on Postgres; on the embedded database it is at once. */
const LEASE_SECONDS = 10;

const EXPECTED: readonly (readonly [string, string, number])[] = [
  ['photos', 'SELECT count(*)::int AS count FROM "Image"', PHOTOS],
  ['files', 'SELECT count(*)::int AS count FROM "LibraryFile"', PHOTOS],
  ['different photos of files', 'SELECT count(DISTINCT "imageId")::int AS count FROM "LibraryFile"', PHOTOS],
  [
    'files that are missing, unread or cannot be read',
    `SELECT count(*)::int AS count FROM "LibraryFile" WHERE "missingSince" IS NOT NULL OR "modified" IS NULL OR "problem" IS NOT NULL`,
    0,
  ],
  [
    'photos without features',
    'SELECT count(*)::int AS count FROM "Image" i WHERE NOT EXISTS (SELECT FROM "ImageFeature" f WHERE f."imageId" = i."id")',
    0,
  ],
  ['bytes of photos', 'SELECT coalesce(sum(octet_length("bytes")), 0)::int AS count FROM "Image"', 0],
  ['dead letters', `SELECT count(*)::int AS count FROM pgboss.job WHERE name LIKE '%-dead'`, 0],
];

const directory = await realpath(await mkdtemp(join(tmpdir(), 'kill-scan-')));
const root = join(directory, 'photos');
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
  const where = url === undefined ? 'embedded' : 'Postgres';
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${where}`);
  const { paths } = await drawLibrary(root, PHOTOS);
  await run(paths);
} finally {
  await server?.end('SIGKILL');
  await database?.drop({ force: true });
  await rm(directory, { recursive: true });
}

async function run(paths: readonly string[]): Promise<void> {
  const faults: string[] = [];
  const started = performance.now();
  server = await Server.start(environment);
  await server.ask('mutation { addLibrary(input: { path: "photos" }) { id } }', {}, z.unknown());
  const before = await contentsOf();
  const first = Math.ceil(Number(kills) / 2);
  faults.push(...(await killed(first, PHOTOS, '')));
  for (const path of paths.slice(0, PHOTOS / 2)) {
    const moved = join(root, 'moved', path);
    await mkdir(dirname(moved), { recursive: true });
    await rename(join(root, path), moved);
  }
  faults.push(...(await killed(Number(kills) - first, PHOTOS / 2, 'moved')));
  const code = await server.end('SIGTERM');
  if (code !== 0) faults.push(`the server ended with ${String(code)}`);
  const after = await contentsOf();
  if (after.join() !== before.join()) faults.push('files of the library were changed');
  faults.push(...(await faultsOfDatabase()));
  console.log(`${kills} kills in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

/** Has the library scanned, and the server killed so many times while photos of this folder come into the collection. */
async function killed(times: number, files: number, folder: string): Promise<string[]> {
  const schema = z.object({ scanLibrary: z.object({ id: z.string() }) });
  if (!server) throw new Error('no server runs');
  const jobId = (await server.ask('mutation { scanLibrary(input: { id: "photos" }) { id } }', {}, schema)).scanLibrary
    .id;
  const moments = Array.from({ length: times }, () => Math.floor(random.uniform() * files)).sort((a, b) => a - b);
  for (const [index, count] of moments.entries()) {
    if (index > 0) server = await Server.start(environment);
    const done = await untilThere(server, jobId, folder, count);
    await wait(random.uniform() * JITTER_MILLISECONDS);
    await server.end('SIGKILL');
    console.log(`kill ${index + 1} with ${done} photos there`);
  }
  server = await Server.start(environment);
  const state = await server.untilEnded(jobId);
  return state === 'SUCCEEDED' ? [] : [`the scan is ${state}`];
}

/** Waits until so many photos of a folder are there. @throws when the job ends before */
async function untilThere(running: Server, jobId: string, folder: string, count: number): Promise<number> {
  const schema = z.object({ images: z.object({ totalCount: z.number() }), job: z.object({ state: z.string() }) });
  const query =
    'query ($jobId: ID!, $folder: String) { images(first: 1, filter: { folder: $folder }) { totalCount } job(id: $jobId) { state } }';
  for (;;) {
    const { images, job } = await running.ask(query, { jobId, folder }, schema);
    if (images.totalCount >= count) return images.totalCount;
    if (job.state !== 'QUEUED' && job.state !== 'RUNNING')
      throw new Error(`the scan ended as ${job.state} with ${images.totalCount} photos`);
    await wait(50);
  }
}

/** Hashes of all files below the root. */
async function contentsOf(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map(async (file) => sha256Of(await readFile(file))))).sort();
}

async function faultsOfDatabase(): Promise<string[]> {
  const store = await openStore(loadConfig(environment));
  try {
    const faults: string[] = [];
    for (const [what, query, wanted] of EXPECTED) {
      const { rows } = await store.executeSql(query, []);
      const count = z.array(z.object({ count: z.number() })).parse(rows)[0]?.count;
      console.log(`${String(count)} ${what}`);
      if (count !== wanted) faults.push(`${String(count)} ${what}, not ${wanted}`);
    }
    return faults;
  } finally {
    await store.close();
  }
}

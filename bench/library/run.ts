/**
 * How fast a library is scanned: for the first time beside reading the bytes alone, and again when nothing has changed;
 * how soon a watched one takes up a new photo; how much memory all of it takes.
 *
 *     npm run build && npx tsc -p bench/library && node dist/bench/bench/library/run.js [FIRST] [AGAIN]
 *
 * FIRST photos (2000) are scanned for the first time, with the encoder that VGG16_WEIGHTS says. AGAIN files (100000) are
 * scanned again: their rows are put into the database by hand, as a first scan would leave them. Photos are small and
 * drawn by the program. The database is the embedded one, or TEST_DATABASE_URL's (test/postgres/with-postgres.sh).
 */
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { sha256Of } from '../../src/files/sha256.js';
import type { LibraryId } from '../../src/ids.js';
import { createPostgresDatabase } from '../../test/postgres/database.js';
import { drawLibrary } from './photos.js';

const [first = '2000', again = '100000'] = process.argv.slice(2);
/** Rows written at a time. */
const PAGE = 2000;
/** New files whose way into the collection is timed. */
const NEW_FILES = 5;

const directory = await realpath(await mkdtemp(join(tmpdir(), 'library-bench-')));
const url = process.env['TEST_DATABASE_URL'];
const database = url === undefined ? undefined : await createPostgresDatabase(url);
const environment = { ...process.env, EKPHRASIS_DATA: join(directory, 'data'), DATABASE_URL: database?.url ?? '' };
const application = await openApplication(loadConfig(environment), { log: pino({ level: 'warn' }, process.stderr) });
try {
  const where = url === undefined ? 'embedded' : 'Postgres';
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${where}`);
  await application.collection();
  await firstScan(Number(first));
  await scanAgain(Number(again));
} finally {
  await application.close();
  await database?.drop({ force: true });
  await rm(directory, { recursive: true });
}

async function firstScan(count: number): Promise<void> {
  const root = join(directory, 'first');
  const { paths, bytes } = await drawLibrary(root, count);
  const reading = await timed(async () => {
    for (const path of paths) sha256Of(await readFile(join(root, path)));
  });
  const { id } = await application.libraries.add(root);
  let added = 0;
  const seconds = await timed(async () => {
    ({ added } = await application.scanLibrary(id));
  });
  if (added !== count) throw new Error(`${added} photos were added, not ${count}`);
  const size = (bytes / 2 ** 20).toFixed(0);
  console.log(
    `first scan of ${count} photos, ${size} MiB: ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(1)} photos/s; reading and hashing alone ${(count / reading).toFixed(0)} files/s; ${memory()}`,
  );
}

async function scanAgain(count: number): Promise<void> {
  const root = join(directory, 'again');
  const { paths } = await drawLibrary(root, count);
  const { id } = await application.libraries.add(root);
  await putRows(id, root, paths);
  console.log(`${count} files are known; ${memory()}`);
  for (const round of [1, 2, 3]) {
    let told = '';
    const before = process.cpuUsage();
    const seconds = await timed(async () => {
      const { unchanged, added } = await application.scanLibrary(id);
      told = `${unchanged} unchanged, ${added} added`;
    });
    const { user, system } = process.cpuUsage(before);
    const processor = ((user + system) / 1e6).toFixed(2);
    console.log(
      `scan ${round} of ${count} files: ${seconds.toFixed(2)} s, ${processor} s of a processor (${told}); ${memory()}`,
    );
  }
  await watched(id, root);
}

/** A library as a first scan leaves it. */
async function putRows(id: LibraryId, root: string, paths: readonly string[]): Promise<void> {
  const { images, libraryFiles } = application.store;
  for (let start = 0; start < paths.length; start += PAGE) {
    const page = paths.slice(start, start + PAGE);
    const files = await Promise.all(
      page.map(async (path) => {
        const bytes = await readFile(join(root, path));
        const { mtimeMs, size } = await stat(join(root, path));
        return { path, bytes, size, modified: Math.trunc(mtimeMs) };
      }),
    );
    const added = await images.add(
      files.map(({ path, bytes }) => ({
        sha256: sha256Of(bytes),
        mediaType: 'image/jpeg',
        width: 320,
        height: 240,
        bytes,
        name: path.slice(path.lastIndexOf('/') + 1),
        inFile: true,
      })),
    );
    await libraryFiles.put(
      id,
      files.map(({ path, size, modified }, index) => ({
        path,
        size,
        modified,
        sidecars: '',
        imageId: added[index]?.id ?? null,
        pixels: null,
        problem: null,
        location: undefined,
      })),
    );
  }
}

/** How long a new photo takes until it is found, once all of it is written. */
async function watched(id: LibraryId, root: string): Promise<void> {
  const { store, libraries, jobs } = application;
  await application.work({ kinds: ['scan-library'] });
  await libraries.update(id, { watch: true });
  // The watch is up when it has had the library scanned.
  while ((await store.jobs.count({ kind: 'scan-library', state: 'SUCCEEDED' })) === 0) await wait(100);
  console.log(`watched; ${memory()}`);
  const latencies: number[] = [];
  for (let index = 0; index < NEW_FILES; index += 1) {
    const bytes = Buffer.concat([await readFile(join(root, '0000/0.jpg')), Buffer.from(`new ${index}`)]);
    await writeFile(join(root, '0000', `new ${index}.jpg`), bytes);
    const seconds = await timed(async () => {
      for (;;) {
        const image = (await store.images.findBySha256([sha256Of(bytes)])).get(sha256Of(bytes));
        if (
          image &&
          (await store.features.having([image.id], (await application.collection()).inference.encoder.id)).size > 0
        )
          return;
        await wait(50);
      }
    });
    latencies.push(seconds);
    await wait(3000);
  }
  for (const job of await store.jobs.inState('QUEUED', 'RUNNING')) await jobs.cancel(job.id);
  console.log(`a new photo is found after ${latencies.map((seconds) => seconds.toFixed(1)).join(', ')} s; ${memory()}`);
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

/** Of this process, the embedded database in it. */
function memory(): string {
  return `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB of memory`;
}

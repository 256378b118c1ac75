/**
 * A library on a network disk: slow, without regard to capitals, failing, and unmounted in the middle of a scan. No photo
 * may count as missing, or be lost, for what the disk does.
 *
 *     npm run build && npx tsc -p bench/library && node dist/bench/bench/library/network-disk.js [PHOTOS] [MILLISECONDS]
 *
 * The disk is played by FUSE (network-disk.py): PHOTOS files (300), each operation takes MILLISECONDS (5). For Linux and
 * root, with Python, pip and apt: fusepy and libfuse 2 are fetched into a folder of their own. The encoder is that of
 * VGG16_WEIGHTS, the database the embedded one. Ends with 1 when anything is not as it should be.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { openApplication } from '../../src/application.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import { loadConfig } from '../../src/config.js';
import { EkphrasisError } from '../../src/errors.js';
import type { ScanReport } from '../../src/libraries/scan-report.js';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { drawLibrary } from './photos.js';

const [photos = '300', milliseconds = '5'] = process.argv.slice(2);
const PHOTOS = Number(photos);
const NEW_PHOTOS = 60;
/** What the operations of a disk that is gone end with, of one that is locked, and of one that is broken. */
const ERRORS = ['EIO', 'ESTALE', 'ENOTCONN', 'EACCES', 'ETIMEDOUT'];

const directory = await realpath(await mkdtemp(join(tmpdir(), 'network-disk-')));
const [folder, mount, control] = ['folder', 'mount', 'control'].map((name) => join(directory, name));
if (folder === undefined || mount === undefined || control === undefined) throw new Error('there is no folder');
const tools = fetchTools(join(directory, 'tools'));
let disk: ChildProcess | undefined;
const faults: string[] = [];
const environment = { ...process.env, EKPHRASIS_DATA: join(directory, 'data'), DATABASE_URL: '' };
const application = await openApplication(loadConfig(environment), { log: pino({ level: 'error' }, process.stderr) });
const { store } = application;
try {
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
  await mkdir(mount);
  const { paths } = await drawLibrary(folder, PHOTOS);
  await application.collection();
  await begin();
  const { id } = await application.libraries.add(mount);
  await run(paths);

  async function run(own: readonly string[]): Promise<void> {
    await told(`first scan of ${PHOTOS} photos`, { added: PHOTOS, missing: 0 });
    await told('second scan', { unchanged: PHOTOS, missing: 0 });
    await told('one folder of it', { missing: 0 }, { places: [{ folder: '0000', deep: false }] });
    const [first] = (await store.images.list({ limit: 1 })).items;
    if (first) await correctCaption({ imageId: first.id, text: 'a photo of ours' }, store);

    const [path = ''] = own;
    await rename(join(folder ?? '', path), join(folder ?? '', path.replace('.jpg', '.JPG')));
    await told('after a renaming that only capitals show', { added: 0, moved: 1, missing: 0 });

    for (const error of ERRORS) {
      for (const below of ['', ' /0000']) {
        await writeFile(control ?? '', `${error}${below}`);
        const parts = below === '' ? {} : { places: [{ folder: '0000', deep: true }] };
        for (const options of [{}, parts])
          await told(`${error}${below === '' ? '' : ' in a folder'}`, { missing: 0 }, options);
        await rm(control ?? '');
      }
      await nothingLost();
    }
    await told('when it works again', { unchanged: PHOTOS, missing: 0, added: 0 });

    let count = PHOTOS;
    for (const end of ['killed', 'unmounted'] as const) {
      const more = await drawLibrary(join(folder ?? '', end), NEW_PHOTOS);
      count += more.paths.length;
      let left = false;
      await told(
        `${end} in the middle of a scan`,
        { missing: 0 },
        {
          onProgress: (done: number, total: number) => {
            if (left || done < total - NEW_PHOTOS / 2) return;
            left = true;
            leave(end);
          },
        },
      );
      if (!left) faults.push(`the disk was not ${end} in time`);
      await told(`while it is ${end}`, { missing: 0 });
      await nothingLost();
      await begin();
      await told('when it is mounted again', { files: count, missing: 0, changed: 0, deletedPhotos: 0 });
    }
    const { rows } = await store.executeSql(
      `SELECT (SELECT count(*)::int FROM "Image") AS images, (SELECT count(DISTINCT "imageId")::int FROM "LibraryFile") AS files,
         (SELECT count(*)::int FROM "LibraryFile" WHERE "modified" IS NULL OR "problem" IS NOT NULL) AS open,
         (SELECT count(*)::int FROM "ReferenceCaption") AS captions, (SELECT count(*)::int FROM "TrashEntry") AS trash`,
      [],
    );
    console.log(JSON.stringify(rows[0]));
    if (JSON.stringify(rows[0]) !== JSON.stringify({ images: count, files: count, open: 0, captions: 1, trash: 0 }))
      faults.push('not all photos are there, once, with what was said of them');
  }

  /** Scans, says what came of it, and compares: a scan that fails as the disk is away says so, and changes nothing. */
  async function told(
    what: string,
    expected: Partial<ScanReport>,
    options: Parameters<typeof application.scanLibrary>[1] = {},
  ): Promise<void> {
    const started = performance.now();
    const outcome = await application.scanLibrary(id, options).catch((error: unknown) => {
      if (error instanceof EkphrasisError && error.code === 'LIBRARY_UNAVAILABLE') return error;
      throw error;
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    if (outcome instanceof EkphrasisError) {
      console.log(`${what}: ${seconds} s, ${outcome.code}`);
      return;
    }
    const { files, unchanged, added, moved, missing, problems } = outcome;
    console.log(
      `${what}: ${seconds} s, ${JSON.stringify({ files, unchanged, added, moved, missing, problems: problems.map(({ kind }) => kind.slice(0, 60)) })}`,
    );
    for (const [key, value] of Object.entries(expected))
      if (outcome[key as keyof ScanReport] !== value)
        faults.push(`${what}: ${key} is ${String(outcome[key as keyof ScanReport])}, not ${String(value)}`);
  }

  async function nothingLost(): Promise<void> {
    const figures = (await store.libraries.figures([id])).get(id);
    if (figures?.missing !== 0 || figures.problems !== 0) faults.push(`the library is ${JSON.stringify(figures)}`);
  }
} finally {
  await application.close();
  leave('unmounted');
  await rm(directory, { recursive: true });
}
for (const fault of faults) console.log(`FAULT: ${fault}`);
if (faults.length > 0) process.exitCode = 1;

/** fusepy and libfuse, in a folder of their own. @returns the environment that finds them */
function fetchTools(place: string): NodeJS.ProcessEnv {
  execFileSync('mkdir', ['-p', place]);
  execFileSync('pip', [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--root-user-action=ignore',
    '--target',
    place,
    'fusepy==3.0.1',
  ]);
  execFileSync('bash', ['-c', 'apt-get download libfuse2 2>/dev/null && dpkg -x libfuse2_*.deb .'], {
    cwd: place,
    stdio: 'ignore',
  });
  const library = execFileSync('find', [place, '-name', 'libfuse.so.2'], { encoding: 'utf8' }).trim();
  return { ...process.env, PYTHONPATH: place, FUSE_LIBRARY_PATH: library };
}

async function begin(): Promise<void> {
  const script = join(PROGRAM_FOLDER, 'bench/library/network-disk.py');
  const parameters = [script, folder ?? '', mount ?? '', String(Number(milliseconds) / 1000), control ?? ''];
  disk = spawn('python3', parameters, { env: tools, stdio: ['ignore', 'ignore', 'inherit'] });
  const before = (await stat(directory)).dev;
  for (let tries = 0; (await stat(mount ?? '').catch(() => undefined))?.dev === before; tries += 1) {
    if (tries > 100) throw new Error('the disk could not be mounted');
    await wait(100);
  }
  await readdir(mount ?? '');
}

/** Its process is killed, and the mount stays, dead; or it is unmounted, and an empty folder is in its place. */
function leave(how: 'killed' | 'unmounted'): void {
  if (how === 'killed') disk?.kill('SIGKILL');
  else
    try {
      execFileSync('umount', ['-l', mount ?? ''], { stdio: 'ignore' });
    } catch {
      // It is not mounted.
    }
}

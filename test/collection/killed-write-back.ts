/** A write-back that is killed again and again: what must be true of the photos at every moment, and in the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { openStore } from '../../src/store/store.js';
import { addModel, sha256Of } from '../store/records.js';
import { drawnPicture } from '../vision/pictures.js';

export interface WriteBackKills {
  /** An empty folder. */
  readonly directory: string;
  readonly photos: number;
  readonly kills: number;
  /** Up to so long after the first file has changed it is killed. */
  readonly jitterMilliseconds: number;
  readonly random: () => number;
}

export interface KillReport {
  /** How many photos had their caption after each kill. */
  readonly writtenAtKills: readonly number[];
  /** What is not as it should be: sentences. */
  readonly faults: readonly string[];
}

/** Embeds captions into photos by `ekphrasis export xmp --embed`, kills it, and in the end lets it go through. */
export async function killWriteBack(options: WriteBackKills): Promise<KillReport> {
  const { directory, photos: count, kills, jitterMilliseconds, random } = options;
  const photos = join(directory, 'photos');
  const data = join(directory, 'data');
  await mkdir(photos, { recursive: true });
  const originals = await fill(photos, data, count);
  const faults: string[] = [];
  const writtenAtKills: number[] = [];
  const start = (...more: string[]) =>
    spawn(process.execPath, ['dist/main.js', 'export', 'xmp', '--embed', '--json', ...more], {
      env: { ...process.env, EKPHRASIS_DATA: data, DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const changed = async () =>
    (await shas(photos)).filter((sha256, index) => sha256 !== originals[index]?.sha256).length;

  for (let kill = 0; kill < kills; kill += 1) {
    const before = await changed();
    if (before === count) break;
    const child = start();
    const ended = once(child, 'exit');
    while (child.exitCode === null && (await changed()) === before) await wait(5);
    await wait(random() * jitterMilliseconds);
    child.kill('SIGKILL');
    await ended;
    writtenAtKills.push(await changed());
    faults.push(...(await faultsOf(photos, originals)));
  }
  const last = start();
  const chunks: Buffer[] = [];
  last.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(last, 'close')) as [number];
  const report = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
  if (code !== 0 || report['failed'] !== 0 || report['changed'] !== 0)
    faults.push(`in the end: exit code ${code}, ${JSON.stringify(report)}`);
  if ((await changed()) !== count) faults.push('not every photo has its caption in the end');
  faults.push(...(await faultsOf(photos, originals)));
  const hidden = (await readdir(photos)).filter((name) => name.startsWith('.'));
  if (hidden.length > 0) faults.push(`left behind: ${hidden.join(', ')}`);
  const store = await openStore({ dataDirectory: data });
  try {
    const known = await store.images.findByFile(await shas(photos));
    if (new Set([...known.values()].map(({ id }) => id)).size !== count)
      faults.push('a photo is not known as itself any more');
  } finally {
    await store.close();
  }
  return { writtenAtKills, faults };
}

interface Original {
  readonly name: string;
  readonly sha256: string;
  readonly pixels: string;
}

async function fill(photos: string, data: string, count: number): Promise<Original[]> {
  const store = await openStore({ dataDirectory: data });
  try {
    const { id: datasetId } = await store.datasets.open({ name: 'mine', origin: photos, format: 'folder' });
    const model = await addModel(store, 'scribe');
    const originals: Original[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `photo-${String(index).padStart(4, '0')}.jpg`;
      const bytes = new Uint8Array(
        await sharp(await drawnPicture(index + 1, 64, 48))
          .jpeg()
          .toBuffer(),
      );
      await writeFile(join(photos, name), bytes);
      const sha256 = sha256Of(bytes);
      const [added] = await store.images.add([{ sha256, mediaType: 'image/jpeg', width: 64, height: 48, bytes, name }]);
      if (!added) throw new Error('nothing was added');
      await store.datasetPhotos.put(datasetId, [{ imageId: added.id, path: name, split: null, captions: [] }]);
      await store.captions.putGenerated({
        imageId: added.id,
        modelId: model.id,
        text: `the caption of ${name}`,
        words: [],
        logProbability: -0.1,
      });
      originals.push({ name, sha256, pixels: await pixelsOf(bytes) });
    }
    return originals;
  } finally {
    await store.close();
  }
}

const pixelsOf = async (bytes: Uint8Array) => sha256Of(new Uint8Array(await sharp(bytes).raw().toBuffer()));

const visible = async (folder: string) => (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

async function shas(folder: string) {
  return Promise.all((await visible(folder)).map(async (name) => sha256Of(await readFile(join(folder, name)))));
}

/** Photos that are lost, doubled or damaged. */
async function faultsOf(folder: string, originals: readonly Original[]): Promise<string[]> {
  const names = await visible(folder);
  const faults = names.length === originals.length ? [] : [`${names.length} files in place of ${originals.length}`];
  for (const { name, pixels } of originals) {
    const now = await readFile(join(folder, name)).then(pixelsOf, (error: unknown) => String(error));
    if (now !== pixels) faults.push(`${name} is damaged: ${now}`);
  }
  return faults;
}

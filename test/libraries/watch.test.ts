/** Folders of libraries are watched: what is written, moved or removed there has the library scanned, soon and once. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LibraryId } from '../../src/ids.js';
import { Libraries } from '../../src/libraries/libraries.js';
import { LibraryWatch } from '../../src/libraries/watch-libraries.js';
import type { ScanPlace } from '../../src/libraries/scan-places.js';
import type { LibraryRecord } from '../../src/store/libraries.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { type LibraryFolder, makeLibraryFolder } from './library-folder.js';

const TIMES = { settled: 150, quiet: 100, patience: 1000, look: 100 };
/** Longer than all of them together. */
const QUIET = 800;

let store: Store;
let folder: LibraryFolder;
let libraries: Libraries;
let watch: LibraryWatch | undefined;
let scans: LibraryId[];
/** Where the scans were to look; null: everywhere. */
let looked: (readonly ScanPlace[] | null)[];
beforeEach(async () => {
  store = await openTestStore();
  folder = await makeLibraryFolder();
  libraries = new Libraries({ store, dataDirectory: '/nowhere', importRoot: undefined });
  scans = [];
  looked = [];
});
afterEach(async () => {
  await watch?.close();
  watch = undefined;
  await store.close();
  await folder.remove();
});

async function open(): Promise<void> {
  const scan = (id: LibraryId, places: readonly ScanPlace[] | undefined) => {
    looked.push(places ?? null);
    return Promise.resolve(scans.push(id));
  };
  watch = await LibraryWatch.open({ store, scan, log: { warn: vi.fn() }, times: TIMES });
}

/** Each once; forgets them. */
function placesLookedAt(): string[] {
  const places = looked
    .splice(0)
    .flatMap((all) => all?.map(({ folder: path, deep }) => `${path}${deep ? '/**' : ''}`) ?? ['everywhere']);
  return [...new Set(places)];
}

/** Waits for a scan, then until there are no more, and forgets them. @returns how many there were */
async function scansOf(library: LibraryRecord): Promise<number> {
  await vi.waitFor(
    () => {
      expect(scans).toContain(library.id);
    },
    { timeout: 60_000, interval: 20 },
  );
  await wait(QUIET);
  expect(new Set(scans)).toEqual(new Set([library.id]));
  return scans.splice(0).length;
}

test.each([false, true])(
  'files that come, change and go are told once they are written (polling: %s)',
  async (poll) => {
    await folder.draw('deep/old.png', 1);
    const library = await libraries.add(folder.root, { watch: true, poll, excluded: ['private'] });
    await open();
    // Nobody knows what was changed while nobody watched.
    await scansOf(library);
    expect(placesLookedAt()).toEqual(['everywhere']);

    for (let seed = 1; seed <= 20; seed += 1) await folder.draw(`many/${seed}.png`, seed);
    expect(await scansOf(library)).toBeLessThan(10);
    expect(placesLookedAt()).toEqual(['many']);
    const file = join(folder.root, 'deep/new.jpg');
    for (const part of [1, 2, 3, 4, 5]) {
      await writeFile(file, Buffer.alloc(100 * part));
      await wait(60);
    }
    await scansOf(library);
    await writeFile(join(folder.root, 'deep/old.png.xmp'), '<x/>');
    await scansOf(library);
    await rm(file);
    await scansOf(library);
    expect(placesLookedAt()).toEqual(['deep']);
    await rm(join(folder.root, 'many'), { recursive: true });
    await scansOf(library);
    expect(placesLookedAt()).toContain('many/**');

    await mkdir(join(folder.root, 'private'));
    for (const other of ['notes.txt', 'private/a.png', '.hidden.png', 'Thumbs.db'])
      await writeFile(join(folder.root, other), 'x');
    await wait(QUIET);
    expect(scans).toEqual([]);
  },
);

test('a folder that is away for a while is watched again when it is back', async () => {
  await folder.draw('a.png', 1);
  const library = await libraries.add(folder.root, { watch: true });
  await open();
  await scansOf(library);
  await rename(folder.root, `${folder.root}-away`);
  await wait(QUIET);
  scans.length = 0;
  await rename(`${folder.root}-away`, folder.root);
  await scansOf(library);
  await folder.draw('b.png', 2);
  await scansOf(library);
});

test('libraries that are added, changed and removed meanwhile are watched as people want it', async () => {
  await open();
  const library = await libraries.add(folder.root, { watch: true });
  await scansOf(library);
  await libraries.update(library.id, { watch: false });
  await wait(QUIET);
  await folder.draw('a.png', 1);
  await wait(QUIET);
  expect(scans).toEqual([]);
  await libraries.update(library.id, { watch: true });
  await scansOf(library);
  await store.libraries.delete(library.id);
  await libraries.tell();
  await wait(QUIET);
  await folder.draw('b.png', 2);
  await wait(QUIET);
  expect(scans).toEqual([]);
});

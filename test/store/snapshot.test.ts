/** What a database holds at one moment, read while it goes on. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCollectionFile } from '../../src/store/collection-file.js';
import { openStore, type Store } from '../../src/store/store.js';
import { prepareDataFolder } from './open-test-store.js';
import { newImage } from './records.js';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-snapshot-'));
  await prepareDataFolder(folder);
  // A process that was killed over it left one.
  await mkdir(join(folder, 'database.snapshot'));
  await writeFile(join(folder, 'database.snapshot', 'PG_VERSION'), '17');
  store = await openStore({ dataDirectory: folder, diskReserve: 0 });
  await store.images.add([newImage('before.png')]);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

test('what is left of a snapshot goes when the database is opened', () => {
  expect(existsSync(join(folder, 'database.snapshot'))).toBe(false);
});

test('reading a collection keeps nobody waiting, and shows nothing of what is written meanwhile', async () => {
  const file = join(folder, 'read.ekphrasis');
  await store.readCollection(async (pieces) => {
    const taken: string[] = [];
    for await (const piece of pieces) {
      // With the reading under way, others write and read.
      if (taken.length === 0) await store.images.add([newImage('meanwhile.png')]);
      taken.push(piece);
    }
    await writeFile(file, taken.join(''));
  });
  expect(existsSync(join(folder, 'database.snapshot'))).toBe(false);

  const rows: string[] = [];
  for await (const part of (await readCollectionFile(file)).parts) if (part.type === 'row') rows.push(part.row.join());
  expect(rows.filter((row) => row.includes('before.png'))).toHaveLength(1);
  expect(rows.filter((row) => row.includes('meanwhile.png'))).toEqual([]);
  expect(await store.images.count()).toMatchObject({ count: 2 });
});

test('two readings come one after the other, and a reader that goes away leaves nothing', async () => {
  const broken = store.readCollection(async (pieces) => {
    for await (const piece of pieces) if (piece !== '') throw new Error('the reader is gone');
  });
  let read = 0;
  const whole = store.readCollection(async (pieces) => {
    for await (const piece of pieces) read += piece.length;
  });
  await expect(broken).rejects.toThrow('the reader is gone');
  await whole;
  expect(read).toBeGreaterThan(1000);
  expect(existsSync(join(folder, 'database.snapshot'))).toBe(false);
});

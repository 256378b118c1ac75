import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unfinishedPath } from '../../src/files/atomic-file.js';
import { DerivedFiles } from '../../src/store/derived-files.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-derived-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Writes files of 1000 bytes that were used so many minutes ago. */
async function fill(files: DerivedFiles, ages: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, minutes] of Object.entries(ages)) {
    const path = join(files.folder, name);
    await files.write(path, new Uint8Array(1000));
    await files.settled();
    const time = new Date(Date.now() - 60_000 * minutes);
    await utimes(path, time, time);
  }
}

const kept = async (files: DerivedFiles) =>
  (await readdir(files.folder, { recursive: true })).filter((name) => name.endsWith('.x')).sort();

test('of files over the size those go that nobody has read for longest', async () => {
  const files = new DerivedFiles(directory, { maximumBytes: 10_000 });
  await fill(files, {
    'a/1.x': 50,
    'a/2.x': 90,
    'b/3.x': 80,
    'b/4.x': 40,
    'b/5.x': 30,
    '6.x': 20,
    '7.x': 10,
    '8.x': 5,
  });
  expect(await files.read(join(files.folder, 'a/2.x'))).toHaveLength(1000);
  await fill(files, { '9.x': 1, '10.x': 1, '11.x': 1 });
  const names = await kept(files);
  expect(names).toContain('a/2.x');
  expect(names).not.toContain('b/3.x');
  expect(names).toContain('11.x');
  expect(names.length).toBeLessThanOrEqual(10);
  expect(await files.read(join(files.folder, 'b/3.x'))).toBeUndefined();
});

test('a file that is being written is left alone, however full it is', async () => {
  const files = new DerivedFiles(directory, { maximumBytes: 2000 });
  await mkdir(files.folder, { recursive: true });
  const unfinished = unfinishedPath(join(files.folder, 'new.x'));
  await writeFile(unfinished, new Uint8Array(1000));
  await utimes(unfinished, new Date(0), new Date(0));
  await fill(files, { '1.x': 3, '2.x': 2, '3.x': 1 });
  expect((await stat(unfinished)).size).toBe(1000);
  expect(await kept(files)).not.toContain('1.x');
});

test('however much is written, no more than the size stays', async () => {
  const files = new DerivedFiles(directory, { maximumBytes: 20_000 });
  for (let index = 0; index < 200; index += 1) {
    await files.write(join(files.folder, `${index % 7}`, `${index}.x`), new Uint8Array(700));
    if (index % 10 === 9) await files.settled();
  }
  await files.settled();
  const names = await kept(files);
  expect(names.length * 700).toBeLessThanOrEqual(20_000);
  expect(names.length).toBeGreaterThan(15);
  expect(names).toContain('3/199.x');
});

test('what another process has written counts', async () => {
  await fill(new DerivedFiles(directory), { '1.x': 9, '2.x': 8, '3.x': 7, '4.x': 6 });
  const files = new DerivedFiles(directory, { maximumBytes: 2500 });
  await fill(files, { '5.x': 0 });
  expect(await kept(files)).toEqual(['4.x', '5.x']);
});

test('without a size everything stays', async () => {
  const files = new DerivedFiles(directory);
  await fill(files, { '1.x': 9, '2.x': 8 });
  await files.read(join(files.folder, '1.x'));
  expect(await kept(files)).toEqual(['1.x', '2.x']);
  expect(Date.now() - (await stat(join(files.folder, '1.x'))).mtimeMs).toBeGreaterThan(60_000);
});

import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unfinishedPath } from '../../src/files/atomic-file.js';
import { removeLeftovers } from '../../src/files/leftovers.js';

const KILLED = 'photo.f16.0190f4b2-1111-4222-8333-444455556666.partial';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-leftovers-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, minutesOld: number): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), 'x');
  const time = new Date(Date.now() - 60_000 * minutesOld);
  await utimes(join(folder, path), time, time);
}

const remove = (alone: boolean) =>
  removeLeftovers(
    { data: join(folder, 'data'), cache: join(folder, 'cache'), temporary: join(folder, 'tmp') },
    { alone, signal: new AbortController().signal },
  );

async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

test('where others may write, only what nobody has touched for an hour is removed', async () => {
  await put(`data/cache/regions/ab/${KILLED}`, 61);
  await put(`data/models/new-${KILLED}`, 59);
  await put('cache/vgg16-40acdda7.safetensors.123.tmp', 61);
  await put('cache/vgg16-40acdda7.partial', 9999);
  await put('tmp/capacitor-0123456789abcdef.tmp', 61);
  await put('tmp/capacitor-fedcba9876543210.tmp', 1);
  await put('tmp/of-another-program.tmp', 9999);
  expect(await remove(false)).toBe(3);
  expect(await files()).toEqual([
    'capacitor-fedcba9876543210.tmp',
    `new-${KILLED}`,
    'of-another-program.tmp',
    'vgg16-40acdda7.partial',
  ]);
});

test('where nobody else can write, what was there before this process is removed from the data folder', async () => {
  await put(`data/cache/${KILLED}`, process.uptime() / 60 + 1);
  await put(`data/cache/now-${KILLED}`, 0);
  await put('data/cache/whole.f16', 9999);
  expect(await remove(true)).toBe(1);
  expect(await files()).toEqual([`now-${KILLED}`, 'whole.f16']);
});

test('an upload that a killed server had begun to receive is removed', async () => {
  await put(relative(folder, unfinishedPath(join(folder, 'data/uploads/upload'))), process.uptime() / 60 + 1);
  expect(await remove(true)).toBe(1);
  expect(await files()).toEqual([]);
});

test('folders that are not there are no fault', async () => {
  expect(await remove(true)).toBe(0);
});

import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileState, replaceFile } from '../../src/files/replace-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-replace-'));
  path = join(folder, 'photo.xmp');
  await writeFile(path, 'old');
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = new TextEncoder().encode('new');
const replace = async (check: () => Promise<void>) => {
  const before = await fileState(path);
  if (!before) throw new Error('there is no file');
  return replaceFile(path, { bytes, before, like: before, keepTime: true, check });
};

test('the new file has the rights and the time of the old one, which is whole until then', async () => {
  const time = new Date('2001-02-03T04:05:06Z');
  await chmod(path, 0o604);
  await utimes(path, time, time);
  const done = await replace(async () => {
    expect(await readFile(path, 'utf8')).toBe('old');
  });
  expect(done).toBe(true);
  const { mode, mtime } = await stat(path);
  expect([await readFile(path, 'utf8'), mode & 0o777, mtime]).toEqual(['new', 0o604, time]);
  expect(await readdir(folder)).toEqual(['photo.xmp']);
});

test.each([
  ['changes it', () => writeFile(path, 'other words')],
  ['removes it', () => rm(path)],
])('nothing is written where another program %s meanwhile', async (_what, meanwhile) => {
  expect(await replace(meanwhile)).toBe(false);
  expect(await readFile(path, 'utf8').catch(() => 'gone')).not.toBe('new');
  expect((await readdir(folder)).filter((name) => name !== 'photo.xmp')).toEqual([]);
});

test('one that appears meanwhile stays, and what the check refuses is not written', async () => {
  const before = await fileState(path);
  const other = join(folder, 'other.xmp');
  if (!before) throw new Error('there is no file');
  const done = await replaceFile(other, {
    bytes,
    before: undefined,
    like: before,
    keepTime: false,
    check: () => writeFile(other, 'theirs'),
  });
  expect([done, await readFile(other, 'utf8')]).toEqual([false, 'theirs']);
  await expect(replace(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect((await readdir(folder)).sort()).toEqual(['other.xmp', 'photo.xmp']);
});

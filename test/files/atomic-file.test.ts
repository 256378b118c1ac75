import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomically } from '../../src/files/atomic-file.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-atomic-'));
});
afterEach(() => rm(directory, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

test('a file is written with the folders it lies in, and takes the place of an earlier one', async () => {
  const path = join(directory, 'some', 'where', 'file');
  await writeFileAtomically(path, bytes('a long first text'));
  await writeFileAtomically(path, bytes('second'), { durable: false });
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(join(directory, 'some', 'where'))).toEqual(['file']);
});

test('of many that write the same file at once one wins, whole', async () => {
  const path = join(directory, 'file');
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(1000 * (index + 1)));
  await Promise.all(texts.map((text) => writeFileAtomically(path, bytes(text), { durable: false })));
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect(await readdir(directory)).toEqual(['file']);
});

test('what cannot be written is a storage failure that names the path, and leaves nothing behind', async () => {
  const taken = join(directory, 'taken');
  await mkdir(join(taken, 'full'), { recursive: true });
  await expect(writeFileAtomically(taken, bytes('x'))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining(taken) as string,
  });
  await writeFile(join(directory, 'file'), '');
  await expect(writeFileAtomically(join(directory, 'file', 'below'), bytes('x'))).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
  });
  expect((await readdir(directory)).sort()).toEqual(['file', 'taken']);
});

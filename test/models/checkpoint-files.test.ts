import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addModel, ENCODER, sha256Of } from '../store/records.js';

let store: Store;
let directory: string;
let machine: CheckpointFiles;
beforeAll(async () => {
  [store, directory] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), 'ekphrasis-checkpoints-'))]);
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  await rm(directory, { recursive: true });
  await mkdir(join(directory, 'shipped'), { recursive: true });
  machine = machineOf('one');
});

/**
 * A machine of that name: all use one database, each has a disk of its own. The program lies at the same place on all.
 */
function machineOf(name: string): CheckpointFiles {
  return new CheckpointFiles({ written: join(directory, name), shipped: join(directory, 'shipped') }, store);
}

function addShipped(content: string): Promise<ModelRecord> {
  return store.models.addShipped({
    name: content,
    encoder: ENCODER,
    settings: {},
    checkpointSha256: sha256Of(content),
  });
}

test('every machine finds a trained model, by its hash, though none has its file at first', async () => {
  const model = await addModel(store, 'everywhere');
  const paths = await Promise.all(['one', 'two'].map((name) => machineOf(name).pathOf(model)));
  expect(paths).toEqual(['one', 'two'].map((name) => join(directory, name, `${model.checkpointSha256}.safetensors`)));
  for (const path of paths) expect(await readFile(path, 'utf8')).toBe('everywhere');
});

test('of many that ask at once all get one whole file', async () => {
  const model = await addModel(store, 'at once');
  const paths = await Promise.all(Array.from({ length: 8 }, () => machine.pathOf(model)));
  expect(new Set(paths).size).toBe(1);
  expect(await readFile(paths[0] ?? '', 'utf8')).toBe('at once');
  expect(await readdir(join(directory, 'one'))).toHaveLength(1);
});

test.each([
  ['deleted', (path: string) => rm(path)],
  ['cut short', (path: string) => writeFile(path, 'a mod')],
  ['changed in one letter', (path: string) => writeFile(path, 'a Model')],
])('a file that was %s is written anew, while the program runs as after its start', async (_, harm) => {
  const model = await addModel(store, 'a model');
  const path = await machine.pathOf(model);
  for (const files of [machine, machineOf('one')]) {
    expect(await files.pathOf(model)).toBe(path);
    await harm(path);
    expect(await files.pathOf(model)).toBe(path);
    expect(await readFile(path, 'utf8')).toBe('a model');
  }
});

test('a model that comes with the program is found by its hash, whatever its file is called, and stays where it is', async () => {
  await writeFile(join(directory, 'shipped', 'other.safetensors'), 'another model');
  await writeFile(join(directory, 'shipped', 'renamed.safetensors'), 'shipped');
  const model = await addShipped('shipped');
  expect(await machine.pathOf(model)).toBe(join(directory, 'shipped', 'renamed.safetensors'));
  expect(await readdir(directory)).toEqual(['shipped']);
});

test('a model of the program whose only copy is damaged is said to be so; one that is gone, too', async () => {
  const model = await addShipped('to be damaged');
  const path = join(directory, 'shipped', 'model.safetensors');
  await expect(machine.pathOf(model)).rejects.toMatchObject({ code: 'NO_MODEL' });
  await writeFile(path, 'to be damaged');
  expect(await machine.pathOf(model)).toBe(path);
  await writeFile(path, 'to be Damaged');
  await expect(machine.pathOf(model)).rejects.toMatchObject({
    code: 'INVALID_CHECKPOINT',
    message: expect.stringContaining(path) as string,
  });
});

test('a damaged copy in the database is never written', async () => {
  const model = await addModel(store, 'in the database');
  await store.models.putCheckpoint(model.id, new TextEncoder().encode('something else'));
  await expect(machine.pathOf(model)).rejects.toMatchObject({ code: 'INVALID_CHECKPOINT' });
  expect(await readdir(directory)).toEqual(['shipped']);
});

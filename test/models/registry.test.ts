/** A database of an earlier version, whose trained models lie in files that only their rows know. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeInCheckpoints } from '../../src/models/registry.js';
import { CheckpointFiles } from '../../src/models/checkpoint-files.js';
import type { ModelRecord } from '../../src/store/models.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addModel } from '../store/records.js';

let store: Store;
let directory: string;
beforeAll(async () => {
  [store, directory] = await Promise.all([openTestStore(), mkdtemp(join(tmpdir(), 'ekphrasis-models-'))]);
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

/** A model as an earlier version left it. */
async function addEarlier(name: string): Promise<{ model: ModelRecord; path: string }> {
  const { id } = await addModel(store, name);
  const path = join(directory, `${name}.safetensors`);
  await store.executeSql('UPDATE "Model" SET "checkpoint" = NULL, "checkpointPath" = $1 WHERE "id" = $2::uuid', [
    path,
    id,
  ]);
  const model = await store.models.find(id);
  if (!model) throw new Error('the model is gone');
  return { model, path };
}

/** Starts the program as far as models go. @returns what it logged */
async function start(): Promise<string> {
  let logged = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString();
      done();
    },
  });
  await takeInCheckpoints(store, pino(stream));
  return logged;
}

function pathOf(model: ModelRecord): Promise<string> {
  return new CheckpointFiles({ written: join(directory, 'models'), shipped: join(directory, 'shipped') }, store).pathOf(
    model,
  );
}

test('the file of a model trained earlier is taken in where it lies, and needed no more', async () => {
  const { model, path } = await addEarlier('found');
  await writeFile(path, 'found');
  expect(await pathOf(model)).toBe(path);
  expect(await start()).toBe('');
  await rm(path);
  const now = await store.models.find(model.id);
  expect(now).toMatchObject({ checkpointPath: null });
  expect(await readFile(await pathOf(now ?? model), 'utf8')).toBe('found');
});

test('one that lies on another machine waits for a start there', async () => {
  const { model, path } = await addEarlier('elsewhere');
  expect(await start()).toBe('');
  await expect(pathOf(model)).rejects.toMatchObject({
    code: 'NO_MODEL',
    message: expect.stringContaining(path) as string,
  });
  await writeFile(path, 'elsewhere');
  await start();
  expect(new TextDecoder().decode(await store.models.readCheckpoint(model.id))).toBe('elsewhere');
});

test('a damaged one is logged and not taken in', async () => {
  const { model, path } = await addEarlier('damaged');
  await writeFile(path, 'Damaged');
  expect(await start()).toContain('INVALID_CHECKPOINT');
  expect(await store.models.readCheckpoint(model.id)).toBeUndefined();
  await expect(pathOf(model)).rejects.toMatchObject({ code: 'INVALID_CHECKPOINT' });
});

/** What a trainer says that it is at, in which order and how far. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTrainer } from '../../src/training/trainer.js';
import { tinyTraining } from './tiny-training.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-stages-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('a trainer compiles before it starts, and after each epoch measures every dev photo', async () => {
  const told: string[] = [];
  const validated: { readonly done: number; readonly total: number | null }[] = [];
  for await (const event of startTrainer(await tinyTraining(directory, { engine: 'onnx', device: 'cpu' })).events) {
    const name = event.type === 'stage' ? event.stage : event.type;
    if (name !== told.at(-1) && name !== 'sample' && name !== 'step') told.push(name);
    if (event.type === 'stage' && event.stage === 'VALIDATING') validated.push(event);
  }
  expect(told).toEqual(['COMPILING', 'started', 'VALIDATING', 'epoch', 'VALIDATING', 'epoch', 'finished']);
  // How many photos there are is not known before the first are captioned.
  const epoch = [
    { done: 0, total: null },
    { done: 2, total: 2 },
  ];
  expect(validated).toMatchObject([...epoch, ...epoch]);
});

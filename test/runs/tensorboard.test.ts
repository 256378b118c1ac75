/** The event file of a run, as TensorBoard's own reader reads it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunEpoch } from '../../src/runs/run.js';
import { eventsOf, figuresOf } from '../../src/runs/write-run.js';

const run = promisify(execFile);
const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
events = EventAccumulator(sys.argv[1], size_guidance={'tensors': 0, 'scalars': 0}).Reload()
tags = events.Tags()
print(json.dumps({
    'scalars': {tag: [[e.step, e.value, e.wall_time] for e in events.Scalars(tag)] for tag in tags['scalars']},
    'texts': {tag: [[e.step, tensor_util.make_ndarray(e.tensor_proto).item().decode()] for e in events.Tensors(tag)]
              for tag in tags['tensors']},
    'plugins': sorted(events.PluginTagToContent('text')),
}))`;

const readSchema = z.object({
  scalars: z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number()]))),
  texts: z.record(z.string(), z.array(z.tuple([z.number(), z.string()]))),
  plugins: z.array(z.string()),
});

let directory: string;
let python: string | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-tensorboard-'));
  const bin = join(directory, 'venv', 'bin');
  try {
    await run('python3', ['-m', 'venv', join(directory, 'venv')]);
    await run(join(bin, 'pip'), ['install', '--quiet', 'tensorboard==2.20.0', 'setuptools<81']);
    python = join(bin, 'python');
  } catch {
    // Told where the test is skipped.
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const epochOf = (epoch: number, loss: number): RunEpoch => ({
  epoch,
  loss,
  reward: null,
  learningRate: 1e-3 / epoch,
  seconds: 2.5,
  imagesPerSecond: 31,
  bleu: [0.6, 0.4, 0.3, 0.2],
  cider: 0.5,
  retrieval: null,
  best: true,
  samples: [{ imageName: 'Hündchen.jpg', caption: `ein Hund läuft ${epoch}` }],
});

test('TensorBoard reads the curves and the samples of a run', async (context) => {
  if (python === undefined) {
    context.skip('there is no Python with venv, or no network to fetch tensorboard from');
    return;
  }
  const epochs = [3.25, 2.718281828, 1e-7].map((loss, index) => epochOf(index + 1, loss));
  const file = join(directory, 'events.out.tfevents.1796093996.ekphrasis');
  const createdAt = '2026-12-01T00:00:00.500Z';
  await writeFile(file, eventsOf({ createdAt, epochs }));
  const { stdout } = await run(python, ['-c', READER, file], { cwd: directory });
  const read = readSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  const start = Date.parse(createdAt) / 1000;
  const tags = [...figuresOf(epochOf(1, 1)).keys()];
  expect(Object.keys(read.scalars).sort()).toEqual([...tags].sort());
  for (const tag of tags)
    expect(read.scalars[tag], tag).toEqual(
      epochs.map((epoch) => [epoch.epoch, Math.fround(figuresOf(epoch).get(tag) ?? NaN), start + 2.5 * epoch.epoch]),
    );
  expect(read.texts).toEqual({
    'samples/Hündchen.jpg': [1, 2, 3].map((epoch) => [epoch, `ein Hund läuft ${epoch}`]),
  });
  expect(read.plugins).toEqual(['samples/Hündchen.jpg']);
});

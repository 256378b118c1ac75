/** What becomes of a training whose process is killed, whose disk is full, or whose numbers run away. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';
import { sha256Of } from '../../src/files/sha256.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { RandomStream } from '../../src/training/random.js';
import { filesAfter, lastEpoch, removeOthers } from '../../src/training/run-folder.js';
import type { CaptionRun } from '../../src/training/run.js';
import { eventsOf, tinyTraining } from './tiny-training.js';

const EPOCHS = 4;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-survival-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function training(name: string, settings: Partial<CaptionRun['settings']> = {}): Promise<CaptionRun> {
  const run = await tinyTraining(join(directory, name), { engine: 'onnx', device: 'cpu' });
  return { ...run, resume: true, settings: { ...run.settings, epochs: EPOCHS, ...settings } };
}

const epochsOf = (events: readonly TrainingEvent[]) =>
  events.flatMap((event) => (event.type === 'epoch' ? [event.epoch] : []));
const hashOf = async ({ outputDirectory }: CaptionRun, epoch = EPOCHS) =>
  sha256Of(await readFile(join(outputDirectory, `epoch-${epoch}.safetensors`)));

/** A trainer's process that can be killed as an operator or the system would. */
function start(run: CaptionRun): ChildProcess {
  const child = fork(join(PROGRAM_FOLDER, 'dist', 'training', 'trainer-process.js'), { serialization: 'advanced' });
  child.send(run);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** When a file, half of which may be there, comes into the folder. */
async function appearing(folder: string, name: RegExp): Promise<void> {
  const watcher = watch(folder);
  await new Promise<void>((resolve) => {
    watcher.on('change', (_, changed) => {
      if (name.test(String(changed))) resolve();
    });
  });
  watcher.close();
}

test('killed at random moments and gone on with, it ends with the bits of one that was never disturbed', async () => {
  const undisturbed = await training('undisturbed');
  expect((await eventsOf(undisturbed)).at(-1)).toMatchObject({ type: 'finished' });

  const run = await training('disturbed');
  const folder = run.outputDirectory;
  // The first epoch's checkpoint is half written; then, whole, without the progress that belongs to it.
  let doomed = start(run);
  await appearing(folder, /^epoch-1\..*partial/);
  await kill(doomed);
  await mkdir(join(folder, 'progress-2.safetensors'));
  expect((await eventsOf(run)).at(-1)).toMatchObject({ type: 'failed', code: 'STORAGE_FAILED' });
  expect(await readdir(folder)).toContain('epoch-2.safetensors');
  await rm(join(folder, 'progress-2.safetensors'), { recursive: true });
  expect(await lastEpoch(folder)).toBe(1);
  // Somewhere in the epochs that follow.
  const random = new RandomStream(7, 'kills');
  doomed = start(run);
  await once(doomed, 'message');
  await wait(300 * random.uniform());
  await kill(doomed);
  doomed = start(run);
  await appearing(folder, /^progress-3\./);
  await kill(doomed);

  const events = await eventsOf(run);
  expect(events.at(-1)).toMatchObject({ type: 'finished' });
  expect(epochsOf(events)).toEqual([1, 2, 3, 4]);
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1)
    expect(await hashOf(run, epoch), `epoch ${epoch}`).toBe(await hashOf(undisturbed, epoch));
});

test('numbers that run away end it by name; with a lower rate it goes on after the last finished epoch, always alike', async () => {
  const run = await training('steep');
  const short = { ...run, settings: { ...run.settings, epochs: 1 } };
  expect((await eventsOf(short)).at(-1)).toMatchObject({ type: 'finished' });
  const steep = { ...run, settings: { ...run.settings, learningRate: 1e30 } };
  expect((await eventsOf(steep)).at(-1)).toMatchObject({
    type: 'failed',
    code: 'TRAINING_FAILED',
    message: expect.stringMatching(/step \d+ .*learning rate 1e\+30 is too high.*Resume.*lower/) as string,
  });
  expect(await lastEpoch(run.outputDirectory)).toBe(1);

  const again = { ...run, outputDirectory: join(directory, 'again') };
  await cp(run.outputDirectory, again.outputDirectory, { recursive: true });
  for (const lower of [run, again]) {
    const events = await eventsOf({ ...lower, settings: { ...lower.settings, learningRate: 1e-4 } });
    expect(epochsOf(events)).toEqual([1, 2, 3, 4]);
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
  }
  expect(await hashOf(again)).toBe(await hashOf(run));
});

test('with other photos or captions it goes on with the words it knows, and says so', async () => {
  const run = await training('changing');
  await eventsOf({ ...run, settings: { ...run.settings, epochs: 1 } });
  const path = join(run.dataFile, 'images.json');
  const changed = (await readFile(path, 'utf8'))
    .replaceAll('red', 'unheard')
    .replace(/"fingerprint":"[^"]*"/, '"fingerprint":"another"');
  await writeFile(path, changed);
  const events = await eventsOf(run);
  expect(events[0]).toMatchObject({
    type: 'started',
    explanation: expect.stringMatching(/not those it began with: it goes on with those/) as string,
  });
  expect(events.at(-1)).toMatchObject({ type: 'finished' });
  expect(epochsOf(events)).toEqual([1, 2, 3, 4]);
});

test('of its files the last progress, the newest two checkpoints and the best are kept, and what it writes meanwhile', async () => {
  expect(filesAfter(1, 1)).toEqual(['progress-1.safetensors', 'epoch-1.safetensors']);
  const kept = filesAfter(5, 2);
  expect([...kept].sort()).toEqual([
    'epoch-2.safetensors',
    'epoch-4.safetensors',
    'epoch-5.safetensors',
    'progress-5.safetensors',
  ]);
  const newer = [
    'epoch-6.safetensors',
    'epoch-7.safetensors.2f.partial',
    'progress-6.safetensors',
    'data',
    'data.partial',
  ];
  const older = [
    'epoch-1.safetensors',
    'epoch-3.safetensors',
    'epoch-5.safetensors.1a.partial',
    'progress-4.safetensors',
  ];
  for (const name of [...kept, ...newer, ...older]) await writeFile(join(directory, name), '');
  await removeOthers(directory, 5, kept);
  expect((await readdir(directory)).sort()).toEqual([...kept, ...newer].sort());
  expect(await lastEpoch(directory)).toBe(6);
});

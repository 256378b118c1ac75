/** A fine-tuning begins where the earlier model ended, with words of its own data, and ends the same after a break. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import {
  type Checkpoint,
  ensembleOf,
  memberOf,
  readCheckpoint,
  writeCheckpoint,
} from '../../src/captioner/checkpoint.js';
import type { ModelId, Sha256 } from '../../src/ids.js';
import { Vocabulary } from '../../src/language/vocabulary.js';
import { type EarlierModel, startFrom } from '../../src/training/fine-tuning.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { checkpointName } from '../../src/training/run-folder.js';
import type { CaptionRun } from '../../src/training/run.js';
import { trainingSettingsSchema } from '../../src/training/settings.js';
import { startTrainer } from '../../src/training/trainer.js';
import { eventsOf, lossesIn, tinyTraining } from './tiny-training.js';

test('a vocabulary keeps its words and their ids; frequent words that it lacks come after them, the most frequent first', () => {
  const earlier = Vocabulary.build([['a', 'a', 'dog', 'dog', 'dog']], 1);
  const captions = [
    ['a', 'cat', 'sat'],
    ['the', 'cat', 'sat'],
    ['the', 'dog', 'sat'],
    ['a', 'bird'],
  ];
  expect(earlier.extend(captions, 2).words).toEqual([
    '<pad>',
    '<start>',
    '<end>',
    '<unknown>',
    'dog',
    'a',
    'sat',
    'cat',
    'the',
  ]);
  expect(earlier.extend([['a', 'dog']], 1).words).toEqual(earlier.words);
});

let directory: string;
let run: CaptionRun;
let from: EarlierModel;
let earlier: Checkpoint;
let firstLosses: number[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fine-tuning-'));
  const tiny = await tinyTraining(join(directory, 'earlier'), { engine: 'onnx', device: 'cpu' });
  // Of the five words that are seen the rarest are left out, for the fine-tuning to add.
  const events = await eventsOf({
    ...tiny,
    settings: { ...tiny.settings, epochs: 20, learningRate: 0.01, minimumWordCount: 6 },
  });
  firstLosses = lossesIn(events);
  const path = bestOf(tiny, events);
  earlier = readCheckpoint(await readFile(path));
  from = {
    id: '01900000-0000-7000-8000-000000000001' as ModelId,
    name: 'tiny',
    sha256: '0'.repeat(64) as Sha256,
    path,
  };
  const settings = { ...tiny.settings, epochs: 3, learningRate: 1e-3, minimumWordCount: 1 };
  run = { ...(await tinyTraining(join(directory, 'tuned'), tiny.compute)), settings, from };
});
afterAll(() => rm(directory, { recursive: true }));

/** Where the checkpoint of the best epoch lies. */
function bestOf({ outputDirectory }: CaptionRun, events: readonly TrainingEvent[]): string {
  const last = events.at(-1);
  if (last?.type !== 'finished') throw new Error(`the training ended as ${JSON.stringify(last)}`);
  return join(outputDirectory, checkpointName(last.bestEpoch));
}

test('parameters of known words are bit by bit the earlier ones; a new word is the mean of the known words', () => {
  const known = earlier.header.vocabulary.length;
  const vocabulary = new Vocabulary([...earlier.header.vocabulary, 'zebra', 'kite']);
  const start = startFrom(earlier, vocabulary);
  expect([...start.keys()]).toEqual([...earlier.parameters.keys()]);
  for (const [name, values] of earlier.parameters) {
    expect(start.get(name)?.subarray(0, values.length), name).toEqual(values);
    const width = name === 'embedding' ? earlier.header.settings.embeddingSize : name === 'vocabulary.bias' ? 1 : 0;
    expect(start.get(name)).toHaveLength(values.length + 2 * width);
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let word = 4; word < known; word++) sum += values[word * width + column] ?? NaN;
      for (const row of [known, known + 1])
        expect(start.get(name)?.[row * width + column]).toBeCloseTo(sum / (known - 4), 6);
    }
  }
});

describe('a fine-tuning', () => {
  it('begins with a lower loss than a training from nothing, knows new words, and says what it came from', async () => {
    const events = await eventsOf(run);
    const { header } = readCheckpoint(await readFile(bestOf(run, events)));
    expect(header.from).toEqual({ id: from.id, name: from.name, sha256: from.sha256 });
    const known = earlier.header.vocabulary;
    expect(header.vocabulary.slice(0, known.length)).toEqual(known);
    expect(header.vocabulary.length).toBeGreaterThan(known.length);
    expect(header.settings).toEqual(earlier.header.settings);
    expect(lossesIn(events)[0]).toBeLessThan(firstLosses[0] ?? NaN);
    expect(lossesIn(events)[0]).toBeLessThan(
      lossesIn(await eventsOf({ ...run, outputDirectory: join(directory, 'nothing'), from: undefined }))[0] ?? NaN,
    );
  });

  it('that went on after its first epoch ends with the weights of one that ran through', async () => {
    const whole = { ...run, outputDirectory: join(directory, 'whole') };
    const losses = lossesIn(await eventsOf(whole));
    const broken = { ...run, outputDirectory: join(directory, 'broken') };
    // The trainer is ended by its parent once it has told of an epoch.
    const trainer = startTrainer(broken);
    for await (const event of trainer.events) if (event.type === 'epoch') void trainer.cancel();
    const events = await eventsOf({ ...broken, resume: true });
    expect(lossesIn(events)).toEqual(losses);
    for (const epoch of [1, 2, 3]) {
      const { parameters } = readCheckpoint(await readFile(join(broken.outputDirectory, `epoch-${epoch}.safetensors`)));
      const { parameters: expected } = readCheckpoint(
        await readFile(join(whole.outputDirectory, `epoch-${epoch}.safetensors`)),
      );
      expect(isDeepStrictEqual(parameters, expected), `epoch ${epoch}`).toBe(true);
    }
  });
});

/** The farthest that two numbers of one place are apart. */
function distance(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, place) => Math.max(most, Math.abs(value - (b[place] ?? NaN))), 0);
}

describe('the members of an ensemble', () => {
  let ensemble: EarlierModel;
  beforeAll(async () => {
    const other = new Map([...earlier.parameters].map(([name, values]) => [name, values.map((value) => 0.9 * value)]));
    const path = join(directory, 'ensemble.safetensors');
    const both = ensembleOf([earlier, { ...earlier, parameters: other }], 'both');
    await writeFile(path, writeCheckpoint(both, 'fp16'));
    ensemble = { ...from, path };
  });

  it('learn side by side, each as it would by itself, or the first does and writes alone', async () => {
    const tuned = async (name: string, wish: Partial<CaptionRun['settings']>, path = ensemble.path) => {
      const outputDirectory = join(directory, name);
      const settings = { ...run.settings, epochs: 1, learningRate: 0.02, ...wish };
      await eventsOf({ ...run, outputDirectory, settings, from: { ...ensemble, path } });
      return readCheckpoint(await readFile(join(outputDirectory, checkpointName(1))));
    };
    const both = await tuned('all', { members: 'all' });
    expect(both.header.settings).toMatchObject({ members: 2 });
    for (const member of [0, 1]) {
      const path = join(directory, `member-${member}.safetensors`);
      await writeFile(path, writeCheckpoint(memberOf(readCheckpoint(await readFile(ensemble.path)), member), 'fp16'));
      const alone = await tuned(`alone-${member}`, {}, path);
      const own = memberOf(both, member);
      expect([...own.parameters.keys()]).toEqual([...alone.parameters.keys()]);
      for (const [name, values] of alone.parameters) {
        // Half precision, and an epsilon in the denominator that does not scale with the gradient.
        expect(distance(values, own.parameters.get(name)), `${member}.${name}`).toBeLessThan(2e-3);
      }
    }
    const first = await tuned('first', {});
    expect(first.header.settings.members).toBeUndefined();
    expect(distance(first.parameters.get('embedding'), memberOf(both, 1).parameters.get('embedding'))).toBeGreaterThan(
      0.01,
    );
    expect(isDeepStrictEqual(first.parameters, (await readAlone()).parameters)).toBe(true);

    async function readAlone(): Promise<Checkpoint> {
      return readCheckpoint(await readFile(join(directory, 'alone-0', checkpointName(1))));
    }
  });
});

test('all members learn by the cross-entropy alone', () => {
  const phases = [{ objective: 'SELF_CRITICAL', epochs: 1 }];
  expect(trainingSettingsSchema.safeParse({ members: 'all', phases }).error?.issues[0]?.message).toMatch(
    /cross-entropy/,
  );
});

/** A training that no longer gets better ends, says why, and does so at the same epoch after a break. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { earlyEnd } from '../../src/training/early-stopping.js';
import { eventsOf, tinyTraining } from './tiny-training.js';

/** Epochs of which those that are marked are the best so far. */
const epochs = (marks: string) => Array.from(marks, (mark, index) => ({ epoch: index + 1, best: mark === '+' }));

test.each([
  ['', 3, undefined],
  ['++--', 3, undefined],
  ['++--+--', 3, undefined],
  ['++---', 3, 'Stopped early, after epoch 5 of 20: epoch 2 is the best, and the 3 epochs after it were no better.'],
  ['+-', 1, 'Stopped early, after epoch 2 of 20: epoch 1 is the best, and the epoch after it was no better.'],
  ['+------------', undefined, undefined],
  ['+-------------------', 3, undefined],
])('the epochs "%s" with a patience of %s', (marks, patience, sentence) => {
  expect(earlyEnd(epochs(marks), { epochs: 20, patience })).toBe(sentence);
});

describe('a training whose captions stay the same', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'patience-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('ends when its patience does, with no time left and the best epoch before; again, when it is resumed then', async () => {
    const tiny = await tinyTraining(directory, { engine: 'onnx', device: 'cpu' });
    // With steps that are next to nothing no epoch is better than the first.
    const settings = { ...tiny.settings, epochs: 9, patience: 2, learningRate: 1e-9 };
    const events = await eventsOf({ ...tiny, settings });
    const told = events.flatMap((event) => (event.type === 'epoch' ? [event] : []));
    expect(told.map(({ epoch, best }) => [epoch, best])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    expect(told.map(({ secondsLeft }) => secondsLeft > 0)).toEqual([true, true, false]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', bestEpoch: 1 });

    const resumed = await eventsOf({ ...tiny, settings, resume: true });
    expect(resumed.slice(1)).toEqual([...told, events.at(-1)]);
  });
});

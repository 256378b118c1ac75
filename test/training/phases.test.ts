/** What a training may be told of its phases, and what follows. */
import { describe, expect, it, test } from 'vitest';
import { toJobSettings, toResumedSettings } from '../../src/trainings/settings.js';
import { earlyEnd } from '../../src/training/early-stopping.js';
import { phaseOf, planPhases } from '../../src/training/phase-plan.js';
import { DEFAULT_SETTINGS, readPhases, trainingSettingsSchema } from '../../src/training/settings.js';

const phases = [
  { objective: 'CROSS_ENTROPY' as const, epochs: 3 },
  { objective: 'SELF_CRITICAL' as const, epochs: 2 },
];

test("their epochs are the training's, one after another", () => {
  const settings = trainingSettingsSchema.parse({ phases });
  expect(settings.epochs).toBe(5);
  expect(planPhases(settings).map(({ first, last }) => [first, last])).toEqual([
    [1, 3],
    [4, 5],
  ]);
  expect([1, 3, 4, 5].map((epoch) => phaseOf(epoch, settings).phase.objective)).toEqual([
    'CROSS_ENTROPY',
    'CROSS_ENTROPY',
    'SELF_CRITICAL',
    'SELF_CRITICAL',
  ]);
  expect(() => phaseOf(6, settings)).toThrow(RangeError);
  expect(planPhases(DEFAULT_SETTINGS)).toEqual([
    { phase: { objective: 'CROSS_ENTROPY', epochs: 20 }, first: 1, last: 20 },
  ]);
  // What was parsed once is read again from its row.
  expect(trainingSettingsSchema.parse(settings)).toEqual(settings);
});

describe('refused with the reason is', () => {
  const refusal = (settings: Parameters<typeof toJobSettings>[0]['settings']) => {
    try {
      toJobSettings({ settings });
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ['another number of epochs', { epochs: 7, phases }, /epochs: the phases have 5 epochs/],
    [
      'to learn from captions of a model that has learned nothing',
      { phases: [{ objective: 'SELF_CRITICAL' as const, epochs: 2 }] },
      /begin with a phase of CROSS_ENTROPY, or from a model/,
    ],
    [
      'one caption, which has no others beside it',
      { phases: [...phases, { objective: 'SELF_CRITICAL' as const, epochs: 1, samples: 1 }] },
      /samples/,
    ],
  ])('%s', (_, settings, message) => {
    expect(refusal(settings)).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message) as string,
    });
  });
});

test('resumed with a lower rate, no phase is above it', () => {
  const given = toJobSettings({ settings: { phases } });
  const rates = (rate: number) => {
    const { training } = toResumedSettings(given, rate);
    return 'phases' in training
      ? [training.learningRate, training.phases?.map(({ learningRate }) => learningRate)]
      : [];
  };
  expect(rates(5e-4)).toEqual([5e-4, [undefined, 1e-4]]);
  expect(rates(2e-5)).toEqual([2e-5, [undefined, 2e-5]]);
});

test('patience is for the last phase, and begins with it', () => {
  const epochs = (marks: string) => Array.from(marks, (mark, index) => ({ epoch: index + 1, best: mark === '+' }));
  const settings = {
    epochs: 9,
    patience: 2,
    phases: [
      { objective: 'CROSS_ENTROPY' as const, epochs: 5 },
      { objective: 'CROSS_ENTROPY' as const, epochs: 4 },
    ],
  };
  expect(earlyEnd(epochs('+----'), settings)).toBeUndefined();
  expect(earlyEnd(epochs('+-----'), settings)).toBeUndefined();
  expect(earlyEnd(epochs('+------'), settings)).toContain('Stopped early, after epoch 7 of 9');
  expect(earlyEnd(epochs('+----+-'), settings)).toBeUndefined();
});

test.each([
  [
    'cross-entropy:12,self-critical:3',
    [
      { objective: 'CROSS_ENTROPY', epochs: 12 },
      { objective: 'SELF_CRITICAL', epochs: 3, learningRate: 1e-4 },
    ],
  ],
  ['self-critical:3:5e-5', [{ objective: 'SELF_CRITICAL', epochs: 3, learningRate: 5e-5 }]],
  ['cross-entropy', undefined],
  ['cross-entropy:0', undefined],
  ['greedy:3', undefined],
  ['self-critical:3:1e-4:9', undefined],
  ['', undefined],
])('the phases "%s" of a command line', (text, expected) => {
  expect(
    readPhases(text)?.map(({ objective, epochs, learningRate }) => ({
      objective,
      epochs,
      ...(learningRate === undefined ? {} : { learningRate }),
    })),
  ).toEqual(expected);
});

/** Learning by what one's own captions are worth. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { declareParameters } from '../../src/captioner/decoder.js';
import { attentionDecoder } from '../../src/captioner/decoders/attention.js';
import { CiderReferences, ciderD } from '../../src/metrics/cider.js';
import { fromHalf, toHalf } from '../../src/files/half.js';
import { sha256Of } from '../../src/files/sha256.js';
import { gradients } from '../../src/tensors/gradients.js';
import { Graph } from '../../src/tensors/graph.js';
import type { TensorData } from '../../src/tensors/session.js';
import { Session } from '../../src/tensors/session.js';
import { layOut } from '../../src/training/batch-layout.js';
import { batchFeeds } from '../../src/training/batches.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { expectedProfile } from '../../src/training/length-profile.js';
import { captionLoss, captionStep, declareBatch } from '../../src/training/loss-graph.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { planPhases } from '../../src/training/phase-plan.js';
import { openPhase } from '../../src/training/phases.js';
import { RandomStream } from '../../src/training/random.js';
import { advantages, type JudgedImage, weigh, withEnding } from '../../src/training/self-critical.js';
import { trainingSettingsSchema } from '../../src/training/settings.js';
import { withoutMoments } from '../../src/training/progress.js';
import { eventsOf, tinyTraining } from './tiny-training.js';

const decoder = attentionDecoder({
  vocabularySize: 13,
  regions: 49,
  regionSize: 512,
  embeddingSize: 6,
  hiddenSize: 10,
  attentionSize: 7,
  cell: 'lstm',
});
const LIMIT = 8;
const judged: JudgedImage[] = [
  { people: [[4, 5, 6, 7]], samples: [[4, 5], [4, 6, 7, 8, 9], [10]], rewards: [2, 0.5, 0.1] },
  { people: [[9]], samples: [[9, 9], [], [11, 12, 4]], rewards: [0, 1, 3] },
];
const profile = expectedProfile([5, 5, 5], 2, 4, LIMIT);

function someRegions(): Float32Array {
  const random = new RandomStream(3, 'regions');
  return fromHalf(toHalf(Array.from({ length: 2 * 49 * 512 }, () => Math.max(0, random.uniform() - 0.5))));
}

describe('advantages', () => {
  it('compare each caption with the mean of the others, and cancel out', () => {
    expect(advantages([3, 1, 2])).toEqual([1.5, -1.5, 0]);
    expect(advantages([0.3, 0.1, 0.7, 0.7]).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expect(advantages([0.4, 0.4])).toEqual([0, 0]);
  });

  it('weigh every word of a caption, so that the loss is a mean over words', () => {
    const [first = [], second = []] = weigh(judged, 0.25, LIMIT);
    // 7 words of people and 19 drawn, ends counted.
    expect(first.map(({ weight }) => weight)).toEqual(
      [0.25 / 7, (0.75 / 19) * 1.7, (0.75 / 19) * (0.5 - 1.05), (0.75 / 19) * (0.1 - 1.25)].map(
        (x) => expect.closeTo(x, 12) as number,
      ),
    );
    expect(second.slice(1).reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(0, 12);
  });
});

test('the reward is the CIDEr-D of the evaluation', () => {
  const references = [
    [
      ['a', 'dog', 'runs'],
      ['the', 'dog', 'runs', 'fast'],
    ],
    [
      ['two', 'men', 'sit'],
      ['men', 'sit', 'down'],
    ],
    [['a', 'red', 'ball']],
  ];
  const said = [
    ['a', 'dog', 'sits'],
    ['two', 'men', 'sit', 'down'],
    ['a', 'ball'],
  ];
  const corpus = new CiderReferences(references.map((own) => own.map(withEnding)));
  const expected = ciderD(
    said.map(withEnding),
    references.map((own) => own.map(withEnding)),
  );
  said.forEach((words, image) => {
    expect(corpus.score(withEnding(words), image)).toBeCloseTo(expected.perImage[image] ?? NaN, 12);
  });
  // A caption that is finished is worth more than the same words broken off.
  expect(corpus.score(withEnding(['a', 'dog', 'runs']), 0)).toBeGreaterThan(corpus.score(['a', 'dog', 'runs'], 0));
});

test('the gradient of the loss by advantages is the one that finite differences find', async () => {
  const graph = new Graph();
  const parameters = declareParameters(decoder, graph);
  const inputs = declareBatch(graph, decoder, 2, profile, false);
  const loss = captionLoss(decoder, parameters, inputs, profile, { dropout: 0, labelSmoothing: 0 });
  const names = Object.keys(decoder.shapes);
  const slopes = gradients(
    loss,
    names.flatMap((name) => parameters[name] ?? []),
  );
  const session = await Session.create(graph, {
    loss,
    ...Object.fromEntries(names.map((name, i) => [`d.${name}`, slopes[i] ?? loss])),
  });
  const batch = batchFeeds({ regions: someRegions(), ...layOut(weigh(judged, 0.25, LIMIT), profile, LIMIT) });
  const at = (values: ReadonlyMap<string, Float32Array>) =>
    session.run(new Map<string, TensorData>([...values, ...batch]));
  const values = initialParameters(decoder, 11);
  const exact = await at(values);
  for (const name of names) {
    // Along the gradient itself, where the difference is largest.
    const slope = exact.get(`d.${name}`) ?? new Float32Array();
    const norm = Math.sqrt(slope.reduce((sum, value) => sum + value * value, 0));
    if (norm < 1e-5) continue;
    const step = 0.02;
    const moved = (sign: number) =>
      new Map(values).set(
        name,
        (values.get(name) ?? slope).map((value, i) => value + (sign * step * (slope[i] ?? 0)) / norm),
      );
    const [up, down] = [(await at(moved(1))).get('loss')?.[0] ?? NaN, (await at(moved(-1))).get('loss')?.[0] ?? NaN];
    expect(Math.abs((up - down) / (2 * step) - norm), name).toBeLessThan(0.01 * norm + 3e-5);
  }
  await session.release();
});

test('of all that a model has learned to say, it comes to say what is worth more for the photo', async () => {
  const vocabulary = [
    '<pad>',
    '<start>',
    '<end>',
    '<unknown>',
    'a',
    'dog',
    'cat',
    'runs',
    'sits',
    'red',
    'blue',
    'big',
    'small',
  ];
  // People are said to have written both of both photos: cross-entropy alone cannot tell which is true of which.
  const examples = [0, 1].map((index) => ({
    index,
    views: 1,
    captions: [
      [4, 5, 7],
      [4, 6, 8],
    ],
  }));
  const references = new CiderReferences(
    [[['a', 'dog', 'runs']], [['a', 'cat', 'sits']]].map((own) => own.map(withEnding)),
  );
  const settings = trainingSettingsSchema.parse({
    maximumWords: LIMIT,
    dropout: 0,
    labelSmoothing: 0,
    phases: [
      { objective: 'CROSS_ENTROPY', epochs: 1 },
      { objective: 'SELF_CRITICAL', epochs: 1, samples: 6, temperature: 1, crossEntropyShare: 0 },
    ],
  });
  const wide = attentionDecoder({ ...decoder.settings, embeddingSize: 16, hiddenSize: 24 });
  const material = { examples, decoder: wide, images: 2, vocabulary, references: () => references };
  const bits = toHalf(someRegions().map((value, place) => (place % 2 === Math.floor(place / (49 * 512)) ? value : 0)));
  let state = withoutMoments(initialParameters(wide, 1));
  const rewards: number[] = [];
  for (const planned of planPhases(settings)) {
    const batches = await openPhase(planned, material, settings);
    const step = captionStep({
      decoder: wide,
      images: 2,
      profile: batches.profile,
      loss: { dropout: 0, labelSmoothing: batches.labelSmoothing },
      optimiser: DEFAULT_OPTIMISER,
    });
    const engine = await OnnxEngine.create(step, state);
    for (let number = 1; number <= 120; number++) {
      const [drawn = []] = batches.order(planned.first);
      const regions = new Uint16Array(bits.length);
      drawn.forEach(({ index }, row) => {
        regions.set(bits.subarray(index * 49 * 512, (index + 1) * 49 * 512), row * 49 * 512);
      });
      const { feeds, reward } = await batches.stepInputs(drawn, regions, number, engine.parameters());
      if (reward !== undefined) rewards.push(reward);
      await engine.step(feeds, planned.first === 1 ? 0.01 : 0.002, number);
    }
    state = withoutMoments(new Map(engine.parameters()));
    await batches.close();
    await engine.close();
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(rewards.slice(-20))).toBeGreaterThan(2 * mean(rewards.slice(0, 20)));
});

test('a training of two phases tells its rewards, and broken off between or within them it ends with the same bits', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'phases-'));
  const tiny = await tinyTraining(join(directory, 'whole'), { engine: 'onnx', device: 'cpu' });
  const phases = [
    { objective: 'CROSS_ENTROPY' as const, epochs: 2 },
    {
      objective: 'SELF_CRITICAL' as const,
      epochs: 2,
      learningRate: 1e-3,
      samples: 3,
      temperature: 1,
      crossEntropyShare: 0.2,
    },
  ];
  const settings = { ...tiny.settings, phases, epochs: 4 };
  const events = await eventsOf({ ...tiny, settings });
  const rewards = events.flatMap((event) => (event.type === 'epoch' ? [event.reward] : []));
  expect(rewards).toEqual([undefined, undefined, expect.any(Number), expect.any(Number)]);
  const hashOf = async (folder: string) => sha256Of(await readFile(join(folder, 'epoch-4.safetensors')));
  const whole = await hashOf(tiny.outputDirectory);
  for (const last of [2, 3]) {
    const folder = join(directory, `after-${last}`);
    await cp(tiny.outputDirectory, folder, { recursive: true });
    for (let epoch = last + 1; epoch <= 4; epoch++)
      await Promise.all(['epoch', 'progress'].map((kind) => rm(join(folder, `${kind}-${epoch}.safetensors`))));
    await eventsOf({ ...tiny, settings, outputDirectory: folder, resume: true });
    expect(await hashOf(folder), `after epoch ${last}`).toBe(whole);
  }
  await rm(directory, { recursive: true });
});

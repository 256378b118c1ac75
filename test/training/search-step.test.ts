import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../src/files/half.js';
import type { EmbeddingSettings } from '../../src/joint-embedding/joint-embedding.js';
import { summarySize } from '../../src/joint-embedding/region-summary.js';
import { Session } from '../../src/tensors/session.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { RandomStream } from '../../src/training/random.js';
import { SearchBatches } from '../../src/training/joint-embedding/batches.js';
import { initialSearchParameters, projectionOf } from '../../src/training/joint-embedding/initial-parameters.js';
import type { SearchStepSizes } from '../../src/training/joint-embedding/loss-graph.js';
import { searchStep } from '../../src/training/joint-embedding/loss-graph.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { inputName, outputName, slots } from '../../src/training/step-graph.js';
import { referenceSearchLoss } from './search-reference.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

const embedding: EmbeddingSettings = { vocabularySize: 13, wordSize: 6, hiddenSize: 10, ...VGG16_SHAPE };
const captions = [
  [
    [4, 5, 6, 7, 8],
    [5, 4],
  ],
  [[9, 10], [11]],
  [
    [12, 4, 9, 6],
    [7, 7, 7],
  ],
];
const TEMPERATURE = 0.1;

/** Three photos' regions, float16 bits. */
const photos = Array.from({ length: 3 }, (_, photo) => {
  const random = new RandomStream(photo, 'regions');
  return toHalf(Array.from({ length: 49 * 512 }, () => Math.max(0, random.uniform() - 0.5)));
});
const fixed: [string, Float32Array][] = [
  ...projectionOf(undefined, VGG16_SHAPE),
  ['summary.mean', new Float32Array(summarySize(VGG16_SHAPE))],
  ['summary.deviation', new Float32Array(summarySize(VGG16_SHAPE)).fill(2)],
];

function batchesOf(dropout: number) {
  const batches = new SearchBatches(
    captions.map((own, index) => ({ index, views: 1, captions: own })),
    { epochs: 3, images: 3, captions: 2, seed: 5, dropout, framing: 0 },
  );
  const sizes: SearchStepSizes = { embedding, images: 3, rows: batches.rows };
  const feeds = (epoch: number, step: number) => {
    const [drawn = []] = batches.order(epoch);
    const regions = new Uint16Array(3 * 49 * 512);
    drawn.forEach(({ index }, row) => {
      regions.set(photos[index] ?? [], row * 49 * 512);
    });
    return [...batches.assemble(drawn, regions, step, sizes), ...fixed];
  };
  return { sizes, feeds };
}

/** A photo's normalised regions and its standardised summary, by hand. */
function seenOf(bits = new Uint16Array()): { values: Float32Array; summary: Float32Array } {
  const regions = fromHalf(bits);
  const normal = regions.slice();
  for (let start = 0; start < normal.length; start += 512) {
    const region = normal.subarray(start, start + 512);
    const mean = region.reduce((sum, value) => sum + value, 0) / 512;
    const variance = region.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 512;
    region.forEach((value, channel) => {
      region[channel] = (value - mean) / Math.sqrt(variance + 1e-5);
    });
  }
  const pooled = [regions, normal].flatMap((values) => {
    const of = (channel: number) => Array.from({ length: 49 }, (_, region) => values[region * 512 + channel] ?? NaN);
    const channels = Array.from({ length: 512 }, (_, channel) => of(channel));
    return [
      ...channels.map((own) => own.reduce((sum, value) => sum + value, 0) / 49),
      ...channels.map((own) => Math.max(...own)),
    ];
  });
  return {
    values: normal,
    summary: Float32Array.from(pooled, (value) => (Math.sign(value) * Math.sqrt(Math.abs(value))) / 2),
  };
}

const length = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

describe('a training step of the joint embedding', () => {
  it('has the loss and the gradients that TensorFlow.js computes for the same model, whatever the packing', async () => {
    const { sizes, feeds } = batchesOf(0);
    const parameters = initialSearchParameters(embedding, 11);
    // With a first moment of 0 and a limit that is never reached, the new first moment is a tenth of the gradient.
    const step = searchStep(sizes, { temperature: TEMPERATURE, dropout: 0 }, { ...DEFAULT_OPTIMISER, clipNorm: 1e6 });
    const session = await Session.create(step.graph, step.outputs);
    const state = [...parameters].flatMap(([name, values]) =>
      slots.map(
        (slot) => [inputName(name, slot), slot === 'parameter' ? values : new Float32Array(values.length)] as const,
      ),
    );
    const scalars = ['step.learningRate', 'step.correction1', 'step.correction2'].map(
      (name) => [name, Float32Array.of(1)] as const,
    );
    const ours = await session.run(new Map([...state, ...feeds(1, 1), ...scalars]));
    await session.release();

    const reference = referenceSearchLoss(
      embedding,
      parameters,
      captions.map((own, photo) => ({ ...seenOf(photos[photo]), captions: own })),
      TEMPERATURE,
    );
    expect(ours.get('loss')?.[0]).toBeCloseTo(reference.loss, 5);
    for (const [name, wanted] of reference.gradients) {
      const moment = ours.get(outputName(name, 'firstMoment')) ?? new Float32Array();
      const difference = length(wanted.map((value, i) => (moment[i] ?? NaN) / (1 - DEFAULT_OPTIMISER.beta1) - value));
      expect(difference / (length(wanted) + 1e-6), name).toBeLessThan(1e-3);
    }
  });

  it('learns: every caption finds its photo, and every photo its captions, after some steps', async () => {
    const { sizes, feeds } = batchesOf(0);
    const step = searchStep(sizes, { temperature: TEMPERATURE, dropout: 0 }, DEFAULT_OPTIMISER);
    const parameters = initialSearchParameters(embedding, 1);
    const engine = await OnnxEngine.create(
      step,
      new Map(
        [...parameters].map(([name, parameter]) => [
          name,
          {
            parameter,
            firstMoment: new Float32Array(parameter.length),
            secondMoment: new Float32Array(parameter.length),
          },
        ]),
      ),
    );
    let last = Infinity;
    for (let count = 1; count <= 100; count++)
      ({ loss: last } = await engine.step(feeds(1 + (count % 3), count), 0.01, count));
    await engine.close();
    // A photo's two captions share what is certain, so that half of ln 2 is left where all is found.
    expect(last).toBeLessThan(Math.log(2) / 2 + 0.05);
  });

  it('drops other units in each step, and the same for the same seed', () => {
    const masks = (step: number) =>
      batchesOf(0.5)
        .feeds(1, step)
        .filter(([name]) => name.startsWith('batch.keep.'));
    expect(masks(1)).toHaveLength(4);
    expect(masks(1)).toEqual(masks(1));
    expect(masks(2)).not.toEqual(masks(1));
  });
});

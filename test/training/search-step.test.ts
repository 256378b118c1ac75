import { describe, expect, it } from 'vitest';
import type { EmbeddingSettings } from '../../src/retrieval/joint-embedding.js';
import { SUMMARY_SIZE } from '../../src/retrieval/region-summary.js';
import { Session } from '../../src/tensors/session.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { RandomStream } from '../../src/training/random.js';
import { SearchBatches } from '../../src/training/search/batches.js';
import { initialSearchParameters } from '../../src/training/search/initial-parameters.js';
import type { SearchStepSizes } from '../../src/training/search/loss-graph.js';
import { searchStep } from '../../src/training/search/loss-graph.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { inputName, outputName, slots } from '../../src/training/step-graph.js';
import { referenceSearchLoss } from './search-reference.js';

const embedding: EmbeddingSettings = { vocabularySize: 13, wordSize: 6, hiddenSize: 10 };
const captions = [
  [[4, 5, 6, 7, 8], [5, 4]],
  [[9, 10], [11]],
  [[12, 4, 9, 6], [7, 7, 7]],
];
const TEMPERATURE = 0.1;

/** Three photos' summaries, standardised. */
const summaries = Array.from({ length: 3 }, (_, photo) => {
  const random = new RandomStream(photo, 'summary');
  return Float32Array.from({ length: SUMMARY_SIZE }, () => 2 * random.uniform() - 1);
});
const statistics: [string, Float32Array][] = [['summary.mean', new Float32Array(SUMMARY_SIZE)], ['summary.deviation', new Float32Array(SUMMARY_SIZE).fill(1)]];

function batchesOf(dropout: boolean) {
  const batches = new SearchBatches(captions.map((own, index) => ({ index, views: 1, captions: own })), { epochs: 3, images: 3, captions: 2, seed: 5, dropout });
  const sizes: SearchStepSizes = { embedding, images: 3, rows: batches.rows };
  const feeds = (epoch: number, step: number) => [
    ...batches.assemble(batches.order(epoch)[0] ?? [], ({ index }) => summaries[index] ?? new Float32Array(), step, sizes),
    ...statistics,
  ];
  return { sizes, feeds };
}

const length = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

describe('a training step of the joint embedding', () => {
  it('has the loss and the gradients that TensorFlow.js computes for the same model, whatever the packing', async () => {
    const { sizes, feeds } = batchesOf(false);
    const parameters = initialSearchParameters(embedding, 11);
    // With a first moment of 0 and a limit that is never reached, the new first moment is a tenth of the gradient.
    const step = searchStep(sizes, { temperature: TEMPERATURE, dropout: false }, { ...DEFAULT_OPTIMISER, clipNorm: 1e6 });
    const session = await Session.create(step.graph, step.outputs);
    const state = [...parameters].flatMap(([name, values]) => slots.map((slot) => [inputName(name, slot), slot === 'parameter' ? values : new Float32Array(values.length)] as const));
    const scalars = ['step.learningRate', 'step.correction1', 'step.correction2'].map((name) => [name, Float32Array.of(1)] as const);
    const ours = await session.run(new Map([...state, ...feeds(1, 1), ...scalars]));
    await session.release();

    const reference = referenceSearchLoss(embedding, parameters, captions.map((own, photo) => ({ summary: summaries[photo] ?? new Float32Array(), captions: own })), TEMPERATURE);
    expect(ours.get('loss')?.[0]).toBeCloseTo(reference.loss, 5);
    for (const [name, wanted] of reference.gradients) {
      const moment = ours.get(outputName(name, 'firstMoment')) ?? new Float32Array();
      const difference = length(wanted.map((value, i) => (moment[i] ?? NaN) / (1 - DEFAULT_OPTIMISER.beta1) - value));
      expect(difference / (length(wanted) + 1e-6), name).toBeLessThan(1e-3);
    }
  });

  it('learns: every caption finds its photo, and every photo its captions, after some steps', async () => {
    const { sizes, feeds } = batchesOf(false);
    const step = searchStep(sizes, { temperature: TEMPERATURE, dropout: false }, DEFAULT_OPTIMISER);
    const parameters = initialSearchParameters(embedding, 1);
    const engine = await OnnxEngine.create(
      step,
      new Map([...parameters].map(([name, parameter]) => [name, { parameter, firstMoment: new Float32Array(parameter.length), secondMoment: new Float32Array(parameter.length) }])),
    );
    let last = Infinity;
    for (let count = 1; count <= 100; count++) ({ loss: last } = await engine.step(feeds(1 + (count % 3), count), 0.01, count));
    await engine.close();
    // A photo's two captions share what is certain, so that half of ln 2 is left where all is found.
    expect(last).toBeLessThan(Math.log(2) / 2 + 0.05);
  });

  it('drops other units in each step, and the same for the same seed', () => {
    const masks = (step: number) => batchesOf(true).feeds(1, step).filter(([name]) => name.startsWith('batch.keep.'));
    expect(masks(1)).toHaveLength(2);
    expect(masks(1)).toEqual(masks(1));
    expect(masks(2)).not.toEqual(masks(1));
  });
});

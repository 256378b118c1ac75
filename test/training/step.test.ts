import { describe, expect, it } from 'vitest';
import type { Decoder } from '../../src/captioner/decoder.js';
import { declareParameters } from '../../src/captioner/decoder.js';
import { ARCHITECTURES, createDecoder } from '../../src/captioner/decoders/all.js';
import { gradients } from '../../src/tensors/gradients.js';
import { Graph } from '../../src/tensors/graph.js';
import { fromHalf, toHalf } from '../../src/files/half.js';
import type { TensorData } from '../../src/tensors/session.js';
import { Session } from '../../src/tensors/session.js';
import type { Batch } from '../../src/training/batches.js';
import { Batches, batchFeeds } from '../../src/training/batches.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import type { LengthProfile } from '../../src/training/length-profile.js';
import { captionLoss, captionStep, declareBatch } from '../../src/training/loss-graph.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { withoutMoments } from '../../src/training/progress.js';
import { RandomStream } from '../../src/training/random.js';
import { referenceLoss } from './reference-model.js';
import { CELLS } from '../../src/tensors/layers.js';

const VOCABULARY_SIZE = 13;
const REGIONS = 6;
const REGION_SIZE = 24;
const sizes = {
  architecture: 'attention',
  cell: 'lstm',
  regions: REGIONS,
  regionSize: REGION_SIZE,
  embeddingSize: 6,
  hiddenSize: 10,
  attentionSize: 7,
} as const;
const attention = createDecoder(sizes, VOCABULARY_SIZE);
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
const LABEL_SMOOTHING = 0.1;
const DROPOUT = 0.5;

/** Three photos' regions, as the half floats that both models see. */
function someRegions(): Uint16Array {
  const random = new RandomStream(3, 'regions');
  return toHalf(Array.from({ length: 3 * REGIONS * REGION_SIZE }, () => Math.max(0, random.uniform() - 0.5)));
}

function batchesOf(dropout: number, decoder = attention): Batches {
  const examples = captions.map((own, index) => ({ index, views: 1, captions: own }));
  return new Batches(examples, { epochs: 1, images: 3, captions: 2, words: 8, seed: 5, dropout, decoder });
}

function firstBatch(batches: Batches, step = 1): { batch: Batch; profile: LengthProfile } {
  const [drawn = []] = batches.order(1);
  const places = drawn.map((example) => example.index);
  const all = someRegions();
  const regions = new Uint16Array(all.length);
  places.forEach((place, row) => {
    regions.set(
      all.subarray(place * REGIONS * REGION_SIZE, (place + 1) * REGIONS * REGION_SIZE),
      row * REGIONS * REGION_SIZE,
    );
  });
  return { batch: batches.assemble(drawn, regions, step), profile: batches.profile };
}

async function lossAndGradients(
  { batch, profile }: { batch: Batch; profile: LengthProfile },
  decoder: Decoder = attention,
) {
  const graph = new Graph();
  const parameters = declareParameters(decoder, graph);
  const dropout = batch.keep === undefined ? 0 : DROPOUT;
  const inputs = declareBatch(graph, decoder, 3, profile, dropout > 0);
  const loss = captionLoss(decoder, parameters, inputs, profile, { dropout, labelSmoothing: LABEL_SMOOTHING });
  const names = Object.keys(decoder.shapes);
  const slopes = gradients(
    loss,
    names.flatMap((name) => parameters[name] ?? []),
  );
  const session = await Session.create(graph, {
    loss,
    ...Object.fromEntries(names.map((name, i) => [`d.${name}`, slopes[i] ?? loss])),
  });
  const feeds = new Map<string, TensorData>([...initialParameters(decoder, 11), ...batchFeeds(batch)]);
  return session.run(feeds);
}

function length(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

describe('a training step', () => {
  const networks = ARCHITECTURES.flatMap((architecture) => CELLS.map((cell) => ({ architecture, cell })));
  it.each(networks)(
    'of $architecture with $cell has the loss and the gradients that TensorFlow.js computes for the same model, whatever the packing',
    async (network) => {
      const decoder = createDecoder({ ...sizes, ...network }, VOCABULARY_SIZE);
      const ours = await lossAndGradients(firstBatch(batchesOf(0, decoder)), decoder);
      const all = fromHalf(someRegions());
      const examples = captions.map((own, index) => ({
        regions: all.subarray(index * REGIONS * REGION_SIZE, (index + 1) * REGIONS * REGION_SIZE),
        captions: own,
      }));
      const reference = referenceLoss(
        network.architecture,
        decoder,
        initialParameters(decoder, 11),
        examples,
        LABEL_SMOOTHING,
      );
      expect(ours.get('loss')?.[0]).toBeCloseTo(reference.loss, 5);
      for (const name of Object.keys(decoder.shapes)) {
        const [a, b] = [ours.get(`d.${name}`), reference.gradients.get(name)];
        if (!a || !b) throw new Error(`no gradient of ${name}`);
        const difference = length(a.map((value, i) => value - (b[i] ?? NaN)));
        expect(difference / (length(b) + 1e-6), name).toBeLessThan(1e-3);
      }
    },
  );

  it('learns: a few captions are known by heart after some steps', async () => {
    const batches = batchesOf(0);
    const { batch, profile } = firstBatch(batches);
    const decoder = createDecoder({ ...sizes, embeddingSize: 24, hiddenSize: 32 }, VOCABULARY_SIZE);
    const options = {
      decoder,
      images: 3,
      profile,
      loss: { dropout: 0, labelSmoothing: 0 },
      optimiser: DEFAULT_OPTIMISER,
    };
    const engine = await OnnxEngine.create(captionStep(options), withoutMoments(initialParameters(decoder, 1)));
    let last = Infinity;
    for (let step = 1; step <= 300; step++) ({ loss: last } = await engine.step(batchFeeds(batch), 0.003, step));
    // The first word of two captions of one photo cannot both be certain; nothing else is left to chance.
    expect(last).toBeLessThan(0.4);
    await engine.close();
  });

  it('gives the same numbers again for the same seed, and others for another step', async () => {
    const first = await lossAndGradients(firstBatch(batchesOf(DROPOUT)));
    const again = await lossAndGradients(firstBatch(batchesOf(DROPOUT)));
    const other = await lossAndGradients(firstBatch(batchesOf(DROPOUT), 2));
    expect(again.get('loss')).toEqual(first.get('loss'));
    expect(again.get('d.embedding')).toEqual(first.get('d.embedding'));
    expect(other.get('loss')).not.toEqual(first.get('loss'));
  });

  it('scales a gradient that is too long down to the limit, and no other', async () => {
    const { batch, profile } = firstBatch(batchesOf(0));
    const options = { decoder: attention, images: 3, profile, loss: { dropout: 0, labelSmoothing: 0 } };
    const state = withoutMoments(initialParameters(attention, 1));
    const momentAfter = async (clipNorm: number) => {
      const engine = await OnnxEngine.create(
        captionStep({ ...options, optimiser: { ...DEFAULT_OPTIMISER, clipNorm } }),
        state,
      );
      const { norm } = await engine.step(batchFeeds(batch), 0, 1);
      const squares = [...engine.state().values()]
        .flatMap(({ firstMoment }) => [...firstMoment])
        .reduce((sum, value) => sum + value * value, 0);
      await engine.close();
      return { norm, gradient: Math.sqrt(squares) / (1 - DEFAULT_OPTIMISER.beta1) };
    };
    const free = await momentAfter(1e6);
    expect(free.gradient).toBeCloseTo(free.norm, 3);
    const clipped = await momentAfter(free.norm / 4);
    expect(clipped.gradient).toBeCloseTo(free.norm / 4, 3);
  });
});

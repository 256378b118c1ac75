/**
 * The captioners' losses written a second time, independently, on TensorFlow.js: one caption after another, padded,
 * with tfjs's own gradients.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { Decoder } from '../../src/captioner/decoder.js';
import type { Architecture } from '../../src/captioner/decoders/all.js';

export interface ReferenceExample {
  /** [49 * regionSize] */
  readonly regions: Float32Array;
  readonly captions: readonly (readonly number[])[];
}

const START = 1;
const END = 2;

type Matrix = tf.Tensor2D;
type Lookup = (name: string) => Matrix;

interface Memory {
  readonly h: Matrix;
  readonly c: Matrix;
}

/** One step of a recurrent layer, from its weighted inputs and its weighted hidden state. */
type Cell = (inputs: Matrix, recurrent: Matrix, memory: Memory) => Memory;

const lstm: Cell = (inputs, recurrent, { c }) => {
  const [i, f, o, g] = tf.split(tf.add<Matrix>(inputs, recurrent), 4, 1);
  if (!i || !f || !o || !g) throw new Error('four gates');
  const next = tf.add<Matrix>(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return { h: tf.mul<Matrix>(tf.sigmoid(o), tf.tanh(next)), c: next };
};

const gru: Cell = (inputs, recurrent, { h, c }) => {
  const [xr, xz, xn] = tf.split(inputs, 3, 1);
  const [hr, hz, hn] = tf.split(recurrent, 3, 1);
  if (!xr || !xz || !xn || !hr || !hz || !hn) throw new Error('three gates');
  const z = tf.sigmoid(tf.add(xz, hz));
  const n = tf.tanh(tf.add(xn, tf.mul(tf.sigmoid(tf.add(xr, hr)), hn)));
  return { h: tf.add<Matrix>(tf.mul(tf.sub(1, z), n), tf.mul(z, h)), c };
};

/**
 * What of a network is its own: the state before the first word, and for each word the next state and the output units
 * [1, E].
 */
interface Network {
  readonly start: Memory;
  step(embedded: Matrix, memory: Memory): { readonly memory: Memory; readonly output: tf.Tensor };
}

type MakeNetwork = (p: Lookup, regions: Matrix, sizes: Decoder['settings']) => Network;

const networks: Readonly<Record<Architecture, MakeNetwork>> = {
  attention(p, x, { attentionSize, regionSize, hiddenSize, regions, cell }) {
    const projected = tf.relu(tf.add(tf.matMul(x, p('regions.weight')), p('regions.bias')));
    const { mean, variance } = tf.moments(projected, 1, true);
    const normal = tf.div(tf.sub(projected, mean), tf.sqrt(tf.add(variance, 1e-5)));
    const R = tf.add<Matrix>(tf.mul(normal, p('regions.gain')), p('regions.shift'));
    const average = tf.mean<Matrix>(R, 0, true);
    const initial = (name: string) =>
      tf.tanh<Matrix>(tf.add(tf.matMul(average, p(`initial.${name}.weight`)), p(`initial.${name}.bias`)));
    const gates = (cell === 'lstm' ? 4 : 3) * hiddenSize;
    return {
      start: { h: initial('hidden'), c: cell === 'lstm' ? initial('cell') : tf.zeros([1, hiddenSize]) },
      step(embedded, memory) {
        const [query, gate, recurrent] = tf.split(
          tf.matMul(memory.h, p('hidden.weight')),
          [attentionSize, regionSize, gates],
          1,
        );
        if (!query || !gate || !recurrent) throw new Error('three parts');
        const energy = tf.matMul(
          tf.tanh(tf.add(tf.matMul(R, p('attention.key')), tf.add(query, p('attention.bias')))),
          p('attention.score'),
        );
        const weights = tf.softmax<Matrix>(tf.reshape(energy, [1, regions]));
        const context = tf.mul<Matrix>(tf.sigmoid(tf.add(gate, p('gate.bias'))), tf.matMul(weights, R));
        const inputs = tf.add<Matrix>(tf.matMul(embedded, p(`${cell}.word`)), tf.matMul(context, p(`${cell}.context`)));
        const next = (cell === 'lstm' ? lstm : gru)(tf.add(inputs, p(`${cell}.bias`)), recurrent as Matrix, memory);
        return {
          memory: next,
          output: tf.tanh(
            tf.add(tf.matMul(tf.concat([next.h, context, embedded], 1), p('output.weight')), p('output.bias')),
          ),
        };
      },
    };
  },

  'show-and-tell'(p, x, { hiddenSize, cell }) {
    const advance = (input: Matrix, memory: Memory) =>
      (cell === 'lstm' ? lstm : gru)(
        tf.add(tf.matMul(input, p(`${cell}.word`)), p(`${cell}.bias`)),
        tf.matMul(memory.h, p(`${cell}.hidden`)),
        memory,
      );
    const nothing: Matrix = tf.zeros([1, hiddenSize]);
    const photo = tf.add<Matrix>(tf.matMul(tf.mean<Matrix>(x, 0, true), p('photo.weight')), p('photo.bias'));
    return {
      start: advance(photo, { h: nothing, c: nothing }),
      step(embedded, memory) {
        const next = advance(embedded, memory);
        return { memory: next, output: tf.add(tf.matMul(next.h, p('output.weight')), p('output.bias')) };
      },
    };
  },

  merge(p, x, { hiddenSize, cell }) {
    const nothing: Matrix = tf.zeros([1, hiddenSize]);
    const photo = tf.relu(tf.add(tf.matMul(tf.mean<Matrix>(x, 0, true), p('photo.weight')), p('photo.bias')));
    return {
      start: { h: nothing, c: nothing },
      step(embedded, memory) {
        const inputs = tf.add<Matrix>(tf.matMul(embedded, p(`${cell}.word`)), p(`${cell}.bias`));
        const next = (cell === 'lstm' ? lstm : gru)(inputs, tf.matMul(memory.h, p(`${cell}.hidden`)), memory);
        return {
          memory: next,
          output: tf.relu(tf.add(tf.matMul(tf.add<Matrix>(next.h, photo), p('output.weight')), p('output.bias'))),
        };
      },
    };
  },
};

/** Loss and gradients of a batch without dropout. */
export function referenceLoss(
  architecture: Architecture,
  { settings, shapes }: Decoder,
  parameters: ReadonlyMap<string, Float32Array>,
  examples: readonly ReferenceExample[],
  labelSmoothing: number,
): { loss: number; gradients: Map<string, Float32Array> } {
  const names = Object.keys(shapes);
  const values = names.map((name) => tf.tensor(parameters.get(name) ?? new Float32Array(), [...(shapes[name] ?? [])]));
  const words = examples
    .flatMap((example) => example.captions)
    .reduce((count, caption) => count + caption.length + 1, 0);

  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    const p: Lookup = (name) => tensors[names.indexOf(name)] as Matrix;
    const total = examples.flatMap((example) => {
      const network = networks[architecture](
        p,
        tf.tensor2d(example.regions, [settings.regions, settings.regionSize]),
        settings,
      );
      return example.captions.map((caption) => captionLoss(p, network, caption));
    });
    return tf.div(tf.addN(total), words);
  };

  const captionLoss = (p: Lookup, network: Network, caption: readonly number[]): tf.Scalar => {
    let memory = network.start;
    const losses = [...caption, END].map((target, word) => {
      const embedded = tf.gather(p('embedding'), tf.tensor1d([word === 0 ? START : (caption[word - 1] ?? 0)], 'int32'));
      const next = network.step(embedded, memory);
      memory = next.memory;
      const logits = tf.add(tf.matMul(next.output as Matrix, p('embedding'), false, true), p('vocabulary.bias'));
      const hot = tf.oneHot(tf.tensor1d([target], 'int32'), settings.vocabularySize);
      const smooth = tf.add(tf.mul(hot, 1 - labelSmoothing), labelSmoothing / settings.vocabularySize);
      return tf.neg<tf.Scalar>(tf.sum(tf.mul(smooth, tf.logSoftmax(logits))));
    });
    return tf.addN(losses);
  };

  const { value, grads } = tf.valueAndGrads(loss)(values);
  const gradients = new Map(names.map((name, index) => [name, grads[index]?.dataSync() as Float32Array]));
  return { loss: value.dataSync()[0] ?? NaN, gradients };
}

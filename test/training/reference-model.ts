/** The captioner's loss written a second time, independently, on TensorFlow.js: one caption after another, padded, with tfjs's own gradients. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { DecoderSettings, ParameterName } from '../../src/captioner/decoder.js';
import { parameterNames, parameterShapes } from '../../src/captioner/decoder.js';

export interface ReferenceExample {
  /** [49 * regionSize] */
  readonly regions: Float32Array;
  readonly captions: readonly (readonly number[])[];
}

const START = 1;
const END = 2;

/** Loss and gradients of a batch without dropout. */
export function referenceLoss(
  settings: DecoderSettings,
  parameters: ReadonlyMap<ParameterName, Float32Array>,
  examples: readonly ReferenceExample[],
  labelSmoothing: number,
): { loss: number; gradients: Map<string, Float32Array> } {
  const names = parameterNames(settings);
  const shapes = parameterShapes(settings);
  const values = names.map((name) => tf.tensor(parameters.get(name) ?? new Float32Array(), [...shapes[name]]));
  const words = examples.flatMap((example) => example.captions).reduce((count, caption) => count + caption.length + 1, 0);

  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    const p = (name: ParameterName): tf.Tensor2D => tensors[names.indexOf(name)] as tf.Tensor2D;
    const total = examples.flatMap((example) => {
      const x = tf.tensor2d(example.regions, [settings.regions, settings.regionSize]);
      const projected = tf.relu(tf.add(tf.matMul(x, p('regions.weight')), p('regions.bias')));
      const { mean, variance } = tf.moments(projected, 1, true);
      const normal = tf.div(tf.sub(projected, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const R = tf.add<tf.Tensor2D>(tf.mul(normal, p('regions.gain')), p('regions.shift'));
      return example.captions.map((caption) => captionLoss(p, R, caption));
    });
    return tf.div(tf.addN(total), words);
  };

  const captionLoss = (p: (name: ParameterName) => tf.Tensor2D, R: tf.Tensor2D, caption: readonly number[]): tf.Scalar => {
    const average = tf.mean<tf.Tensor2D>(R, 0, true);
    let h = tf.tanh(tf.add(tf.matMul(average, p('initial.hidden.weight')), p('initial.hidden.bias'))) as tf.Tensor2D;
    let c = tf.tanh(tf.add(tf.matMul(average, p('initial.cell.weight')), p('initial.cell.bias'))) as tf.Tensor2D;
    const losses = [...caption, END].map((target, word) => {
      const embedded = tf.gather(p('embedding'), tf.tensor1d([word === 0 ? START : (caption[word - 1] ?? 0)], 'int32'));
      const [query, gate, fromHidden] = tf.split(tf.matMul(h, p('hidden.weight')), [settings.attentionSize, settings.regionSize, 4 * settings.hiddenSize], 1);
      if (!query || !gate || !fromHidden) throw new Error('three parts');
      const energy = tf.matMul(tf.tanh(tf.add(tf.matMul(R, p('attention.key')), tf.add(query, p('attention.bias')))), p('attention.score'));
      const weights = tf.softmax<tf.Tensor2D>(tf.reshape(energy, [1, settings.regions]));
      const context = tf.mul<tf.Tensor2D>(tf.sigmoid(tf.add(gate, p('gate.bias'))), tf.matMul(weights, R));
      const gates = tf.addN([tf.matMul(embedded, p('lstm.word')), tf.matMul(context, p('lstm.context')), fromHidden]);
      const [i, f, o, g] = tf.split(tf.add(gates, p('lstm.bias')), 4, 1);
      if (!i || !f || !o || !g) throw new Error('four gates');
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      const output = tf.tanh(tf.add(tf.matMul(tf.concat([h, context, embedded], 1), p('output.weight')), p('output.bias')));
      const logits = tf.add(tf.matMul(output as tf.Tensor2D, p('embedding'), false, true), p('vocabulary.bias'));
      const hot = tf.oneHot(tf.tensor1d([target], 'int32'), settings.vocabularySize);
      const smooth = tf.add(tf.mul(hot, 1 - labelSmoothing), labelSmoothing / settings.vocabularySize);
      return tf.neg(tf.sum(tf.mul(smooth, tf.logSoftmax(logits)))) as tf.Scalar;
    });
    return tf.addN(losses);
  };

  const { value, grads } = tf.valueAndGrads(loss)(values);
  const gradients = new Map(names.map((name, index) => [name as string, grads[index]?.dataSync() as Float32Array]));
  return { loss: value.dataSync()[0] ?? NaN, gradients };
}

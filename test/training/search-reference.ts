/**
 * The joint embedding's loss written a second time, independently, on TensorFlow.js: one sentence after another, with
 * tfjs's own gradients.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { EmbeddingSettings } from '../../src/joint-embedding/joint-embedding.js';
import { parameterShapes } from '../../src/joint-embedding/joint-embedding.js';

export interface ReferencePair {
  /** Standardised summary [2048]. */
  readonly summary: Float32Array;
  /** The regions as they are projected [49 * 512]. */
  readonly values: Float32Array;
  readonly captions: readonly (readonly number[])[];
}

/** Loss and gradients of a batch without dropout. */
export function referenceSearchLoss(
  settings: EmbeddingSettings,
  parameters: ReadonlyMap<string, Float32Array>,
  pairs: readonly ReferencePair[],
  temperature: number,
): { loss: number; gradients: Map<string, Float32Array> } {
  const shapes = Object.entries(parameterShapes(settings));
  const values = shapes.map(([name, shape]) => tf.tensor(parameters.get(name) ?? new Float32Array(), [...shape]));
  const imageOf = pairs.flatMap(({ captions }, image) => captions.map(() => image));

  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    const p = (name: string): tf.Tensor2D => tensors[shapes.findIndex(([other]) => other === name)] as tf.Tensor2D;
    const unit = (x: tf.Tensor) => tf.div<tf.Tensor2D>(x, tf.norm(x));
    const sentence = (words: readonly number[]): tf.Tensor2D => {
      const vectors = tf.gather(p('embedding'), tf.tensor1d([...words], 'int32'));
      let h = tf.zeros<tf.Rank.R2>([1, settings.hiddenSize]);
      let c = tf.zeros<tf.Rank.R2>([1, settings.hiddenSize]);
      const states = words.map((_, place) => {
        const word = tf.slice(vectors, [place, 0], [1, settings.wordSize]);
        const gates = tf.addN([
          tf.matMul(word, p('lstm.word')),
          tf.matMul(h, p('lstm.hidden')),
          tf.reshape(p('lstm.bias'), [1, -1]),
        ]);
        const [i, f, o, g] = tf.split(gates, 4, 1);
        if (!i || !f || !o || !g) throw new Error('four gates');
        c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        h = tf.mul(tf.sigmoid(o), tf.tanh(c));
        return h;
      });
      const means = tf.concat<tf.Tensor2D>([tf.mean(tf.concat(states, 0), 0, true), tf.mean(vectors, 0, true)], 1);
      return unit(tf.add(tf.matMul(means, p('text.weight')), p('text.bias')));
    };
    const texts = tf.concat(
      pairs.flatMap(({ captions }) => captions.map(sentence)),
      0,
    );
    const images = tf.concat(
      pairs.map(({ summary, values: regions }) => {
        const scene = tf.tensor2d(regions, [49, 512]);
        const heads = tf.split(tf.softmax(tf.transpose(tf.matMul(scene, p('image.attention')))), 4, 0);
        const seen = heads.map((weights) => tf.matMul(weights as tf.Tensor2D, scene));
        const known = tf.concat([tf.tensor2d(summary, [1, summary.length]), ...seen], 1) as tf.Tensor2D;
        return unit(tf.add(tf.matMul(known, p('image.weight')), p('image.bias')));
      }),
      0,
    );
    const logits = tf.div<tf.Tensor2D>(tf.matMul(texts, images, false, true), temperature);
    const right = tf.oneHot(tf.tensor1d(imageOf, 'int32'), pairs.length);
    const own = tf.div(tf.sum(tf.mul(right, logits)), imageOf.length);
    const amongImages = tf.mean(tf.logSumExp(logits, 1));
    const amongTexts = tf.mean(tf.logSumExp(logits, 0));
    return tf.sub(tf.mul(tf.add(amongImages, amongTexts), 0.5), own);
  };

  const { value, grads } = tf.valueAndGrads(loss)(values);
  const gradients = new Map(shapes.map(([name], index) => [name, grads[index]?.dataSync() as Float32Array]));
  return { loss: value.dataSync()[0] ?? NaN, gradients };
}

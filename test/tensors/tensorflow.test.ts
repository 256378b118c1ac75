/** TensorFlow.js computes what ONNX Runtime computes, here on its pure JavaScript backend. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/tensors/graph.js';
import { Graph } from '../../src/tensors/graph.js';
import * as op from '../../src/tensors/operations.js';
import type { TensorData } from '../../src/tensors/session.js';
import { Session } from '../../src/tensors/session.js';
import { TensorFlowProgram, toTensorFlow } from '../../src/tensors/tensorflow.js';
import { RandomStream } from '../../src/training/random.js';
import { cases, prepare } from './cases.js';

function runWithTensorFlow(
  graph: Graph,
  outputs: Record<string, Tensor>,
  feeds: ReadonlyMap<string, TensorData>,
): Map<string, Float32Array> {
  const inputs = graph.tensors.filter(({ operation }) => operation === 'input');
  const named = inputs.map(({ attributes, shape }): [string, tf.Tensor] => {
    const name = String(attributes.name);
    return [name, toTensorFlow(tf, feeds.get(name) ?? new Float32Array(), shape)];
  });
  const results = new TensorFlowProgram(tf, graph, outputs).run(new Map(named));
  const numbers = new Map([...results].map(([name, value]) => [name, Float32Array.from(value.dataSync())]));
  for (const value of [...results.values(), ...named.map(([, input]) => input)]) value.dispose();
  return numbers;
}

async function expectParity(
  graph: Graph,
  outputs: Record<string, Tensor>,
  feeds: ReadonlyMap<string, TensorData>,
): Promise<void> {
  const session = await Session.create(graph, outputs);
  const wanted = await session.run(feeds);
  await session.release();
  const before = tf.memory().numTensors;
  const computed = runWithTensorFlow(graph, outputs, feeds);
  expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
  for (const [name, values] of wanted) {
    expect(computed.get(name)?.length, name).toBe(values.length);
    values.forEach((value, place) => {
      expect(Math.abs(value - (computed.get(name)?.[place] ?? NaN)), `${name}[${place}]`).toBeLessThan(
        1e-5 * (1 + Math.abs(value)),
      );
    });
  }
}

describe('TensorFlow.js computes the same as ONNX Runtime, and the same gradients', () => {
  it.each(Object.entries(cases))('%s', async (name, description) => {
    const random = new RandomStream(7, name);
    const { graph, outputs, feeds } = prepare(description, () => random.uniform());
    await expectParity(graph, outputs, feeds);
  });

  it('positive, and bytes and whole numbers as numbers', async () => {
    const graph = new Graph();
    const outputs = {
      positive: op.positive(graph.input('x', [4])),
      bytes: op.cast(graph.input('mask', [2, 2], 'uint8'), 'float32'),
      integers: op.cast(op.slice(graph.input('words', [3], 'int32'), 0, 1, 3), 'float32'),
    };
    const feeds = new Map<string, TensorData>([
      ['x', Float32Array.of(-1, 0, 1e-20, 3)],
      ['mask', Uint8Array.of(0, 2, 255, 1)],
      ['words', Int32Array.of(7, -3, 70_000)],
    ]);
    await expectParity(graph, outputs, feeds);
  });

  it('one value under two names, and an input as an output', async () => {
    const graph = new Graph();
    const input = graph.input('x', [2]);
    const twice = op.add(input, input);
    await expectParity(
      graph,
      { a: twice, b: twice, later: op.exp(twice), input },
      new Map([['x', Float32Array.of(1, 2)]]),
    );
  });

  it('says which input was not given', () => {
    const graph = new Graph();
    const program = new TensorFlowProgram(tf, graph, { y: op.exp(graph.input('x', [2])) });
    expect(() => program.run(new Map())).toThrow('input x [2] was given nothing');
  });
});

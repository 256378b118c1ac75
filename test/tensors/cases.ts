/** One small case of every operation that has a gradient, for the tests of whatever computes or differentiates them. */
import { gradients } from '../../src/tensors/gradients.js';
import type { Shape, Tensor } from '../../src/tensors/graph.js';
import { Graph, sizeOf } from '../../src/tensors/graph.js';
import * as op from '../../src/tensors/operations.js';
import type { TensorData } from '../../src/tensors/session.js';

/** A function of tensors under test. */
interface Case {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly build: (inputs: Record<string, Tensor>, indices: Tensor) => Tensor;
  /** Values are drawn from here; roots and logarithms want positive ones. */
  readonly range?: readonly [number, number];
}

const x = { x: [3, 4] };
const pair = { a: [3, 4], b: [3, 4] };
const at = (inputs: Record<string, Tensor>, name: string): Tensor => {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`no input ${name}`);
  return tensor;
};
const of1 = (f: (x: Tensor) => Tensor) => (inputs: Record<string, Tensor>) => f(at(inputs, 'x'));
const of2 = (f: (a: Tensor, b: Tensor) => Tensor) => (inputs: Record<string, Tensor>) =>
  f(at(inputs, 'a'), at(inputs, 'b'));

export const cases: Record<string, Case> = {
  add: { shapes: pair, build: of2(op.add) },
  'add with broadcasting at both ends': { shapes: { a: [2, 1, 4], b: [3, 1] }, build: of2(op.add) },
  subtract: { shapes: pair, build: of2(op.subtract) },
  'subtract a row': { shapes: { a: [3, 4], b: [4] }, build: of2(op.subtract) },
  multiply: { shapes: pair, build: of2(op.multiply) },
  'multiply by a column': { shapes: { a: [3, 4], b: [3, 1] }, build: of2(op.multiply) },
  'multiply by itself': { shapes: x, build: of1((t) => op.multiply(t, t)) },
  divide: { shapes: pair, build: of2(op.divide), range: [0.5, 2] },
  'divide by a scalar tensor': { shapes: { a: [3, 4], b: [] }, build: of2(op.divide), range: [0.5, 2] },
  negate: { shapes: x, build: of1(op.negate) },
  exp: { shapes: x, build: of1(op.exp) },
  log: { shapes: x, build: of1(op.log), range: [0.5, 2] },
  sqrt: { shapes: x, build: of1(op.sqrt), range: [0.5, 2] },
  tanh: { shapes: x, build: of1(op.tanh) },
  sigmoid: { shapes: x, build: of1(op.sigmoid) },
  'relu, away from its corner': {
    shapes: x,
    build: of1((t) => op.add(op.relu(t), op.relu(op.negate(t)))),
    range: [0.2, 1],
  },
  softmax: { shapes: x, build: of1(op.softmax) },
  logSoftmax: { shapes: x, build: of1(op.logSoftmax) },
  logSumExp: { shapes: x, build: of1(op.logSumExp) },
  'sum of rows': { shapes: x, build: of1((t) => op.sum(t, [1])) },
  'sum of columns, dropped': { shapes: x, build: of1((t) => op.sum(t, [0], false)) },
  'max, away from equal values': {
    shapes: { x: [1, 4] },
    build: of1((t) => op.max(op.concat([op.multiply(t, 2), op.add(t, 9), t], 0), [0])),
  },
  'max over two axes, dropped': {
    shapes: { x: [1, 3, 1] },
    build: of1((t) => op.max(op.concat([t, op.add(op.multiply(t, t), 9), op.subtract(t, 9)], 2), [0, 2], false)),
  },
  mean: { shapes: x, build: of1((t) => op.mean(t, [-1])) },
  matmul: { shapes: { a: [2, 3], b: [3, 4] }, build: of2((a, b) => op.matmul(a, b)) },
  'matmul, first transposed': {
    shapes: { a: [3, 2], b: [3, 4] },
    build: of2((a, b) => op.matmul(a, b, { transposeA: true })),
  },
  'matmul, second transposed': {
    shapes: { a: [2, 3], b: [4, 3] },
    build: of2((a, b) => op.matmul(a, b, { transposeB: true })),
  },
  'matmul, both transposed': {
    shapes: { a: [3, 2], b: [4, 3] },
    build: of2((a, b) => op.matmul(a, b, { transposeA: true, transposeB: true })),
  },
  'matmul of stacks': { shapes: { a: [2, 3, 4], b: [2, 4, 2] }, build: of2((a, b) => op.matmul(a, b)) },
  'matmul of stacks, second transposed': {
    shapes: { a: [2, 3, 4], b: [2, 2, 4] },
    build: of2((a, b) => op.matmul(a, b, { transposeB: true })),
  },
  'a weight used at several steps': {
    shapes: { a: [2, 8], b: [8, 8] },
    build: of2((a, b) => op.matmul(op.tanh(op.matmul(op.tanh(op.matmul(a, b)), b)), b)),
  },
  'stacks used at several steps': {
    shapes: { a: [2, 1, 4], b: [2, 4, 4] },
    build: of2((a, b) => op.matmul(op.tanh(op.matmul(op.tanh(op.matmul(a, b)), b)), b)),
  },
  reshape: { shapes: x, build: of1((t) => op.reshape(t, [2, 6])) },
  transpose: { shapes: { x: [2, 3, 4] }, build: of1((t) => op.transpose(t, [2, 0, 1])) },
  expand: { shapes: { x: [3, 1] }, build: of1((t) => op.expand(t, [2, 3, 4])) },
  concat: { shapes: { a: [3, 2], b: [3, 4] }, build: of2((a, b) => op.concat([a, b, a], 1)) },
  slice: { shapes: x, build: of1((t) => op.slice(t, 1, 1, 3)) },
  'slices side by side, with gaps': {
    shapes: { x: [9, 2] },
    build: of1((t) => op.multiply(op.slice(t, 0, 1, 3), op.multiply(op.slice(t, 0, 3, 5), op.slice(t, 0, 6, 8)))),
  },
  'slices that overlap': {
    shapes: { x: [5, 2] },
    build: of1((t) => op.multiply(op.slice(t, 0, 0, 4), op.slice(t, 0, 1, 5))),
  },
  pad: { shapes: x, build: of1((t) => op.pad(t, 0, 1, 2)) },
  gather: { shapes: x, build: (inputs, indices) => op.gather(at(inputs, 'x'), indices) },
  scatterAdd: { shapes: { x: [4, 2] }, build: (inputs, indices) => op.scatterAdd(at(inputs, 'x'), indices, 3) },
};

/** What `gather` and `scatterAdd` are given. */
const INDICES = Int32Array.of(2, 0, 2, 1);

/** A scalar that weighs every element differently, so that no part of a gradient can hide behind another. */
function weigh(result: Tensor): Tensor {
  const flat = op.reshape(result, [1, sizeOf(result.shape)]);
  const weights = result.graph.input('weights', [sizeOf(result.shape), 1]);
  return op.reshape(op.matmul(op.add(flat, op.multiply(op.multiply(flat, flat), 0.5)), weights), []);
}

/**
 * A case made ready: its result, a loss made of it, and the loss's gradients by the inputs under `d_` and their names.
 */
export interface Prepared {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly feeds: Map<string, TensorData>;
  /** The inputs the loss is differentiated by. */
  readonly names: readonly string[];
}

/** @param draw numbers from 0 to 1 */
export function prepare({ shapes, build, range = [-1, 1] }: Case, draw: () => number): Prepared {
  const graph = new Graph();
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)]));
  const result = build(inputs, graph.input('indices', [INDICES.length], 'int32'));
  const loss = weigh(result);
  const names = Object.keys(shapes);
  const slopes = gradients(
    loss,
    names.map((name) => at(inputs, name)),
  );
  const outputs = { result, loss, ...Object.fromEntries(names.map((name, i) => [`d_${name}`, slopes[i] ?? loss])) };
  const between = (length: number) => Float32Array.from({ length }, () => range[0] + (range[1] - range[0]) * draw());
  const feeds = new Map<string, TensorData>(names.map((name) => [name, between(sizeOf(shapes[name] ?? []))]));
  feeds.set(
    'weights',
    Float32Array.from({ length: sizeOf(result.shape) }, () => 0.5 + draw()),
  );
  feeds.set('indices', INDICES);
  return { graph, outputs, feeds, names };
}

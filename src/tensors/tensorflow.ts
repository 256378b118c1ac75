/**
 * Computes graphs of the tensor language with TensorFlow.js, operation by operation, on whatever backend is registered
 * there. The library is handed in: none of its packages is a dependency of the program.
 */
import type * as TensorFlow from '@tensorflow/tfjs-core';
import type { Graph, Operation, Tensor } from './graph.js';
import { reachable, ShapeError, sizeOf } from './graph.js';
import type { TensorData } from './session.js';

/** What TensorFlow.js exports, from whichever of its packages. */
export type TensorFlowModule = typeof TensorFlow;
type Value = TensorFlow.Tensor;

/** Computes a node from the values of its inputs. */
type Kernel = (tf: TensorFlowModule, node: Tensor, inputs: readonly Value[]) => Value;

const unary =
  (kernel: (tf: TensorFlowModule, x: Value, node: Tensor) => Value): Kernel =>
  (tf, node, inputs) =>
    kernel(tf, operand(node, inputs, 0), node);

const binary =
  (kernel: (tf: TensorFlowModule, a: Value, b: Value, node: Tensor) => Value): Kernel =>
  (tf, node, inputs) =>
    kernel(tf, operand(node, inputs, 0), operand(node, inputs, 1), node);

/** Every operation but inputs, which are given. */
const kernels: Record<Exclude<Operation, 'input'>, Kernel> = {
  constant: (tf, node) => tf.scalar(Number(node.attributes.value)),
  add: binary((tf, a, b) => tf.add(a, b)),
  subtract: binary((tf, a, b) => tf.sub(a, b)),
  multiply: binary((tf, a, b) => tf.mul(a, b)),
  divide: binary((tf, a, b) => tf.div(a, b)),
  negate: unary((tf, x) => tf.neg(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  relu: unary((tf, x) => tf.relu(x)),
  positive: unary((tf, x) => tf.cast(tf.greater(x, 0), 'float32')),
  cast: unary((tf, x, node) => tf.cast(x, node.type === 'float32' ? 'float32' : 'int32')),
  matmul: binary((tf, a, b, { attributes }) =>
    tf.matMul(a, b, attributes.transposeA === true, attributes.transposeB === true),
  ),
  max: unary((tf, x, node) => tf.max(x, list(node, 'axes'), true)),
  sum: unary((tf, x, node) => tf.sum(x, list(node, 'axes'), true)),
  softmax: unary((tf, x) => tf.softmax(x)),
  logSoftmax: unary((tf, x) => tf.logSoftmax(x)),
  logSumExp: unary((tf, x) => tf.logSumExp(x, -1, true)),
  reshape: unary((tf, x, { shape }) => tf.reshape(x, [...shape])),
  transpose: unary((tf, x, node) => tf.transpose(x, list(node, 'permutation'))),
  expand: unary((tf, x, { shape }) => tf.broadcastTo(x, [...shape])),
  concat: (tf, node, inputs) => tf.concat([...inputs], Number(node.attributes.axis)),
  slice: unary((tf, x, { attributes, shape }) => {
    const begin = shape.map((_, axis) => (axis === attributes.axis ? Number(attributes.start) : 0));
    return tf.slice(x, begin, [...shape]);
  }),
  pad: unary((tf, x, { attributes, shape }) => {
    const sides = [Number(attributes.before), Number(attributes.after)] as [number, number];
    return tf.pad(
      x,
      shape.map((_, axis): [number, number] => (axis === attributes.axis ? sides : [0, 0])),
    );
  }),
  gather: binary((tf, table, indices) => tf.gather(table, indices)),
  // unsortedSegmentSum would say it more plainly; on the pure JavaScript backend it reads all updates once a row.
  scatterAdd: binary((tf, updates, indices, { shape }) =>
    tf.scatterND(tf.reshape(indices, [-1, 1]), updates, [...shape]),
  ),
};

/** The part of a graph that computes some outputs, in an order it can be computed in. */
export class TensorFlowProgram {
  private readonly steps: readonly {
    readonly node: Tensor;
    readonly kernel: Kernel;
    readonly free: readonly Tensor[];
  }[];
  private readonly inputs: readonly Tensor[];

  constructor(
    private readonly tf: TensorFlowModule,
    graph: Graph,
    private readonly outputs: Readonly<Record<string, Tensor>>,
  ) {
    const wanted = new Set(Object.values(outputs));
    const needed = reachable(wanted);
    const nodes = graph.tensors.filter((tensor) => needed.has(tensor));
    this.inputs = nodes.filter(({ operation }) => operation === 'input');
    const lastReader = new Map(nodes.flatMap((node) => node.inputs.map((input) => [input, node])));
    this.steps = nodes.flatMap((node) => {
      if (node.operation === 'input') return [];
      const free = node.inputs.filter(
        (input, place) =>
          lastReader.get(input) === node &&
          node.inputs.indexOf(input) === place &&
          input.operation !== 'input' &&
          !wanted.has(input),
      );
      return [{ node, kernel: kernels[node.operation], free }];
    });
  }

  /**
   * Computes the outputs from the inputs. A value is freed when its last reader is done.
   *
   * @param feeds a tensor for every input, by name; they stay the caller's
   * @returns every output by name, to be disposed by the caller
   */
  run(feeds: ReadonlyMap<string, Value>): Map<string, Value> {
    const values = new Map<Tensor, Value>();
    for (const input of this.inputs) {
      const name = String(input.attributes.name);
      const value = feeds.get(name);
      if (!value) throw new RangeError(`input ${name} [${input.shape.join(', ')}] was given nothing`);
      values.set(input, value);
    }
    for (const { node, kernel, free } of this.steps) {
      const inputs = node.inputs.map((input) => valueOf(values, input));
      values.set(
        node,
        this.tf.tidy(() => kernel(this.tf, node, inputs)),
      );
      for (const tensor of free) {
        valueOf(values, tensor).dispose();
        values.delete(tensor);
      }
    }
    // Two names may stand for one tensor, or for an input.
    const results = new Map(
      Object.entries(this.outputs).map(([name, tensor]) => [name, valueOf(values, tensor).clone()]),
    );
    for (const [tensor, value] of values) {
      if (tensor.operation !== 'input') value.dispose();
    }
    return results;
  }
}

/** The data of an input as TensorFlow.js has it: bytes become int32, the smallest of its types that holds them all. */
export function toTensorFlow(tf: TensorFlowModule, data: TensorData, shape: readonly number[]): Value {
  if (data.length !== sizeOf(shape)) throw new RangeError(`[${shape.join(', ')}] was given ${data.length} values`);
  return tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
}

function operand(node: Tensor, inputs: readonly Value[], place: number): Value {
  const input = inputs[place];
  if (!input) throw new ShapeError(node.operation, [node.shape], `has no input ${place}`);
  return input;
}

function valueOf(values: ReadonlyMap<Tensor, Value>, tensor: Tensor): Value {
  const value = values.get(tensor);
  if (!value) throw new ShapeError(tensor.operation, [tensor.shape], 'was not computed');
  return value;
}

function list(node: Tensor, name: string): number[] {
  const value = node.attributes[name];
  if (!Array.isArray(value)) throw new ShapeError(node.operation, [node.shape], `attribute ${name} is no list`);
  return [...(value as readonly number[])];
}

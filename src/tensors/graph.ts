/**
 * The nodes of the tensor language. A `Tensor` is a description of a value: an operation, its inputs, a static shape.
 * Nothing is computed here: `onnx.ts` turns a graph into a model that ONNX Runtime runs, `tensorflow.ts` computes it
 * with TensorFlow.js.
 */

export type DataType = 'float32' | 'int32' | 'uint8';

export type Shape = readonly number[];

/**
 * The primitive operations. Each has one emitter in `onnx.ts`, one kernel in `tensorflow.ts` and, where it is
 * differentiable, one rule in `gradients.ts`.
 */
export type Operation =
  | 'input'
  | 'constant'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'negate'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'positive'
  | 'cast'
  | 'matmul'
  | 'sum'
  | 'max'
  | 'softmax'
  | 'logSoftmax'
  | 'logSumExp'
  | 'reshape'
  | 'transpose'
  | 'expand'
  | 'concat'
  | 'slice'
  | 'pad'
  | 'gather'
  | 'scatterAdd';

/** What an operation needs beside its inputs. Plain data, so that equal nodes can be found by their text. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly number[]>>;

export interface Tensor {
  readonly graph: Graph;
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly type: DataType;
}

/** Holds the nodes in the order they were made, which is an order they can be computed in. */
export class Graph {
  readonly tensors: Tensor[] = [];
  private readonly known = new Map<string, Tensor>();

  /** A value given at every run, such as a batch or a parameter. */
  input(name: string, shape: Shape, type: DataType = 'float32'): Tensor {
    return this.node('input', [], { name }, shape, type);
  }

  /** A scalar known when the graph is built. */
  scalar(value: number): Tensor {
    return this.node('constant', [], { value }, [], 'float32');
  }

  /** The node for this operation. An equal one made before is returned instead, so nothing is computed twice. */
  node(
    operation: Operation,
    inputs: readonly Tensor[],
    attributes: Attributes,
    shape: Shape,
    type: DataType = 'float32',
  ): Tensor {
    const key = `${operation}|${inputs.map((input) => input.id).join()}|${JSON.stringify(attributes)}|${shape.join()}|${type}`;
    const known = this.known.get(key);
    if (known) return known;
    if (shape.some((size) => !Number.isInteger(size) || size < 1))
      throw new ShapeError(operation, [shape], 'sizes are positive integers');
    for (const input of inputs) {
      if (input.graph !== this) throw new ShapeError(operation, [input.shape], 'an input belongs to another graph');
    }
    const tensor: Tensor = { graph: this, id: this.tensors.length, operation, inputs, attributes, shape, type };
    this.tensors.push(tensor);
    this.known.set(key, tensor);
    return tensor;
  }
}

/** What some tensors are computed from, and they themselves. */
export function reachable(roots: Iterable<Tensor>): Set<Tensor> {
  const seen = new Set<Tensor>();
  const pending = [...roots];
  for (let tensor = pending.pop(); tensor; tensor = pending.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    pending.push(...tensor.inputs);
  }
  return seen;
}

/** Shapes that do not fit an operation: always a defect of the program, never of its user. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(operation: string, shapes: readonly Shape[], reason: string) {
    super(`${operation}(${shapes.map((shape) => `[${shape.join(', ')}]`).join(', ')}): ${reason}`);
  }
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The shape of an element-wise operation on two shapes: aligned at the last axis, sizes equal or 1 (NumPy's rule). */
export function broadcastShape(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new ShapeError(operation, [a, b], 'shapes cannot be broadcast');
    return Math.max(left, right);
  });
}

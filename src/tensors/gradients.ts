/**
 * Reverse-mode automatic differentiation. The backward pass makes nodes, not numbers: the gradient of a graph is a
 * graph. One rule an operation; an operation without a rule is an error by its name.
 */
import type { Operation, Shape, Tensor } from './graph.js';
import { ShapeError, sizeOf } from './graph.js';
import {
  add,
  concat,
  divide,
  exp,
  expand,
  gather,
  matmul,
  multiply,
  negate,
  pad,
  positive,
  reshape,
  scatterAdd,
  slice,
  softmax,
  subtract,
  sum,
  transpose,
} from './operations.js';

/** The part of a gradient that one use of a tensor adds. Products and slices are kept apart until all are known. */
type Contribution =
  | { readonly kind: 'value'; readonly value: Tensor }
  /**
   * leftᵀ · right, of matrices or stacks of them. The sum of many such products is one product of their concatenations.
   */
  | { readonly kind: 'product'; readonly left: Tensor; readonly right: Tensor }
  /**
   * `value` at start <= index < end of `axis`, 0 elsewhere. The sum of slices that do not overlap is their
   * concatenation.
   */
  | {
      readonly kind: 'slice';
      readonly value: Tensor;
      readonly axis: number;
      readonly start: number;
      readonly end: number;
    };

type Product = Extract<Contribution, { kind: 'product' }>;
type Slice = Extract<Contribution, { kind: 'slice' }>;

/**
 * Given a node and the gradient of the loss by it, what each input receives; nothing for an input without a gradient.
 */
type Rule = (node: Tensor, gradient: Tensor) => readonly (Tensor | Contribution | undefined)[];

const rules: Partial<Record<Operation, Rule>> = {
  add: (_, g) => [g, g],
  subtract: (_, g) => [g, negate(g)],
  multiply: binaryRule((a, b, g) => [multiply(g, b), multiply(g, a)]),
  divide: binaryRule((a, b, g) => [divide(g, b), negate(divide(multiply(g, a), multiply(b, b)))]),
  negate: (_, g) => [negate(g)],
  exp: (node, g) => [multiply(g, node)],
  log: unaryRule((x, g) => divide(g, x)),
  sqrt: (node, g) => [divide(multiply(g, 0.5), node)],
  tanh: (node, g) => [multiply(g, subtract(1, multiply(node, node)))],
  sigmoid: (node, g) => [multiply(multiply(g, node), subtract(1, node))],
  relu: (node, g) => [multiply(g, positive(node))],
  matmul: binaryRule(matmulRule),
  // Left unexpanded: where something is added to it, broadcasting does that in the same pass.
  sum: (_, g) => [g],
  // To every value that is the largest.
  max: unaryRule((x, g, node) => multiply(g, subtract(1, positive(subtract(node, x))))),
  softmax: (node, g) => {
    const weighted = multiply(g, node);
    return [subtract(weighted, multiply(node, sum(weighted, [-1])))];
  },
  logSumExp: unaryRule((x, g) => multiply(g, softmax(x))),
  logSoftmax: (node, g) => [subtract(g, multiply(exp(node), sum(g, [-1])))],
  reshape: unaryRule((x, g) => reshape(g, x.shape)),
  transpose: (node, g) => {
    const permutation = numbers(node, 'permutation');
    return [
      transpose(
        g,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
  expand: unaryRule((_, g) => g),
  concat: (node, g) => {
    const axis = number(node, 'axis');
    let start = 0;
    return node.inputs.map((input) => {
      const end = start + (input.shape[axis] ?? 0);
      const part = slice(g, axis, start, end);
      start = end;
      return part;
    });
  },
  slice: (node, g) => [
    { kind: 'slice', value: g, axis: number(node, 'axis'), start: number(node, 'start'), end: number(node, 'end') },
  ],
  pad: unaryRule((x, g, node) => {
    const axis = number(node, 'axis');
    const before = number(node, 'before');
    return slice(g, axis, before, before + (x.shape[axis] ?? 0));
  }),
  gather: binaryRule((table, indices, g) => [scatterAdd(g, indices, table.shape[0] ?? 0), undefined]),
  scatterAdd: binaryRule((_, indices, g) => [gather(g, indices), undefined]),
};

/** Both operands of a product; its last case keeps the second's part apart, see `Contribution`. */
function matmulRule(a: Tensor, b: Tensor, g: Tensor, node: Tensor): readonly (Tensor | Contribution)[] {
  const { transposeA, transposeB } = node.attributes;
  if (transposeA) {
    return transposeB
      ? [matmul(b, g, { transposeA: true, transposeB: true }), matmul(g, a, { transposeA: true, transposeB: true })]
      : [matmul(b, g, { transposeB: true }), matmul(a, g)];
  }
  const forA = matmul(g, b, { transposeB: transposeB !== true });
  return [forA, { kind: 'product', ...(transposeB ? { left: g, right: a } : { left: a, right: g }) }];
}

/**
 * Gradients of a scalar by some of the tensors it is computed from.
 *
 * @param loss a scalar (shape [])
 * @param targets the tensors to differentiate by; each must take part in the loss
 * @returns one tensor for each target, of the target's shape
 * @throws ShapeError when the loss is no scalar, a target does not reach it, or an operation between them has no
 *   gradient
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.length > 0) throw new ShapeError('gradients', [loss.shape], 'the loss is a scalar');
  const { graph } = loss;
  const forward = graph.tensors.slice(0, loss.id + 1);
  const depends = new Set<Tensor>(targets);
  for (const tensor of forward) {
    if (tensor.inputs.some((input) => depends.has(input))) depends.add(tensor);
  }
  const contributions = new Map<Tensor, Contribution[]>([[loss, [{ kind: 'value', value: graph.scalar(1) }]]]);
  const results = new Map<Tensor, Tensor>();
  for (const tensor of forward.reverse()) {
    const received = contributions.get(tensor);
    if (!received || !depends.has(tensor)) continue;
    const gradient = total(received, tensor.shape);
    if (targets.includes(tensor)) results.set(tensor, gradient);
    if (!tensor.inputs.some((input) => depends.has(input))) continue;
    const rule = rules[tensor.operation];
    if (!rule) throw new ShapeError('gradients', [tensor.shape], `operation '${tensor.operation}' has no gradient`);
    rule(tensor, gradient).forEach((part, index) => {
      const input = tensor.inputs[index];
      if (!part || !input || !depends.has(input)) return;
      const contribution: Contribution = 'kind' in part ? part : { kind: 'value', value: sumTo(part, input.shape) };
      const list = contributions.get(input);
      if (list) list.push(contribution);
      else contributions.set(input, [contribution]);
    });
  }
  return targets.map((target) => {
    const gradient = results.get(target);
    if (!gradient) throw new ShapeError('gradients', [target.shape], 'the loss does not depend on this tensor');
    return gradient;
  });
}

/** The sum of the contributions to the gradient of a tensor of `shape`. */
function total(contributions: readonly Contribution[], shape: Shape): Tensor {
  const values = contributions.flatMap((part) => (part.kind === 'value' ? [part.value] : []));
  values.push(
    ...totalOfProducts(
      contributions.filter((part) => part.kind === 'product'),
      shape,
    ),
  );
  values.push(
    ...totalOfSlices(
      contributions.filter((part) => part.kind === 'slice'),
      shape,
    ),
  );
  return expand(
    values.reduce((sumSoFar, value) => add(sumSoFar, value)),
    shape,
  );
}

/**
 * A weight that is used at every time step receives one product a step. They become one product of the concatenated
 * factors, one large GEMM in place of many small ones, where the factors are smaller than the results to be added.
 */
function totalOfProducts(products: readonly Product[], shape: Shape): Tensor[] {
  const transposed = { transposeA: true };
  const factors = products.reduce((size, { left, right }) => size + sizeOf(left.shape) + sizeOf(right.shape), 0);
  if (factors >= products.length * sizeOf(shape))
    return products.map(({ left, right }) => matmul(left, right, transposed));
  const rows = shape.length - 2;
  const left = concat(
    products.map((product) => product.left),
    rows,
  );
  const right = concat(
    products.map((product) => product.right),
    rows,
  );
  return [matmul(left, right, transposed)];
}

/** Slices of one axis that do not overlap are put side by side; each of the others is padded with zeros. */
function totalOfSlices(slices: readonly Slice[], shape: Shape): Tensor[] {
  const sorted = [...slices].sort((a, b) => a.axis - b.axis || a.start - b.start);
  const sideBySide = sorted.every((part, index) => {
    const before = sorted[index - 1];
    return !before || (before.axis === part.axis && before.end <= part.start);
  });
  const groups = sideBySide && sorted.length > 0 ? [sorted] : sorted.map((part) => [part]);
  return groups.map((group) => {
    const axis = group[0]?.axis ?? 0;
    const last = group.length - 1;
    // The zeros between two slices go to the one before, those in front of the first to the first.
    const parts = group.map((part, index) => {
      const next = index === last ? (shape[axis] ?? 0) : (group[index + 1]?.start ?? 0);
      return pad(part.value, axis, index === 0 ? part.start : 0, next - part.end);
    });
    return concat(parts, axis);
  });
}

/** Undoes broadcasting: sums the axes along which a tensor of `shape` was repeated. */
function sumTo(gradient: Tensor, shape: Shape): Tensor {
  const extra = Math.max(0, gradient.shape.length - shape.length);
  const repeated = gradient.shape.flatMap((size, axis) =>
    axis < extra || (shape[axis - extra] === 1 && size > 1) ? [axis] : [],
  );
  const reduced = sum(gradient, repeated);
  return extra > 0 ? reshape(reduced, reduced.shape.slice(extra)) : reduced;
}

function unaryRule(rule: (x: Tensor, gradient: Tensor, node: Tensor) => Tensor): Rule {
  return (node, gradient) => node.inputs.map((x) => rule(x, gradient, node));
}

function binaryRule(
  rule: (a: Tensor, b: Tensor, gradient: Tensor, node: Tensor) => readonly (Tensor | Contribution | undefined)[],
): Rule {
  return (node, gradient) => {
    const [a, b] = node.inputs;
    if (!a || !b)
      throw new ShapeError(
        node.operation,
        node.inputs.map((input) => input.shape),
        'needs two inputs',
      );
    return rule(a, b, gradient, node);
  };
}

function number(node: Tensor, name: string): number {
  const value = node.attributes[name];
  if (typeof value !== 'number') throw new ShapeError(node.operation, [node.shape], `attribute ${name} is no number`);
  return value;
}

function numbers(node: Tensor, name: string): readonly number[] {
  const value = node.attributes[name];
  if (!Array.isArray(value)) throw new ShapeError(node.operation, [node.shape], `attribute ${name} is no list`);
  return value as readonly number[];
}

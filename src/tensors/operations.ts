/** The words of the tensor language. Every function checks its shapes and returns a node; see `graph.ts`. */
import type { DataType, Operation, Shape, Tensor } from './graph.js';
import { broadcastShape, sameShape, ShapeError, sizeOf } from './graph.js';

type Operand = Tensor | number;

function binary(operation: Operation, a: Operand, b: Operand): Tensor {
  const graph = typeof a === 'number' ? (typeof b === 'number' ? undefined : b.graph) : a.graph;
  if (!graph) throw new ShapeError(operation, [], 'at least one operand is a tensor');
  const left = typeof a === 'number' ? graph.scalar(a) : a;
  const right = typeof b === 'number' ? graph.scalar(b) : b;
  return graph.node(operation, [left, right], {}, broadcastShape(operation, left.shape, right.shape));
}

/** Element-wise with broadcasting: shapes are aligned at the last axis, sizes equal or 1. */
export const add = (a: Operand, b: Operand): Tensor => binary('add', a, b);
export const subtract = (a: Operand, b: Operand): Tensor => binary('subtract', a, b);
export const multiply = (a: Operand, b: Operand): Tensor => binary('multiply', a, b);
export const divide = (a: Operand, b: Operand): Tensor => binary('divide', a, b);

function unary(operation: Operation, x: Tensor): Tensor {
  return x.graph.node(operation, [x], {}, x.shape);
}

export const negate = (x: Tensor): Tensor => unary('negate', x);
export const exp = (x: Tensor): Tensor => unary('exp', x);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => unary('log', x);
export const sqrt = (x: Tensor): Tensor => unary('sqrt', x);
export const tanh = (x: Tensor): Tensor => unary('tanh', x);
export const sigmoid = (x: Tensor): Tensor => unary('sigmoid', x);
export const relu = (x: Tensor): Tensor => unary('relu', x);
/** 1 where x > 0, else 0. Has no gradient. */
export const positive = (x: Tensor): Tensor => unary('positive', x);

/** The same values in another type. No gradient flows through it. */
export function cast(x: Tensor, type: DataType): Tensor {
  return x.type === type ? x : x.graph.node('cast', [x], { to: type }, x.shape, type);
}

/**
 * Matrix product of the last two axes: [..., m, k] x [..., k, n] -> [..., m, n]; leading axes are equal. `transposeA`
 * and `transposeB` read an operand with its last two axes exchanged.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  const wrong = (reason: string) => new ShapeError('matmul', [a.shape, b.shape], reason);
  if (a.shape.length < 2 || a.shape.length !== b.shape.length) throw wrong('both need the same rank, at least 2');
  const [m, k] = lastTwo(a.shape, transposeA);
  const [innerB, n] = lastTwo(b.shape, transposeB);
  if (k !== innerB) throw wrong('inner sizes differ');
  if (!sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))) throw wrong('leading axes differ');
  return a.graph.node('matmul', [a, b], { transposeA, transposeB }, [...a.shape.slice(0, -2), m, n]);
}

function lastTwo(shape: Shape, transposed: boolean): [number, number] {
  const rows = shape[shape.length - 2] ?? 0;
  const columns = shape[shape.length - 1] ?? 0;
  return transposed ? [columns, rows] : [rows, columns];
}

/** Sum over the given axes, which are kept with size 1, or dropped when `keep` is false. */
export const sum = (x: Tensor, axes: readonly number[], keep = true): Tensor => reduce('sum', x, axes, keep);

/** Largest value over the given axes, which are kept with size 1, or dropped when `keep` is false. */
export const max = (x: Tensor, axes: readonly number[], keep = true): Tensor => reduce('max', x, axes, keep);

function reduce(operation: Operation, x: Tensor, axes: readonly number[], keep: boolean): Tensor {
  const wanted = axes.map((axis) => normaliseAxis(operation, x, axis)).sort((a, b) => a - b);
  if (wanted.length === 0) return x;
  const kept = x.graph.node(
    operation,
    [x],
    { axes: wanted },
    x.shape.map((size, axis) => (wanted.includes(axis) ? 1 : size)),
  );
  return keep
    ? kept
    : reshape(
        kept,
        x.shape.filter((_, axis) => !wanted.includes(axis)),
      );
}

/** Arithmetic mean over the given axes, kept with size 1 or dropped. */
export function mean(x: Tensor, axes: readonly number[], keep = true): Tensor {
  const count = axes.reduce((product, axis) => product * (x.shape[normaliseAxis('mean', x, axis)] ?? 1), 1);
  return multiply(sum(x, axes, keep), 1 / count);
}

/** exp(x) / sum exp(x) over the last axis. */
export const softmax = (x: Tensor): Tensor => unary('softmax', x);
/** Logarithm of `softmax`, computed without overflow. */
export const logSoftmax = (x: Tensor): Tensor => unary('logSoftmax', x);

/** Logarithm of sum exp(x) over the last axis, which is kept with size 1; computed without overflow. */
export function logSumExp(x: Tensor): Tensor {
  return x.graph.node(
    'logSumExp',
    [x],
    {},
    x.shape.map((size, axis) => (axis === x.shape.length - 1 ? 1 : size)),
  );
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape))
    throw new ShapeError('reshape', [x.shape, shape], 'the number of elements differs');
  return sameShape(shape, x.shape) ? x : x.graph.node('reshape', [x], { shape }, shape, x.type);
}

/** Axes in the order of `permutation`: axis i of the result is axis permutation[i] of x. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== x.shape.length || sorted.some((axis, index) => axis !== index)) {
    throw new ShapeError('transpose', [x.shape, permutation], 'not a permutation of the axes');
  }
  return x.graph.node(
    'transpose',
    [x],
    { permutation },
    permutation.map((axis) => x.shape[axis] ?? 0),
  );
}

/** x repeated along axes of size 1 until it has `shape`. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (!sameShape(broadcastShape('expand', x.shape, shape), shape))
    throw new ShapeError('expand', [x.shape, shape], 'does not fit');
  return sameShape(x.shape, shape) ? x : x.graph.node('expand', [x], { shape }, shape);
}

/** The tensors one after another along `axis`; their other sizes are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new ShapeError('concat', [], 'needs a tensor');
  if (tensors.length === 1) return first;
  const along = normaliseAxis('concat', first, axis);
  const shapes = tensors.map((tensor) => tensor.shape);
  const fits = shapes.every(
    (shape) => shape.length === first.shape.length && shape.every((size, i) => i === along || size === first.shape[i]),
  );
  if (!fits) throw new ShapeError('concat', shapes, `sizes differ outside axis ${along}`);
  const total = shapes.reduce((length, shape) => length + (shape[along] ?? 0), 0);
  return first.graph.node(
    'concat',
    tensors,
    { axis: along },
    first.shape.map((size, i) => (i === along ? total : size)),
  );
}

/** The part start <= index < end of `axis`. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const along = normaliseAxis('slice', x, axis);
  const length = x.shape[along] ?? 0;
  if (start < 0 || end > length || start >= end)
    throw new ShapeError('slice', [x.shape], `[${start}, ${end}) of axis ${along}`);
  if (start === 0 && end === length) return x;
  return x.graph.node(
    'slice',
    [x],
    { axis: along, start, end },
    x.shape.map((size, i) => (i === along ? end - start : size)),
    x.type,
  );
}

/** x with `before` zeros in front of it and `after` zeros behind it along `axis`. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const along = normaliseAxis('pad', x, axis);
  if (before === 0 && after === 0) return x;
  return x.graph.node(
    'pad',
    [x],
    { axis: along, before, after },
    x.shape.map((size, i) => (i === along ? size + before + after : size)),
  );
}

/** Rows of a table by index: table [rows, width], indices int32 [n] in 0..rows-1 -> [n, width]. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  const [, width] = table.shape;
  const [count] = indices.shape;
  if (table.shape.length !== 2 || indices.shape.length !== 1 || indices.type !== 'int32' || !width || !count) {
    throw new ShapeError('gather', [table.shape, indices.shape], 'needs a matrix and an int32 vector');
  }
  return table.graph.node('gather', [table, indices], {}, [count, width]);
}

/**
 * The reverse of `gather`: a table of `rows` rows, each the sum of the rows of `updates` [n, width] that name it in
 * `indices` [n].
 */
export function scatterAdd(updates: Tensor, indices: Tensor, rows: number): Tensor {
  const [, width] = updates.shape;
  if (updates.shape.length !== 2 || !width || !sameShape(indices.shape, updates.shape.slice(0, 1))) {
    throw new ShapeError(
      'scatterAdd',
      [updates.shape, indices.shape],
      'needs a matrix and as many indices as it has rows',
    );
  }
  return updates.graph.node('scatterAdd', [updates, indices], { rows }, [rows, width]);
}

function normaliseAxis(operation: string, x: Tensor, axis: number): number {
  const normal = axis < 0 ? axis + x.shape.length : axis;
  if (normal < 0 || normal >= x.shape.length) throw new ShapeError(operation, [x.shape], `there is no axis ${axis}`);
  return normal;
}

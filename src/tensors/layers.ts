/** Layers that more than one model is made of. */
import type { Tensor } from './graph.js';
import { add, multiply, sigmoid, slice, tanh } from './operations.js';

/** An LSTM's memory, a row a sequence: [n, hiddenSize]. */
export interface State {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/**
 * One step of an LSTM (Hochreiter & Schmidhuber 1997, with forget gates) from the sum of all that reaches its gates.
 *
 * @param gates [n, 4 * hiddenSize] in the order input, forget, output, candidate: the three that are sigmoids are neighbours
 * @param cell [n, hiddenSize] before the step; left out before the first, when it is 0
 */
export function lstmCell(gates: Tensor, cell?: Tensor): State {
  const size = (gates.shape[1] ?? 0) / 4;
  const open = sigmoid(slice(gates, 1, 0, 3 * size));
  const [input, forget, output] = [0, 1, 2].map((index) => slice(open, 1, index * size, (index + 1) * size)) as [Tensor, Tensor, Tensor];
  const candidate = multiply(input, tanh(slice(gates, 1, 3 * size, 4 * size)));
  const next = cell ? add(multiply(forget, cell), candidate) : candidate;
  return { cell: next, hidden: multiply(output, tanh(next)) };
}

/** Layers that more than one model is made of. */
import type { Tensor } from './graph.js';
import { add, multiply, sigmoid, slice, subtract, tanh } from './operations.js';

/** What a network remembers between two words, a row a sequence: tensors [n, size] by name. Others read `hidden`. */
export type State = Readonly<Record<string, Tensor>> & { readonly hidden: Tensor };

export const CELLS = ['lstm', 'gru'] as const;
export type CellName = (typeof CELLS)[number];

/** A recurrent layer's arithmetic for one step, without its matrices. */
export interface RecurrentCell {
  readonly name: CellName;
  /** Its matrices are this many times hiddenSize wide. */
  readonly gates: number;
  /** The names of what it remembers, each [n, hiddenSize]. */
  readonly memories: readonly ('hidden' | 'cell')[];
  /** The gates' bias before the first training step: [gates * hiddenSize]. */
  initialBias(hiddenSize: number): Float32Array;
  /**
   * One step.
   *
   * @param inputs what reaches the gates from outside, each [n, gates * hiddenSize]; one at least, the bias is in the
   *   first
   * @param recurrent what reaches them from the hidden state before, [n, gates * hiddenSize]; left out before the first
   *   step
   * @param state left out before the first step, when all memories are 0
   */
  step(inputs: readonly Tensor[], recurrent?: Tensor, state?: State): State;
}

/** An LSTM's memory, a row a sequence: [n, hiddenSize]. */
export interface LstmState extends State {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/**
 * One step of an LSTM (Hochreiter & Schmidhuber 1997, with forget gates) from the sum of all that reaches its gates.
 *
 * @param gates [n, 4 * hiddenSize] in the order input, forget, output, candidate: the three that are sigmoids are
 *   neighbours
 * @param cell [n, hiddenSize] before the step; left out before the first, when it is 0
 */
export function lstmCell(gates: Tensor, cell?: Tensor): LstmState {
  const size = (gates.shape[1] ?? 0) / 4;
  const open = sigmoid(slice(gates, 1, 0, 3 * size));
  const [input, forget, output] = [0, 1, 2].map((index) => slice(open, 1, index * size, (index + 1) * size)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const candidate = multiply(input, tanh(slice(gates, 1, 3 * size, 4 * size)));
  const next = cell ? add(multiply(forget, cell), candidate) : candidate;
  return { cell: next, hidden: multiply(output, tanh(next)) };
}

/**
 * One step of a GRU (Cho et al. 2014, arXiv:1406.1078, section 2.3), with the reset gate after the recurrent matrix, as
 * cuDNN computes it.
 *
 * @param inputs [n, 3 * hiddenSize] in the order reset, update, candidate
 * @param recurrent likewise, from the hidden state before; left out before the first step
 * @param hidden [n, hiddenSize] before the step; left out before the first, when it is 0
 */
export function gruCell(inputs: Tensor, recurrent?: Tensor, hidden?: Tensor): State {
  const size = (inputs.shape[1] ?? 0) / 3;
  const both = slice(inputs, 1, 0, 2 * size);
  const open = sigmoid(recurrent ? add(both, slice(recurrent, 1, 0, 2 * size)) : both);
  const [reset, update] = [0, 1].map((index) => slice(open, 1, index * size, (index + 1) * size)) as [Tensor, Tensor];
  const own = slice(inputs, 1, 2 * size, 3 * size);
  const candidate = tanh(recurrent ? add(own, multiply(reset, slice(recurrent, 1, 2 * size, 3 * size))) : own);
  const fresh = multiply(subtract(1, update), candidate);
  return { hidden: hidden ? add(fresh, multiply(update, hidden)) : fresh };
}

const cells: Readonly<Record<CellName, RecurrentCell>> = {
  lstm: {
    name: 'lstm',
    gates: 4,
    memories: ['hidden', 'cell'],
    // Forget gates begin open (Jozefowicz et al. 2015, section 2.2).
    initialBias: (size) => new Float32Array(4 * size).fill(1, size, 2 * size),
    step: ([first, ...others], recurrent, state) => lstmCell(total(first, recurrent, others), state?.cell),
  },
  gru: {
    name: 'gru',
    gates: 3,
    memories: ['hidden'],
    initialBias: (size) => new Float32Array(3 * size),
    step: ([first, ...others], recurrent, state) => gruCell(total(first, undefined, others), recurrent, state?.hidden),
  },
};

export function cellOf(name: CellName): RecurrentCell {
  return cells[name];
}

function total(first: Tensor | undefined, second: Tensor | undefined, others: readonly Tensor[]): Tensor {
  if (!first) throw new RangeError('something reaches a cell from outside');
  return others.reduce((sum, other) => add(sum, other), second ? add(first, second) : first);
}

/** A recurrent layer over words that does not look at the photo: what decoders without attention have in common. */
import type { Shape, Tensor } from '../../tensors/graph.js';
import type { CellName, State } from '../../tensors/layers.js';
import { cellOf } from '../../tensors/layers.js';
import { add, matmul } from '../../tensors/operations.js';
import type { DecoderSettings } from '../decoder.js';

/** The names of its parameters, after the cell's: all begin with `lstm.` or with `gru.`. */
export type WordLayerName = `${CellName}.${'word' | 'hidden' | 'bias'}`;

type WordLayerParameters = Readonly<Record<WordLayerName, Tensor>>;

export interface WordLayer {
  readonly shapes: Readonly<Record<string, Shape>>;
  /** See `Decoder`. */
  readonly inputs: ReadonlyMap<string, number>;
  /** See `Decoder`. */
  readonly initialVectors: ReadonlyMap<string, Float32Array>;
  /** The names of its state, each [n, hiddenSize]. */
  readonly memories: readonly ('hidden' | 'cell')[];
  /** What reaches the gates from words [n, embeddingSize]. */
  wordInputs(p: WordLayerParameters, embedded: Tensor): Tensor;
  /** @param word what `wordInputs` gives @param state left out before the first step */
  step(p: WordLayerParameters, word: Tensor, state?: State): State;
}

export function wordLayer({ cell: name, embeddingSize: E, hiddenSize: H }: DecoderSettings): WordLayer {
  const cell = cellOf(name);
  const G = cell.gates * H;
  return {
    shapes: { [`${name}.word`]: [E, G], [`${name}.hidden`]: [H, G], [`${name}.bias`]: [G] },
    // What is added up in the gates comes of one matrix in two parts.
    inputs: new Map([`${name}.word`, `${name}.hidden`].map((matrix) => [matrix, E + H])),
    initialVectors: new Map([[`${name}.bias`, cell.initialBias(H)]]),
    memories: cell.memories,
    wordInputs: (p, embedded) => add(matmul(embedded, p[`${name}.word`]), p[`${name}.bias`]),
    step: (p, word, state) => cell.step([word], state && matmul(state.hidden, p[`${name}.hidden`]), state),
  };
}

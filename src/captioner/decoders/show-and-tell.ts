/**
 * "Show and Tell" (Vinyals et al. 2015, arXiv:1411.4555, section 3.1): the photo is the recurrent network's first input, before any
 * word, and is not looked at again. The photo is the mean of its regions, set among the words by one matrix.
 */
import type { Tensor } from '../../tensors/graph.js';
import type { CellName } from '../../tensors/layers.js';
import { cellOf } from '../../tensors/layers.js';
import { add, concat, matmul, mean } from '../../tensors/operations.js';
import type { Decoder, DecoderSettings, Parameters, Scene } from '../decoder.js';
import { wordShapes } from '../decoder.js';

type Name = `photo.${'weight' | 'bias'}` | `${CellName}.${'word' | 'hidden' | 'bias'}` | `output.${'weight' | 'bias'}`;

interface Told extends Scene {
  /** The photo as if it were a word [images, embeddingSize]. */
  readonly photo: Tensor;
}

export function showAndTellDecoder(settings: DecoderSettings): Decoder<Name, Told> {
  const { regionSize: D, embeddingSize: E, hiddenSize: H } = settings;
  const cell = cellOf(settings.cell);
  const G = cell.gates * H;
  const words = wordShapes(settings);
  const wordInputs = (p: Parameters<Name>, embedded: Tensor) => add(matmul(embedded, p[`${cell.name}.word`]), p[`${cell.name}.bias`]);
  return {
    settings,
    shapes: {
      embedding: words.embedding,
      'photo.weight': [D, E],
      'photo.bias': [E],
      [`${cell.name}.word`]: [E, G],
      [`${cell.name}.hidden`]: [H, G],
      [`${cell.name}.bias`]: [G],
      'output.weight': [H, E],
      'output.bias': [E],
      'vocabulary.bias': words['vocabulary.bias'],
    },
    inputs: new Map([`${cell.name}.word`, `${cell.name}.hidden`].map((name) => [name, E + H])),
    initialVectors: new Map([[`${cell.name}.bias`, cell.initialBias(H)]]),
    droppedShape: (images) => [images, D],
    see: (p, photos, drop) => ({ photo: add(matmul(drop(mean(photos, [1], false)), p['photo.weight']), p['photo.bias']) }),
    start: (p, { photo }) => cell.step([wordInputs(p, photo)]),
    wordInputs,
    step(p, { word, state }) {
      const next = cell.step([word], matmul(state.hidden, p[`${cell.name}.hidden`]), state);
      return { state: next, features: [next.hidden] };
    },
    readOut: (p, features) => add(matmul(concat(features, 1), p['output.weight']), p['output.bias']),
  };
}

/**
 * The merge network (Tanti et al. 2017, "What is the Role of Recurrent Neural Networks (RNNs) in an Image Caption Generator?",
 * arXiv:1708.02043, section 3): the recurrent network reads words and never sees the photo; both are added before the next word is
 * chosen. It is the network that most tutorials of image captioning with VGG16 and an LSTM build.
 */
import type { Tensor } from '../../tensors/graph.js';
import type { CellName } from '../../tensors/layers.js';
import { cellOf } from '../../tensors/layers.js';
import { add, concat, expand, matmul, mean, relu } from '../../tensors/operations.js';
import type { Decoder, DecoderSettings, Scene } from '../decoder.js';
import { wordShapes } from '../decoder.js';

type Name = `photo.${'weight' | 'bias'}` | `${CellName}.${'word' | 'hidden' | 'bias'}` | `output.${'weight' | 'bias'}`;

interface Added extends Scene {
  /** [images, hiddenSize] */
  readonly photo: Tensor;
}

export function mergeDecoder(settings: DecoderSettings): Decoder<Name, Added> {
  const { regionSize: D, embeddingSize: E, hiddenSize: H } = settings;
  const cell = cellOf(settings.cell);
  const G = cell.gates * H;
  const words = wordShapes(settings);
  return {
    settings,
    shapes: {
      embedding: words.embedding,
      'photo.weight': [D, H],
      'photo.bias': [H],
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
    see: (p, photos, drop) => ({ photo: relu(add(matmul(drop(mean(photos, [1], false)), p['photo.weight']), p['photo.bias'])) }),

    // A state of zeros, and the photo, which every caption keeps beside its state.
    start(_, { photo }) {
      const nothing = expand(photo.graph.scalar(0), photo.shape);
      return { hidden: nothing, ...Object.fromEntries(cell.memories.map((name) => [name, nothing])), photo };
    },

    wordInputs: (p, embedded) => add(matmul(embedded, p[`${cell.name}.word`]), p[`${cell.name}.bias`]),

    step(p, { word, state }) {
      const { photo } = state;
      if (!photo) throw new RangeError('a caption keeps its photo');
      const next = cell.step([word], matmul(state.hidden, p[`${cell.name}.hidden`]), state);
      return { state: { ...next, photo }, features: [add(next.hidden, photo)] };
    },

    readOut: (p, features) => relu(add(matmul(concat(features, 1), p['output.weight']), p['output.bias'])),
  };
}

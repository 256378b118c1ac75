/**
 * The merge network (Tanti et al. 2017, "What is the Role of Recurrent Neural Networks (RNNs) in an Image Caption
 * Generator?", arXiv:1708.02043, section 3): the recurrent network reads words and never sees the photo; both are added
 * before the next word is chosen. It is the network that most tutorials of image captioning with VGG16 and an LSTM
 * build.
 */
import type { Tensor } from '../../tensors/graph.js';
import { add, concat, expand, matmul, mean, relu } from '../../tensors/operations.js';
import type { Decoder, DecoderSettings, Scene } from '../decoder.js';
import { wordShapes } from '../decoder.js';
import type { WordLayerName } from './word-layer.js';
import { wordLayer } from './word-layer.js';

type Name = `photo.${'weight' | 'bias'}` | WordLayerName | `output.${'weight' | 'bias'}`;

interface Added extends Scene {
  /** [images, hiddenSize] */
  readonly photo: Tensor;
}

export function mergeDecoder(settings: DecoderSettings): Decoder<Name, Added> {
  const { regionSize: D, embeddingSize: E, hiddenSize: H } = settings;
  const layer = wordLayer(settings);
  return {
    settings,
    shapes: {
      ...wordShapes(settings),
      ...layer.shapes,
      'photo.weight': [D, H],
      'photo.bias': [H],
      'output.weight': [H, E],
      'output.bias': [E],
    },
    inputs: layer.inputs,
    initialVectors: layer.initialVectors,
    droppedShape: (images) => [images, D],
    see: (p, photos, drop) => ({
      photo: relu(add(matmul(drop(mean(photos, [1], false)), p['photo.weight']), p['photo.bias'])),
    }),

    // A state of zeros, and the photo, which every caption keeps beside its state.
    start(_, { photo }) {
      const nothing = expand(photo.graph.scalar(0), photo.shape);
      return { hidden: nothing, ...Object.fromEntries(layer.memories.map((name) => [name, nothing])), photo };
    },

    wordInputs: (p, embedded) => layer.wordInputs(p, embedded),

    step(p, { word, state }) {
      const { photo } = state;
      if (!photo) throw new RangeError('a caption keeps its photo');
      const next = layer.step(p, word, state);
      return { state: { ...next, photo }, features: [add(next.hidden, photo)] };
    },

    readOut: (p, features) => relu(add(matmul(concat(features, 1), p['output.weight']), p['output.bias'])),
  };
}

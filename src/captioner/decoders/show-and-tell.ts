/**
 * "Show and Tell" (Vinyals et al. 2015, arXiv:1411.4555, section 3.1): the photo is the recurrent network's first
 * input, before any word, and is not looked at again. The photo is the mean of its regions, set among the words by one
 * matrix.
 */
import type { Tensor } from '../../tensors/graph.js';
import { add, concat, matmul, mean } from '../../tensors/operations.js';
import type { Decoder, DecoderSettings, Scene } from '../decoder.js';
import { wordShapes } from '../decoder.js';
import type { WordLayerName } from './word-layer.js';
import { wordLayer } from './word-layer.js';

type Name = `photo.${'weight' | 'bias'}` | WordLayerName | `output.${'weight' | 'bias'}`;

interface Told extends Scene {
  /** The photo as if it were a word [images, embeddingSize]. */
  readonly photo: Tensor;
}

export function showAndTellDecoder(settings: DecoderSettings): Decoder<Name, Told> {
  const { regionSize: D, embeddingSize: E, hiddenSize: H } = settings;
  const layer = wordLayer(settings);
  return {
    settings,
    shapes: {
      ...wordShapes(settings),
      ...layer.shapes,
      'photo.weight': [D, E],
      'photo.bias': [E],
      'output.weight': [H, E],
      'output.bias': [E],
    },
    inputs: layer.inputs,
    initialVectors: layer.initialVectors,
    droppedShape: (images) => [images, D],
    see: (p, photos, drop) => ({
      photo: add(matmul(drop(mean(photos, [1], false)), p['photo.weight']), p['photo.bias']),
    }),
    start: (p, { photo }) => layer.step(p, layer.wordInputs(p, photo)),
    wordInputs: (p, embedded) => layer.wordInputs(p, embedded),
    step(p, { word, state }) {
      const next = layer.step(p, word, state);
      return { state: next, features: [next.hidden] };
    },
    readOut: (p, features) => add(matmul(concat(features, 1), p['output.weight']), p['output.bias']),
  };
}

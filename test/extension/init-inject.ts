/**
 * A decoder that the program does not have, "init-inject" of Tanti et al. 2018 ("Where to put the image in an image
 * caption generator", arXiv:1703.09137): the photo is the state that the recurrent network begins with.
 */
import type { Decoder, DecoderSettings, Scene } from '../../src/captioner/decoder.js';
import { wordShapes } from '../../src/captioner/decoder.js';
import type { WordLayerName } from '../../src/captioner/decoders/word-layer.js';
import { wordLayer } from '../../src/captioner/decoders/word-layer.js';
import type { Tensor } from '../../src/tensors/graph.js';
import { add, concat, matmul, mean, tanh } from '../../src/tensors/operations.js';

type Name = `photo.${'weight' | 'bias'}` | WordLayerName | `output.${'weight' | 'bias'}`;

interface Pooled extends Scene {
  /** [images, hiddenSize] */
  readonly photo: Tensor;
}

export function initInjectDecoder(settings: DecoderSettings): Decoder<Name, Pooled> {
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
      photo: tanh(add(matmul(drop(mean(photos, [1], false)), p['photo.weight']), p['photo.bias'])),
    }),
    start: (_, { photo }) => ({ hidden: photo, ...Object.fromEntries(layer.memories.map((name) => [name, photo])) }),
    wordInputs: (p, embedded) => layer.wordInputs(p, embedded),
    step(p, { word, state }) {
      const next = layer.step(p, word, state);
      return { state: next, features: [next.hidden] };
    },
    readOut: (p, features) => add(matmul(concat(features, 1), p['output.weight']), p['output.bias']),
  };
}

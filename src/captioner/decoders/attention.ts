/**
 * A recurrent network with soft attention over the photo's regions, after "Show, Attend and Tell" (Xu et al. 2015,
 * arXiv:1502.03044, sections 3.1 and 4.2): additive attention, a gate on what is seen, and a deep output layer.
 */
import type { Shape, Tensor } from '../../tensors/graph.js';
import type { CellName } from '../../tensors/layers.js';
import { cellOf } from '../../tensors/layers.js';
import {
  add,
  concat,
  matmul,
  mean,
  multiply,
  reshape,
  sigmoid,
  slice,
  softmax,
  tanh,
} from '../../tensors/operations.js';
import type { Decoder, DecoderSettings, Parameters, Scene } from '../decoder.js';
import { wordShapes } from '../decoder.js';
import { project, PROJECTION } from '../region-projection.js';

type Name =
  | (typeof PROJECTION)[number]
  | 'attention.key'
  | 'attention.bias'
  | 'attention.score'
  | 'gate.bias'
  | 'hidden.weight'
  | `initial.${'hidden' | 'cell'}.${'weight' | 'bias'}`
  | `${CellName}.${'word' | 'context' | 'bias'}`
  | `output.${'weight' | 'bias'}`;

interface Attended extends Scene {
  /** Projected regions [images, regions, regionSize]. */
  readonly values: Tensor;
  /** Their part of the attention's energy [images, regions, attentionSize]. */
  readonly keys: Tensor;
}

export function attentionDecoder(settings: DecoderSettings): Decoder<Name, Attended> {
  const { regions, regionSize: D, embeddingSize: E, hiddenSize: H, attentionSize: A } = settings;
  const cell = cellOf(settings.cell);
  const G = cell.gates * H;
  const words = wordShapes(settings);
  const initial = cell.memories.flatMap((name): [string, Shape][] => [
    [`initial.${name}.weight`, [D, H]],
    [`initial.${name}.bias`, [H]],
  ]);
  return {
    settings,
    shapes: {
      embedding: words.embedding,
      'regions.weight': [D, D],
      'regions.bias': [D],
      'regions.gain': [D],
      'regions.shift': [D],
      'attention.key': [D, A],
      'attention.bias': [A],
      'attention.score': [A, 1],
      'gate.bias': [D],
      // All that the hidden state is multiplied with, side by side: attention's query, the context's gate, the cell's
      // gates.
      'hidden.weight': [H, A + D + G],
      ...Object.fromEntries(initial),
      [`${cell.name}.word`]: [E, G],
      [`${cell.name}.context`]: [D, G],
      [`${cell.name}.bias`]: [G],
      'output.weight': [H + D + E, E],
      'output.bias': [E],
      'vocabulary.bias': words['vocabulary.bias'],
    },
    // What is added up in the gates comes of one matrix in three parts.
    inputs: new Map([`${cell.name}.word`, `${cell.name}.context`, 'hidden.weight'].map((name) => [name, E + D + H])),
    initialVectors: new Map([
      ['regions.gain', new Float32Array(D).fill(1)],
      [`${cell.name}.bias`, cell.initialBias(H)],
    ]),
    droppedShape: (images) => [images, regions, D],

    see(p, photos, drop) {
      const values = drop(project(p, photos));
      const [images = 0, count = 0, size = 0] = values.shape;
      const keys = matmul(reshape(values, [images * count, size]), p['attention.key']);
      return { values, keys: reshape(keys, [images, count, A]) };
    },

    // From the mean region.
    start(p, { values }) {
      const average = mean(values, [1], false);
      const memory = (name: 'hidden' | 'cell') =>
        tanh(add(matmul(average, p[`initial.${name}.weight`]), p[`initial.${name}.bias`]));
      return { hidden: memory('hidden'), ...(cell.name === 'lstm' ? { cell: memory('cell') } : {}) };
    },

    wordInputs: (p, embedded) => add(matmul(embedded, p[`${cell.name}.word`]), p[`${cell.name}.bias`]),

    step(p, { scene, word, state, layout }) {
      const all = matmul(state.hidden, p['hidden.weight']);
      const query = add(slice(all, 1, 0, A), p['attention.bias']);
      const gate = sigmoid(add(slice(all, 1, A, A + D), p['gate.bias']));
      const recurrent = slice(all, 1, A + D, A + D + G);
      const { weights, seen } = attend(p, scene, layout.byPhoto(query));
      const context = multiply(gate, layout.byCaption(seen));
      const next = cell.step([word, matmul(context, p[`${cell.name}.context`])], recurrent, state);
      return { state: next, features: [next.hidden, context], attention: weights };
    },

    readOut: (p, features, embedded) =>
      tanh(add(matmul(concat([...features, embedded], 1), p['output.weight']), p['output.bias'])),
  };
}

/**
 * Additive attention (Bahdanau et al. 2015): where each caption looks.
 *
 * @param query grouped by image: [images * captions, attentionSize]
 * @returns weights [images, captions, regions], which sum to 1, and what is seen there [images * captions, regionSize]
 */
function attend(p: Parameters<Name>, scene: Attended, query: Tensor): { weights: Tensor; seen: Tensor } {
  const [images = 0, regions = 0, regionSize = 0] = scene.values.shape;
  const [rows = 0, attentionSize = 0] = query.shape;
  const captions = rows / images;
  const energy = tanh(
    add(reshape(scene.keys, [images, 1, regions, attentionSize]), reshape(query, [images, captions, 1, attentionSize])),
  );
  const scores = matmul(reshape(energy, [rows * regions, attentionSize]), p['attention.score']);
  const weights = softmax(reshape(scores, [images, captions, regions]));
  return { weights, seen: reshape(matmul(weights, scene.values), [rows, regionSize]) };
}

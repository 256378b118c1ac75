/**
 * The caption decoder: an LSTM with soft attention over VGG16's 49 regions, after "Show, Attend and Tell"
 * (Xu et al. 2015, arXiv:1502.03044, sections 3.1 and 4.2). Written once in the tensor language; training unrolls `step`
 * over a caption's words, beam search runs it one word at a time.
 */
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import type { State } from '../tensors/layers.js';
import { lstmCell } from '../tensors/layers.js';
import {
  add, divide, gather, matmul, mean, multiply, relu, reshape, sigmoid, slice, softmax, sqrt, subtract, tanh,
} from '../tensors/operations.js';

/** Sizes of the decoder. They and the vocabulary decide every parameter's shape. */
export interface DecoderSettings {
  readonly vocabularySize: number;
  /** Regions of a photo: VGG16's last feature map is 7 x 7. */
  readonly regions: number;
  /** Channels of a region. */
  readonly regionSize: number;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly attentionSize: number;
}

export const DEFAULT_SIZES: Omit<DecoderSettings, 'vocabularySize'> = {
  regions: 49,
  regionSize: 512,
  embeddingSize: 256,
  hiddenSize: 512,
  attentionSize: 256,
};

/** Every parameter's name and shape; a weight is [inputs, outputs] and is applied as x · W + b. */
export function parameterShapes(settings: DecoderSettings) {
  const { vocabularySize: V, regionSize: D, embeddingSize: E, hiddenSize: H, attentionSize: A } = settings;
  return {
    /** Word vectors; also, transposed, the output layer (Press & Wolf 2017, arXiv:1608.05859). */
    embedding: [V, E],
    'regions.weight': [D, D],
    'regions.bias': [D],
    'regions.gain': [D],
    'regions.shift': [D],
    'attention.key': [D, A],
    'attention.bias': [A],
    'attention.score': [A, 1],
    'gate.bias': [D],
    /** All that the hidden state is multiplied with, side by side: attention's query, the context's gate, the LSTM's gates. */
    'hidden.weight': [H, A + D + 4 * H],
    'initial.hidden.weight': [D, H],
    'initial.hidden.bias': [H],
    'initial.cell.weight': [D, H],
    'initial.cell.bias': [H],
    /** Gates in the order of `lstmCell`. */
    'lstm.word': [E, 4 * H],
    'lstm.context': [D, 4 * H],
    'lstm.bias': [4 * H],
    'output.weight': [H + D + E, E],
    'output.bias': [E],
    'vocabulary.bias': [V],
  } as const satisfies Record<string, Shape>;
}

export type ParameterName = keyof ReturnType<typeof parameterShapes>;
export type Parameters = Readonly<Record<ParameterName, Tensor>>;

export function parameterNames(settings: DecoderSettings): ParameterName[] {
  return Object.keys(parameterShapes(settings)) as ParameterName[];
}

/** What stands before the parameters' names of each member of an ensemble; nothing where there is one alone. */
export function memberPrefixes(members: number): string[] {
  return Array.from({ length: members }, (_, member) => (members === 1 ? '' : `${member}.`));
}

/** Declares the parameters as inputs of a graph. @param prefix of their names there, for one of several decoders */
export function declareParameters(graph: Graph, settings: DecoderSettings, prefix = ''): Parameters {
  const shapes = parameterShapes(settings);
  const entries = parameterNames(settings).map((name) => [name, graph.input(prefix + name, shapes[name])]);
  return Object.fromEntries(entries) as Parameters;
}

/** What the decoder looks at: computed once for an image, used by all its captions and at every word. */
export interface Scene {
  /** Projected regions [images, regions, regionSize]. */
  readonly values: Tensor;
  /** Their part of the attention's energy [images, regions, attentionSize]. */
  readonly keys: Tensor;
}

const LAYER_NORM_EPSILON = 1e-5;

/** The parameters of `project`. */
export const PROJECTION = ['regions.weight', 'regions.bias', 'regions.gain', 'regions.shift'] as const satisfies readonly ParameterName[];

/** Linear layer, ReLU and layer normalisation (Ba et al. 2016) of VGG16's regions [images, regions, regionSize]. */
export function project(p: Pick<Parameters, (typeof PROJECTION)[number]>, regions: Tensor): Tensor {
  const [images = 0, count = 0, size = 0] = regions.shape;
  const rows = reshape(regions, [images * count, size]);
  const projected = relu(add(matmul(rows, p['regions.weight']), p['regions.bias']));
  const centred = subtract(projected, mean(projected, [1]));
  const deviation = sqrt(add(mean(multiply(centred, centred), [1]), LAYER_NORM_EPSILON));
  const values = add(multiply(divide(centred, deviation), p['regions.gain']), p['regions.shift']);
  return reshape(values, [images, count, size]);
}

/** What the attention needs of projected regions [images, regions, regionSize]. */
export function observe(p: Parameters, values: Tensor): Scene {
  const [images = 0, count = 0, size = 0] = values.shape;
  const keys = matmul(reshape(values, [images * count, size]), p['attention.key']);
  return { values, keys: reshape(keys, [images, count, keys.shape[1] ?? 0]) };
}

/** The state before the first word, from the mean region: one row an image, [images, hiddenSize]. */
export function initialState(p: Parameters, scene: Scene): State {
  const average = mean(scene.values, [1], false);
  return {
    hidden: tanh(add(matmul(average, p['initial.hidden.weight']), p['initial.hidden.bias'])),
    cell: tanh(add(matmul(average, p['initial.cell.weight']), p['initial.cell.bias'])),
  };
}

/** Word vectors [n, embeddingSize] of word ids int32 [n]. */
export function embed(p: Parameters, words: Tensor): Tensor {
  return gather(p.embedding, words);
}

/** The words' part of the LSTM's gates [n, 4 * hiddenSize]: no word waits for another, so all are computed at once. */
export function wordGates(p: Parameters, embedded: Tensor): Tensor {
  return add(matmul(embedded, p['lstm.word']), p['lstm.bias']);
}

/** What a hidden state brings to the next word; all rows [n, ...]. */
export interface Asked {
  /** Its part of the attention's energy [n, attentionSize]. */
  readonly query: Tensor;
  /** How much of each channel of the context is let through, 0..1 [n, regionSize]. */
  readonly gate: Tensor;
  /** Its part of the LSTM's gates [n, 4 * hiddenSize]. */
  readonly gates: Tensor;
}

/** @param hidden [n, hiddenSize] */
export function ask(p: Parameters, hidden: Tensor): Asked {
  const all = matmul(hidden, p['hidden.weight']);
  const [querySize = 0] = p['attention.bias'].shape;
  const [gateSize = 0] = p['gate.bias'].shape;
  const [, width = 0] = all.shape;
  return {
    query: add(slice(all, 1, 0, querySize), p['attention.bias']),
    gate: sigmoid(add(slice(all, 1, querySize, querySize + gateSize), p['gate.bias'])),
    gates: slice(all, 1, querySize + gateSize, width),
  };
}

/**
 * Additive attention (Bahdanau et al. 2015): where each caption looks.
 *
 * @param query grouped by image: [images * captions, attentionSize]
 * @returns weights [images, captions, regions], which sum to 1, and what is seen there [images * captions, regionSize]
 */
export function attend(p: Parameters, scene: Scene, query: Tensor): { weights: Tensor; seen: Tensor } {
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

/**
 * One step of the LSTM; all rows [n, ...].
 *
 * @param asked of the hidden state before
 * @param context what was seen, gated
 */
export function lstm(p: Parameters, fromWord: Tensor, context: Tensor, asked: Asked, cell: Tensor): State {
  return lstmCell(add(add(fromWord, asked.gates), matmul(context, p['lstm.context'])), cell);
}

/**
 * The deep output layer's hidden units [n, embeddingSize].
 *
 * @param known what is remembered, seen and was just said, side by side: [n, hiddenSize + regionSize + embeddingSize]
 */
export function readOut(p: Parameters, known: Tensor): Tensor {
  return tanh(add(matmul(known, p['output.weight']), p['output.bias']));
}

/** Scores [n, vocabularySize] of the next word, before the softmax. */
export function vocabularyLogits(p: Parameters, output: Tensor): Tensor {
  return add(matmul(output, p.embedding, { transposeB: true }), p['vocabulary.bias']);
}

/**
 * One space for sentences and photos: an LSTM over learned word vectors and a projection of what the encoder sees,
 * trained together so that a sentence's vector points where its photo's does (Kiros et al. 2014, arXiv:1411.2539,
 * section 2; Faghri et al. 2018, arXiv:1707.05612). Both are unit vectors: their product is the cosine similarity that
 * pgvector ranks by.
 */
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import { lstmCell } from '../tensors/layers.js';
import {
  add,
  concat,
  divide,
  gather,
  matmul,
  multiply,
  reshape,
  slice,
  softmax,
  sqrt,
  sum,
  transpose,
} from '../tensors/operations.js';
import type { RegionShape } from '../vision/encoder.js';
import type { Glance } from './region-summary.js';
import { summaryShapes, summarySize } from './region-summary.js';

/** Numbers of a vector, of a sentence or of a photo. */
export const EMBEDDING_LENGTH = 512;

/** Places that the attention looks at in a photo. */
const HEADS = 4;

/** Numbers of a photo before the last layer. */
export function imageSize({ regionSize }: Pick<RegionShape, 'regionSize'>): number {
  return summarySize({ regionSize }) + HEADS * regionSize;
}

/** Sizes of the model. They and the vocabulary decide every parameter's shape. */
export interface EmbeddingSettings extends RegionShape {
  readonly vocabularySize: number;
  /** Numbers of a word's vector. */
  readonly wordSize: number;
  readonly hiddenSize: number;
}

/** Every parameter's name and shape; a weight is [inputs, outputs] and is applied as x · W + b. */
export function parameterShapes({ vocabularySize: V, wordSize: E, hiddenSize: H, regionSize }: EmbeddingSettings) {
  return {
    /** Word vectors. */
    embedding: [V, E],
    /** Gates in the order of `lstmCell`. */
    'lstm.word': [E, 4 * H],
    'lstm.hidden': [H, 4 * H],
    'lstm.bias': [4 * H],
    'text.weight': [H + E, EMBEDDING_LENGTH],
    'text.bias': [EMBEDDING_LENGTH],
    /** Where each of the attention's heads looks. */
    'image.attention': [regionSize, HEADS],
    'image.weight': [imageSize({ regionSize }), EMBEDDING_LENGTH],
    'image.bias': [EMBEDDING_LENGTH],
  } as const satisfies Record<string, Shape>;
}

export type ParameterName = keyof ReturnType<typeof parameterShapes>;
export type Parameters = Readonly<Record<ParameterName, Tensor>>;

/** All tensors of a model's file: what is learned, and how photos are summarised. */
export function storedShapes(settings: EmbeddingSettings) {
  return { ...parameterShapes(settings), ...summaryShapes(settings) };
}

/** Declares the learned parameters as inputs of a graph. */
export function declareParameters(graph: Graph, settings: EmbeddingSettings): Parameters {
  const entries = Object.entries(parameterShapes(settings)).map(([name, shape]) => [name, graph.input(name, shape)]);
  return Object.fromEntries(entries) as Parameters;
}

/**
 * Sentences as inputs of a graph. Rows stand by word, then by sentence, the longest sentence first; see `layOutTexts`.
 */
export interface TextInputs {
  /** Word ids, int32 [rows]. */
  readonly words: Tensor;
  /** 1 / words of its sentence, or 0 for padding [rows, 1]. */
  readonly share: Tensor;
}

export function declareTexts(graph: Graph, rows: readonly number[]): TextInputs {
  const total = rows.reduce((count, n) => count + n, 0);
  return { words: graph.input('batch.words', [total], 'int32'), share: graph.input('batch.share', [total, 1]) };
}

/** Such as dropout. */
type Transform = (x: Tensor) => Tensor;
const unchanged: Transform = (x) => x;

/**
 * Vectors of sentences: the mean of the LSTM's states and of the word vectors, projected.
 *
 * @param rows how many sentences have a word t; never grows with t
 * @param drop what is done to the word vectors that the LSTM reads, to the mean of its states, and to both means side
 *   by side [sentences, hiddenSize + wordSize]
 * @returns unit vectors [sentences, EMBEDDING_LENGTH]
 */
export function embedTexts(
  p: Parameters,
  texts: TextInputs,
  rows: readonly number[],
  drop = { words: unchanged, reading: unchanged, means: unchanged },
): Tensor {
  const words = gather(p.embedding, texts.words);
  const fromWords = add(matmul(drop.words(words), p['lstm.word']), p['lstm.bias']);
  const reading = drop.reading(meanOverWords([...readSentences(p, fromWords, rows)], texts.share, rows));
  const wordMeans = meanOverWords(byWord(words, rows), texts.share, rows);
  return unitLength(add(matmul(drop.means(concat([reading, wordMeans], 1)), p['text.weight']), p['text.bias']));
}

/** The LSTM's hidden states, word by word. */
function* readSentences(p: Parameters, fromWords: Tensor, rows: readonly number[]): Generator<Tensor> {
  let state: ReturnType<typeof lstmCell> | undefined;
  for (const gates of byWord(fromWords, rows)) {
    const [count = 0] = gates.shape;
    const left = (x: Tensor) => slice(x, 0, 0, count);
    state = state
      ? lstmCell(add(gates, matmul(left(state.hidden), p['lstm.hidden'])), left(state.cell))
      : lstmCell(gates);
    yield state.hidden;
  }
}

/** Rows of each word. */
function byWord(x: Tensor, rows: readonly number[]): Tensor[] {
  let start = 0;
  return rows.map((count) => slice(x, 0, start, (start += count)));
}

/** Sums over each sentence's words, weighted by their shares: [sentences, ...]. */
function meanOverWords(parts: readonly Tensor[], share: Tensor, rows: readonly number[]): Tensor {
  const weighted = byWord(share, rows).map((weights, word) => multiply(parts[word] ?? weights, weights));
  return weighted.reduce((total, part) => {
    const [all = 0] = total.shape;
    const [count = 0] = part.shape;
    const longer = add(slice(total, 0, 0, count), part);
    return count === all ? longer : concat([longer, slice(total, 0, count, all)], 0);
  });
}

/**
 * Vectors of photos: their summary, and what each of the attention's heads sees of their regions (Lin et al. 2017,
 * arXiv:1703.03130, section 2: attention without a query), projected.
 *
 * @param standard the summary, standardised
 * @param drop is given both side by side
 * @returns unit vectors [images, EMBEDDING_LENGTH]
 */
export function embedImages(
  p: Parameters,
  { values, outside }: Glance,
  standard: Tensor,
  drop: Transform = unchanged,
): Tensor {
  const [images = 0, regions = 0, size = 0] = values.shape;
  const scores = reshape(matmul(reshape(values, [images * regions, size]), p['image.attention']), [
    images,
    regions,
    HEADS,
  ]);
  const weights = softmax(transpose(add(scores, outside), [0, 2, 1]));
  const seen = reshape(matmul(weights, values), [images, HEADS * size]);
  return unitLength(add(matmul(drop(concat([standard, seen], 1)), p['image.weight']), p['image.bias']));
}

/** The direction of several vectors [images, n] of the same photos together, each weighted: unit vectors. */
export function together(vectors: readonly Tensor[], weights: readonly number[]): Tensor {
  return unitLength(
    vectors.map((vector, place) => multiply(vector, weights[place] ?? 0)).reduce((total, part) => add(total, part)),
  );
}

const EPSILON = 1e-8;

function unitLength(x: Tensor): Tensor {
  return divide(x, sqrt(add(sum(multiply(x, x), [1]), EPSILON)));
}

/** The forward pass of a step of the joint embedding: a batch's photos and captions in, the loss out. */
import type { EmbeddingSettings } from '../../joint-embedding/joint-embedding.js';
import {
  declareParameters,
  declareTexts,
  embedImages,
  embedTexts,
  imageSize,
} from '../../joint-embedding/joint-embedding.js';
import {
  declareProjection,
  declareRegions,
  declareWindow,
  glance,
  standardise,
} from '../../joint-embedding/region-summary.js';
import type { Shape, Tensor } from '../../tensors/graph.js';
import { Graph } from '../../tensors/graph.js';
import {
  add,
  gather,
  logSumExp,
  mean,
  multiply,
  reshape,
  subtract,
  sum,
  transpose,
  matmul,
} from '../../tensors/operations.js';
import { drop } from '../dropout.js';
import type { OptimiserSettings } from '../optimiser.js';
import type { StepGraph } from '../step-graph.js';
import { buildStep } from '../step-graph.js';

export interface SearchStepSizes {
  readonly embedding: EmbeddingSettings;
  /** Images of a batch. */
  readonly images: number;
  /** Captions of a batch that have a word t. */
  readonly rows: readonly number[];
}

export interface SearchLossSettings {
  /** What similarities are divided by before the softmax: the lower, the more the hardest negatives count. */
  readonly temperature: number;
  /** The share of units that is dropped in four places, see `maskShapes`; 0 for none. */
  readonly dropout: number;
}

export type Mask = 'words' | 'reading' | 'means' | 'image';

/**
 * Shapes of the dropout masks: on the word vectors that the LSTM reads, on all of what it has read of a sentence, and
 * on what each side's last layer is given. Where nothing of the LSTM is left the words alone have to do: an LSTM learns
 * 30,000 captions by heart before it has learned what their order says.
 */
export function maskShapes({ embedding, images, rows }: SearchStepSizes): Readonly<Record<Mask, Shape>> {
  return {
    words: [rows.reduce((count, n) => count + n, 0), embedding.wordSize],
    reading: [rows[0] ?? 0, 1],
    means: [rows[0] ?? 0, embedding.hiddenSize + embedding.wordSize],
    image: [images, imageSize(embedding)],
  };
}

/**
 * The symmetric contrastive loss (InfoNCE; van den Oord et al. 2018, arXiv:1807.03748; for photos and sentences Radford
 * et al. 2021, arXiv:2103.00020, section 2.3): each caption has to find its photo among those of the batch, each photo
 * its captions.
 *
 * @param texts unit vectors [captions, n]
 * @param images unit vectors [images, n]
 * @param imageOf the image of each caption, int32 [captions]
 * @returns a scalar, in nats
 */
export function contrastiveLoss(texts: Tensor, images: Tensor, imageOf: Tensor, temperature: number): Tensor {
  const logits = multiply(matmul(texts, images, { transposeB: true }), 1 / temperature);
  const own = mean(multiply(sum(multiply(texts, gather(images, imageOf)), [1]), 1 / temperature), [0]);
  const amongImages = subtract(mean(logSumExp(logits), [0]), own);
  const amongTexts = subtract(mean(logSumExp(transpose(logits, [1, 0])), [0]), own);
  return reshape(multiply(add(amongImages, amongTexts), 0.5), []);
}

/**
 * What a search model's training computes in every step. The projection and the statistics of the summaries are fed
 * with each batch.
 */
export function searchStep(
  sizes: SearchStepSizes,
  { temperature, dropout }: SearchLossSettings,
  optimiser: OptimiserSettings,
): StepGraph {
  const { embedding, images, rows } = sizes;
  const graph = new Graph();
  const parameters = declareParameters(graph, embedding);
  const shapes = maskShapes(sizes);
  const dropIn = (name: Mask) => (x: Tensor) =>
    drop(x, dropout > 0 ? graph.input(`batch.keep.${name}`, shapes[name], 'uint8') : undefined, dropout);
  const texts = embedTexts(parameters, declareTexts(graph, rows), rows, {
    words: dropIn('words'),
    reading: dropIn('reading'),
    means: dropIn('means'),
  });
  const seen = glance(
    declareProjection(graph, embedding),
    declareRegions(graph, images, embedding),
    declareWindow(graph, 'batch.window', images, embedding),
  );
  const photos = embedImages(parameters, seen, standardise(graph, seen.summary), dropIn('image'));
  const loss = contrastiveLoss(texts, photos, graph.input('batch.image', [rows[0] ?? 0], 'int32'), temperature);
  return buildStep(parameters, loss, optimiser);
}

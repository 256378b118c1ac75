/** The forward pass of a training step: a batch's photos and captions in, the loss out. */
import type { Decoder, Parameters, WordParameter } from '../captioner/decoder.js';
import { declareParameters, embed, memberPrefixes, vocabularyLogits } from '../captioner/decoder.js';
import type { Shape, Tensor } from '../tensors/graph.js';
import { Graph } from '../tensors/graph.js';
import type { State } from '../tensors/layers.js';
import {
  add,
  concat,
  gather,
  logSumExp,
  mean,
  multiply,
  reshape,
  slice,
  subtract,
  sum,
} from '../tensors/operations.js';
import { drop } from './dropout.js';
import type { LengthProfile } from './length-profile.js';
import { totalPlaces, totalRows } from './length-profile.js';
import type { OptimiserSettings } from './optimiser.js';
import type { StepGraph } from './step-graph.js';
import { buildStep } from './step-graph.js';

/** A batch as inputs of the graph. Rows stand by word, then by caption, the longest caption first. */
export interface BatchInputs {
  /** [images, regions, regionSize]. */
  readonly regions: Tensor;
  /** The word before, int32 [rows]. */
  readonly previous: Tensor;
  /** The word to predict, int32 [rows]. */
  readonly target: Tensor;
  /** What each row counts in the loss [rows]: 1 / words of the batch, 0 for padding. */
  readonly weight: Tensor;
  /** The image of each caption, int32 [captions]. */
  readonly image: Tensor;
  /**
   * Which of its word's rows each place of the attention's rectangle takes, int32 [places]; any where it stays empty.
   */
  readonly seats: Tensor;
  /** The place of each row in its word's rectangle, int32 [rows]. */
  readonly places: Tensor;
  /** Dropout masks, see dropout.ts; absent when nothing is dropped. */
  readonly keep?: Readonly<Record<Mask, Tensor>>;
}

export interface LossSettings {
  /** The share of units that is dropped in three places, see `maskShapes`; 0 for none. */
  readonly dropout: number;
  /** Share of the target that is spread over the whole vocabulary (Szegedy et al. 2016, section 7), 0..1. */
  readonly labelSmoothing: number;
}

export type Mask = 'regions' | 'words' | 'output';

/**
 * Shapes of the dropout masks: on what is seen of photos, on the word vectors and on what the
 * output layer makes of what it is given.
 */
export function maskShapes(decoder: Decoder, images: number, profile: LengthProfile): Readonly<Record<Mask, Shape>> {
  const words = [totalRows(profile), decoder.settings.embeddingSize];
  return { regions: decoder.droppedShape(images), words, output: words };
}

export function declareBatch(
  graph: Graph,
  decoder: Decoder,
  images: number,
  profile: LengthProfile,
  drops: boolean,
): BatchInputs {
  const rows = totalRows(profile);
  const shapes = maskShapes(decoder, images, profile);
  const mask = (name: Mask) => graph.input(`batch.keep.${name}`, shapes[name], 'uint8');
  return {
    regions: graph.input('batch.regions', [images, decoder.settings.regions, decoder.settings.regionSize]),
    previous: graph.input('batch.previous', [rows], 'int32'),
    target: graph.input('batch.target', [rows], 'int32'),
    weight: graph.input('batch.weight', [rows], 'float32'),
    image: graph.input('batch.image', [profile.rows[0] ?? 0], 'int32'),
    seats: graph.input('batch.seats', [totalPlaces(profile)], 'int32'),
    places: graph.input('batch.places', [rows], 'int32'),
    ...(drops ? { keep: { regions: mask('regions'), words: mask('words'), output: mask('output') } } : {}),
  };
}

/**
 * Mean cross-entropy of the next word under teacher forcing (Williams & Zipser 1989): at every word the decoder is
 * given the true words before it.
 *
 * @returns the loss, a scalar, in nats a word
 */
export function captionLoss(
  decoder: Decoder,
  p: Parameters,
  batch: BatchInputs,
  profile: LengthProfile,
  { dropout: rate, labelSmoothing }: LossSettings,
): Tensor {
  const scene = decoder.see(p, batch.regions, (x) => drop(x, batch.keep?.regions, rate));
  const embedded = drop(embed(p, batch.previous), batch.keep?.words, rate);
  const fromWords = decoder.wordInputs(p, embedded);

  let state = mapState(decoder.start(p, scene), (x) => gather(x, batch.image));
  const features: (readonly Tensor[])[] = [];
  let [row, place] = [0, 0];
  profile.rows.forEach((rows, word) => {
    const images = profile.images[word] ?? 0;
    const seats = slice(batch.seats, 0, place, (place += images * (profile.captions[word] ?? 0)));
    const places = slice(batch.places, 0, row, row + rows);
    const step = decoder.step(p, {
      scene: Object.fromEntries(Object.entries(scene).map(([name, seen]) => [name, slice(seen, 0, 0, images)])),
      word: slice(fromWords, 0, row, row + rows),
      state: mapState(state, (x) => slice(x, 0, 0, rows)),
      layout: { byPhoto: (x) => gather(x, seats), byCaption: (x) => gather(x, places) },
    });
    row += rows;
    state = step.state;
    features.push(step.features);
  });

  const known = (features[0] ?? []).map((_, feature) =>
    concat(
      features.flatMap((step) => step[feature] ?? []),
      0,
    ),
  );
  const output = drop(decoder.readOut(p, known, embedded), batch.keep?.output, rate);
  const perRow = crossEntropy(p, output, batch.target, labelSmoothing);
  return reshape(sum(multiply(perRow, reshape(batch.weight, perRow.shape)), [0]), []);
}

function mapState(state: State, change: (x: Tensor) => Tensor): State {
  return Object.fromEntries(Object.entries(state).map(([name, memory]) => [name, change(memory)])) as State;
}

/**
 * Cross-entropy against the smoothed target: the logarithm of the sum of all words' exponentials, less the target's
 * score. That score is linear in the word vectors, so it is taken from the smoothed target's vector: the table of all
 * rows' scores is read for the sum alone.
 *
 * @param output the deep output layer's hidden units [rows, embeddingSize]
 * @param target int32 [rows]
 * @returns [rows, 1], in nats
 */
function crossEntropy(
  p: Pick<Parameters, WordParameter>,
  output: Tensor,
  target: Tensor,
  labelSmoothing: number,
): Tensor {
  const smoothed = (table: Tensor) =>
    add(multiply(gather(table, target), 1 - labelSmoothing), multiply(mean(table, [0]), labelSmoothing));
  const bias = reshape(p['vocabulary.bias'], [p['vocabulary.bias'].shape[0] ?? 0, 1]);
  const score = add(sum(multiply(output, smoothed(p.embedding)), [1]), smoothed(bias));
  return subtract(logSumExp(vocabularyLogits(p, output)), score);
}

/** What a captioner's training computes in every step. */
export interface CaptionStep {
  readonly decoder: Decoder;
  /** So many of one network learn side by side, each by itself: the members of an ensemble. Default: 1. */
  readonly members?: number | undefined;
  /** Images of a batch. */
  readonly images: number;
  readonly profile: LengthProfile;
  readonly loss: LossSettings;
  readonly optimiser: OptimiserSettings;
}

/** The loss of several members is the mean of theirs; all are given the same batch. */
export function captionStep({ decoder, members = 1, images, profile, loss, optimiser }: CaptionStep): StepGraph {
  const graph = new Graph();
  const prefixes = memberPrefixes(members);
  const learning = prefixes.map((prefix) => ({ prefix, own: declareParameters(decoder, graph, prefix) }));
  const batch = declareBatch(graph, decoder, images, profile, loss.dropout > 0);
  const named = learning.flatMap(({ prefix, own }) =>
    Object.entries(own).map(([name, parameter]) => [prefix + name, parameter] as const),
  );
  const total = learning
    .map(({ own }) => captionLoss(decoder, own, batch, profile, loss))
    .reduce((sum, next) => add(sum, next));
  return buildStep(Object.fromEntries(named), members === 1 ? total : multiply(total, 1 / members), optimiser);
}

/**
 * The port of caption decoders: what a network is asked to be a captioner. Each stands in one file of `decoders/`,
 * written once in the tensor language. Training unrolls `step` over a caption's words, beam search runs the same `step`
 * one word at a time.
 */
import type { Graph, Shape, Tensor } from '../tensors/graph.js';
import type { CellName, State } from '../tensors/layers.js';
import { add, gather, matmul } from '../tensors/operations.js';

/** Sizes of a decoder. They and the vocabulary decide every parameter's shape. */
export interface DecoderSettings {
  readonly vocabularySize: number;
  /** Regions of a photo, as its encoder gives them. */
  readonly regions: number;
  /** Channels of a region. */
  readonly regionSize: number;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  /** Units of the attention; decoders without attention leave it unused. */
  readonly attentionSize: number;
  /** The recurrent layer. */
  readonly cell: CellName;
}

/** The parameters that every decoder has: its words. */
export type WordParameter = 'embedding' | 'vocabulary.bias';

/** A decoder's parameters in a graph, by name. */
export type Parameters<Name extends string = string> = Readonly<Record<WordParameter, Tensor>> &
  Readonly<Record<Name, Tensor>>;

/** What is computed once of a photo and used by all its captions at every word: tensors [images, ...] by name. */
export type Scene = Readonly<Record<string, Tensor>>;

/**
 * How the rows of a step, a caption each, belong to photos. Captions of a training stand by their length, so that those
 * of one photo are no neighbours, and some photos have fewer.
 */
export interface RowLayout {
  /** Rows [rows, n] by photo: [images * captions, n]; some may stand for no caption. */
  byPhoto(rows: Tensor): Tensor;
  /** Back again: [images * captions, n] to [rows, n]. */
  byCaption(rows: Tensor): Tensor;
}

/** What a step is given; all rows [rows, ...]. */
export interface StepInputs<S extends Scene = Scene> {
  readonly scene: S;
  /** What `wordInputs` makes of the word before. */
  readonly word: Tensor;
  readonly state: State;
  readonly layout: RowLayout;
}

export interface Step {
  readonly state: State;
  /** What the next word is read from, each [rows, size]. */
  readonly features: readonly Tensor[];
  /**
   * Where each caption looks: weights [images, captions, regions] that sum to 1. Decoders without attention give none.
   */
  readonly attention?: Tensor;
}

/** Methods make tensors, not numbers: they take parameters as they are declared in a graph. */
export interface Decoder<Name extends string = string, S extends Scene = Scene> {
  readonly settings: DecoderSettings;
  /** Every parameter's name and shape; a weight is [inputs, outputs] and is applied as x · W + b. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /**
   * How many inputs are added up by matrices that share their outputs with others; of all others it is their first
   * size.
   */
  readonly inputs: ReadonlyMap<string, number>;
  /** Vectors that are not 0 before the first training step. */
  readonly initialVectors: ReadonlyMap<string, Float32Array>;
  /** The shape of what of photos is dropped in training (Srivastava et al. 2014). */
  droppedShape(images: number): Shape;
  /**
   * What is computed once of photos.
   *
   * @param regions [images, regions, regionSize]
   * @param drop dropout, for a tensor of `droppedShape`
   */
  see(p: Parameters<Name>, regions: Tensor, drop: (x: Tensor) => Tensor): S;
  /** The state before the first word: one row a photo, [images, ...]. */
  start(p: Parameters<Name>, scene: S): State;
  /**
   * The part of a step that needs the word before alone: no word waits for another, so a training computes all at once.
   *
   * @param embedded word vectors [n, embeddingSize]
   */
  wordInputs(p: Parameters<Name>, embedded: Tensor): Tensor;
  /** One word further. */
  step(p: Parameters<Name>, inputs: StepInputs<S>): Step;
  /**
   * The hidden units [n, embeddingSize] that the next word is scored with.
   *
   * @param features of steps, each [n, size]
   * @param embedded the vectors of the words before them [n, embeddingSize]
   */
  readOut(p: Parameters<Name>, features: readonly Tensor[], embedded: Tensor): Tensor;
}

/** Word vectors; also, transposed, the output layer (Press & Wolf 2017, arXiv:1608.05859). */
export function wordShapes({ vocabularySize, embeddingSize }: DecoderSettings) {
  return { embedding: [vocabularySize, embeddingSize], 'vocabulary.bias': [vocabularySize] } as const;
}

/** What stands before the parameters' names of each member of an ensemble; nothing where there is one alone. */
export function memberPrefixes(members: number): string[] {
  return Array.from({ length: members }, (_, member) => (members === 1 ? '' : `${member}.`));
}

/** Declares the parameters as inputs of a graph. @param prefix of their names there, for one of several decoders */
export function declareParameters({ shapes }: Decoder, graph: Graph, prefix = ''): Parameters {
  const entries = Object.entries(shapes).map(([name, shape]) => [name, graph.input(prefix + name, shape)]);
  return Object.fromEntries(entries) as Parameters;
}

/** Word vectors [n, embeddingSize] of word ids int32 [n]. */
export function embed(p: Pick<Parameters, WordParameter>, words: Tensor): Tensor {
  return gather(p.embedding, words);
}

/** Scores [n, vocabularySize] of the next word, before the softmax. @param output what `readOut` gives */
export function vocabularyLogits(p: Pick<Parameters, WordParameter>, output: Tensor): Tensor {
  return add(matmul(output, p.embedding, { transposeB: true }), p['vocabulary.bias']);
}

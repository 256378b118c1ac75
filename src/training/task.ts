/** What a training learns. The loop of train.ts is the same for all; a task is all in which they differ. */
import type { Vocabulary } from '../language/vocabulary.js';
import type { TensorData } from '../tensors/session.js';
import type { Drawn } from './batch-order.js';
import type { ParameterValues } from './engines/engine.js';
import type { EpochScores, TrainingEpoch } from './events.js';
import type { ModelShapes, Progress } from './progress.js';
import type { StepGraph } from './step-graph.js';

/** What a model does on the dev split, and what it wrote there. */
export interface Measured {
  readonly scores: EpochScores;
  readonly samples: TrainingEpoch['samples'];
}

/** What a step is computed from. */
export interface StepInputs {
  /** The inputs of the step graph by name. */
  readonly feeds: readonly (readonly [string, TensorData])[];
  /** What a captioner's own captions were worth, where it learns from them: their mean CIDEr-D, 0..10. */
  readonly reward?: number | undefined;
}

/** The epochs of a training that learn from the same, one after another. */
export interface TrainingPhase {
  /** Its epochs, counted over the whole training. */
  readonly first: number;
  readonly last: number;
  /** The highest, after the warm-up. */
  readonly learningRate: number;
  readonly stepsPerEpoch: number;
  /** What is computed in every step. */
  readonly step: StepGraph;
  /** What a step leaves of the average of the parameters, 0..1. */
  readonly averageDecay: number;
  /** Parameters before its first step. */
  start(): Promise<ParameterValues>;
  /** The images of each batch of an epoch. */
  order(epoch: number): Drawn[][];
  /**
   * What a step learns from.
   *
   * @param regions of the images, in their order in `drawn`: float16 bits [images, regions, regionSize]
   * @param step counted over the whole training
   * @param parameters before the step
   */
  stepInputs(
    drawn: readonly Drawn[],
    regions: Uint16Array,
    step: number,
    parameters: ParameterValues,
  ): Promise<StepInputs>;
  close(): Promise<void>;
}

export interface TrainingTask {
  /** What it goes on from, where an epoch was finished. */
  readonly progress: Progress | undefined;
  readonly vocabulary: Vocabulary;
  /** What is to be told of its words, a sentence. */
  readonly wordsNotice: string | undefined;
  readonly shapes: ModelShapes;
  /** Images of the train split, and their captions. */
  readonly learned: { readonly images: number; readonly captions: number };
  /** Images of a batch. */
  readonly batchImages: number;
  /** What the model is made of besides, and is not learned. */
  readonly constants: ParameterValues;
  /**
   * The phase that an epoch belongs to, opened.
   *
   * @param history the epochs before it
   */
  phase(epoch: number, history: readonly TrainingEpoch[]): Promise<TrainingPhase>;
  /**
   * Has a model of these parameters do its work on the dev split.
   *
   * @param onProgress told of photos done and photos in all
   */
  measure(parameters: ParameterValues, onProgress: (done: number, total: number) => void): Promise<Measured>;
  /** What the best epoch is chosen by: the higher the better. */
  quality(scores: EpochScores): number;
  /**
   * The model as a file, without the time it took: the same data, settings and seed give the same file, bit by bit.
   *
   * @param history the epochs so far
   */
  checkpoint(parameters: ParameterValues, history: readonly TrainingEpoch[]): Uint8Array;
}

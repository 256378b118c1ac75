/** What a training tells while it runs. */
import type { ErrorCode } from '../errors.js';
import type { CrossRetrieval } from '../metrics/retrieval.js';

export interface TrainingStarted {
  readonly type: 'started';
  readonly parameters: number;
  readonly images: number;
  readonly captions: number;
  readonly vocabularySize: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  readonly engine: string;
  readonly device: string;
  /** Why these two, and what else is to be known, in sentences. */
  readonly explanation: string;
}

export interface TrainingStep {
  readonly type: 'step';
  /** Counted from 1 over the whole training. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over the steps since the last such event, in nats; a captioner's a word. */
  readonly loss: number;
  /**
   * In a self-critical phase the mean CIDEr-D of the captions drawn, as the loss over the steps since the last event.
   */
  readonly reward?: number | undefined;
  readonly learningRate: number;
  /** Over the last half minute. */
  readonly imagesPerSecond: number;
  /** Of the steps that are left, and of the validations, each as long as the last one; before the first, of the steps. */
  readonly secondsLeft: number;
}

/** What it is at beside the steps, which tell their own progress. */
export interface TrainingStageReached {
  readonly type: 'stage';
  readonly stage: 'COMPILING' | 'VALIDATING';
  readonly done: number;
  readonly total: number | null;
}

export interface TrainingSample {
  readonly type: 'sample';
  readonly epoch: number;
  readonly image: string;
  readonly caption: string;
}

/** What an epoch's model does on the dev split: a captioner has the first two, a search model the last. */
export interface EpochScores {
  /** BLEU-1..4, 0..1. */
  readonly bleu: readonly [number, number, number, number] | null;
  /** CIDEr-D, 0..10. */
  readonly cider: number | null;
  readonly retrieval: CrossRetrieval | null;
}

export interface TrainingEpoch extends EpochScores {
  readonly type: 'epoch';
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, in nats; a captioner's a word. */
  readonly loss: number;
  /** In a self-critical phase the mean CIDEr-D of the captions drawn from the train split's photos, 0..10. */
  readonly reward?: number | undefined;
  readonly learningRate: number;
  /** Of the steps and of the validation after them. */
  readonly seconds: number;
  readonly validationSeconds: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** Whether it is the best epoch so far; see `TrainingTask.quality`. */
  readonly best: boolean;
  /** What a captioner wrote for a few dev images. */
  readonly samples: readonly Pick<TrainingSample, 'image' | 'caption'>[];
}

export interface TrainingFinished {
  readonly type: 'finished';
  readonly bestEpoch: number;
}

export interface TrainingFailed {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
}

/** It was told to stop. */
export interface TrainingCancelled {
  readonly type: 'cancelled';
}

export type TrainingEvent =
  | TrainingStarted
  | TrainingStep
  | TrainingStageReached
  | TrainingSample
  | TrainingEpoch
  | TrainingFinished
  | TrainingFailed
  | TrainingCancelled;

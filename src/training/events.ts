/** What a training tells while it runs. */
import type { ErrorCode } from '../errors.js';

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
  /** Why these two, a sentence. */
  readonly explanation: string;
}

export interface TrainingStep {
  readonly type: 'step';
  /** Counted from 1 over the whole training. */
  readonly step: number;
  readonly epoch: number;
  /** Mean over the steps since the last such event, nats a word. */
  readonly loss: number;
  /** In a self-critical phase the mean CIDEr-D of the captions drawn, as the loss over the steps since the last event. */
  readonly reward?: number | undefined;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

export interface TrainingSample {
  readonly type: 'sample';
  readonly epoch: number;
  readonly image: string;
  readonly caption: string;
}

export interface TrainingEpoch {
  readonly type: 'epoch';
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, nats a word. */
  readonly loss: number;
  /** In a self-critical phase the mean CIDEr-D of the captions drawn from the train split's photos, 0..10. */
  readonly reward?: number | undefined;
  readonly learningRate: number;
  /** Of the steps and of the validation after them. */
  readonly seconds: number;
  readonly validationSeconds: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** BLEU-1..4 on the dev split, 0..1. */
  readonly bleu: readonly [number, number, number, number];
  readonly cider: number;
  /** Whether it is the best epoch so far by CIDEr-D + BLEU-4. */
  readonly best: boolean;
  /** What it wrote for a few dev images. */
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
  | TrainingSample
  | TrainingEpoch
  | TrainingFinished
  | TrainingFailed
  | TrainingCancelled;

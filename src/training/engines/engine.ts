/** What computes training steps. The model and the loop are the same for every engine. */
import type { DecoderSettings, ParameterName } from '../../captioner/decoder.js';
import type { TensorData } from '../../tensors/session.js';
import type { Batch } from '../batches.js';
import { batchFeeds } from '../batches.js';
import type { LengthProfile } from '../length-profile.js';
import type { LossSettings } from '../loss-graph.js';
import type { OptimiserSettings } from '../optimiser.js';
import type { Slot } from '../step-graph.js';

/** What a step computes, the same for every engine. */
export interface EngineOptions {
  readonly decoder: DecoderSettings;
  readonly images: number;
  readonly profile: LengthProfile;
  readonly loss: LossSettings;
  readonly optimiser: OptimiserSettings;
}

export interface StepResult {
  /** Nats a word, before this step's update. */
  readonly loss: number;
  /** Euclidean norm of the gradient, before clipping. */
  readonly norm: number;
}

/** The parameters and Adam's moments of each. */
export type TrainingState = ReadonlyMap<ParameterName, Readonly<Record<Slot, Float32Array>>>;

/** Each parameter's numbers. */
export type ParameterValues = ReadonlyMap<ParameterName, Float32Array>;

export interface TrainingEngine {
  /** Such as `onnx`. */
  readonly name: string;
  /** Such as `cpu`. */
  readonly device: string;
  /**
   * One step of gradient descent.
   *
   * @param step counted from 1 over the whole training; Adam's bias correction depends on it
   */
  step(batch: Batch, learningRate: number, step: number): Promise<StepResult>;
  /** The state after the last step. The arrays are overwritten by later steps. */
  state(): TrainingState;
  /** Its parameters alone, which are asked for after every step: the moments stay where they are. */
  parameters(): ParameterValues;
  close(): Promise<void>;
}

/** All inputs of the step graph but the training state, by name. */
export function stepFeeds(batch: Batch, learningRate: number, step: number, { beta1, beta2 }: OptimiserSettings): Map<string, TensorData> {
  return new Map<string, TensorData>([
    ...batchFeeds(batch),
    ['step.learningRate', Float32Array.of(learningRate)],
    ['step.correction1', Float32Array.of(1 - beta1 ** step)],
    ['step.correction2', Float32Array.of(1 - beta2 ** step)],
  ]);
}

/** What computes training steps. The model and the loop are the same for every engine. */
import type { ParameterName } from '../../captioner/decoder.js';
import type { Batch } from '../batches.js';
import type { Slot } from '../step-graph.js';

export interface StepResult {
  /** Nats a word, before this step's update. */
  readonly loss: number;
  /** Euclidean norm of the gradient, before clipping. */
  readonly norm: number;
}

/** The parameters and Adam's moments of each. */
export type TrainingState = ReadonlyMap<ParameterName, Readonly<Record<Slot, Float32Array>>>;

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
  close(): Promise<void>;
}

/** What computes training steps. The model and the loop are the same for every engine. */
import type { TensorData } from '../../tensors/session.js';
import type { OptimiserSettings } from '../optimiser.js';
import type { Slot } from '../step-graph.js';

/** A batch by the names of the step graph's inputs. */
export type Feeds = Iterable<readonly [string, TensorData]>;

export interface StepResult {
  /** Before this step's update. */
  readonly loss: number;
  /** Euclidean norm of the gradient, before clipping. */
  readonly norm: number;
}

/** The parameters and Adam's moments of each. */
export type TrainingState = ReadonlyMap<string, Readonly<Record<Slot, Float32Array>>>;

/** Each parameter's numbers. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

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
  step(batch: Feeds, learningRate: number, step: number): Promise<StepResult>;
  /** The state after the last step. The arrays are overwritten by later steps. */
  state(): TrainingState;
  /** Its parameters alone, which are asked for after every step: the moments stay where they are. */
  parameters(): ParameterValues;
  close(): Promise<void>;
}

/** All inputs of the step graph but the training state, by name. */
export function stepFeeds(
  batch: Feeds,
  learningRate: number,
  step: number,
  { beta1, beta2 }: OptimiserSettings,
): Map<string, TensorData> {
  return new Map<string, TensorData>([
    ...batch,
    ['step.learningRate', Float32Array.of(learningRate)],
    ['step.correction1', Float32Array.of(1 - beta1 ** step)],
    ['step.correction2', Float32Array.of(1 - beta2 ** step)],
  ]);
}

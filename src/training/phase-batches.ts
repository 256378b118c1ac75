/** What a phase of a captioner's training gives to its steps, whatever it learns by. */
import type { Decoder } from '../captioner/decoder.js';
import type { CiderReferences } from '../metrics/cider.js';
import type { Drawn, TrainingExample } from './batch-order.js';
import type { ParameterValues } from './engines/engine.js';
import type { LengthProfile } from './length-profile.js';
import type { StepInputs } from './task.js';

/** The steps of a phase, batch by batch. */
export interface PhaseBatches {
  readonly profile: LengthProfile;
  readonly labelSmoothing: number;
  readonly perEpoch: number;
  order(epoch: number): Drawn[][];
  /** @param parameters as they are before the step @param step counted over the whole training */
  stepInputs(
    drawn: readonly Drawn[],
    regions: Uint16Array,
    step: number,
    parameters: ParameterValues,
  ): Promise<StepInputs>;
  close(): Promise<void>;
}

/** What the batches of every phase are made of. */
export interface Material {
  readonly examples: readonly TrainingExample[];
  readonly decoder: Decoder;
  readonly images: number;
  /** Captions of the train split as they are compared with, in the order of `examples`; asked for once at most. */
  readonly references: () => CiderReferences;
  readonly vocabulary: readonly string[];
}

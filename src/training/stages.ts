/** What a training is at, from its turn in the queue to its model. */

export const TRAINING_STAGES = [
  'WAITING',
  'READING_CAPTIONS',
  'PACKING_FEATURES',
  'COMPILING',
  'TRAINING',
  'VALIDATING',
  'MEASURING',
  'PUBLISHING',
] as const;
export type TrainingStage = (typeof TRAINING_STAGES)[number];

/** How far a training is with what it is at. */
export interface StageProgress {
  readonly stage: TrainingStage;
  /** In photos; of TRAINING in steps. */
  readonly done: number;
  /** Null where nobody knows before the end. */
  readonly total: number | null;
  /**
   * Until this stage ends; of TRAINING until the last epoch does, with the validations as long as the last one took.
   * Null before there is enough to tell by.
   */
  readonly secondsLeft: number | null;
}

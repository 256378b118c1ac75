/**
 * The splits of a data set: what is trained on, what decides between epochs and models, and what nothing is chosen by.
 */
export const SPLITS = ['train', 'dev', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Those that a training reads. */
export const TRAINING_SPLITS = ['train', 'dev'] as const satisfies readonly Split[];
export type TrainingSplit = (typeof TRAINING_SPLITS)[number];

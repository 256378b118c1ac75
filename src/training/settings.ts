/** What a captioner's training can be told, and what any. */
import { z } from 'zod';

/** What can compute the training's steps; see engines/choose.ts. */
export const ENGINES = ['onnx', 'tensorflow'] as const;
export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

/** What a training is to be computed with, and on. */
export interface EngineWish {
  readonly engine: (typeof ENGINES)[number];
  readonly device: (typeof DEVICES)[number];
}

/** A whole number of things. */
export const size = (low: number, high: number) => z.number().int().min(low).max(high);

/** What every training can be told, whatever it learns. */
export const commonSettings = {
  /** The training ends early after this many epochs without a better one; without it all `epochs` are trained. */
  patience: size(1, 500).optional(),
  /** Everything random follows from it: starting values, order, dropout. */
  seed: size(0, 2 ** 31 - 1).default(1),
  /** Longest caption learned, in words, a captioner's with the end. */
  maximumWords: size(2, 60).default(24),
  dropout: z.boolean().default(true),
  /** Whether a photo whose captions do not tell left from right is, every other time, learned as a mirror shows it. */
  mirror: z.boolean().default(true),
  /** Dev images measured with after each epoch, at most. */
  validationImages: size(1, 100_000).default(1000),
  /** Where they are left out, the environment of the process that trains decides. */
  engine: z.enum(ENGINES).optional(),
  device: z.enum(DEVICES).optional(),
};

export const trainingSettingsSchema = z.object({
  ...commonSettings,
  epochs: size(1, 500).default(20),
  /** Images of a batch; each brings its captions. */
  batchImages: size(1, 512).default(32),
  captionsPerImage: size(1, 20).default(5),
  /** Rarer words of the train split become <unknown>. */
  minimumWordCount: size(1, 1000).default(5),
  /** The highest learning rate, reached after the warm-up. */
  learningRate: z.number().positive().max(1).default(1.5e-3),
  /** Steps of linear warm-up; at most a tenth of the training. */
  warmUpSteps: size(0, 100_000).default(200),
  /** What a step leaves of the average of the parameters that is validated and kept; 0 keeps the last step's. */
  averageDecay: z.number().min(0).max(0.99999).default(0.995),
  labelSmoothing: z.number().min(0).max(0.9).default(0.1),
  embeddingSize: size(8, 2048).default(256),
  hiddenSize: size(8, 4096).default(512),
  attentionSize: size(8, 2048).default(256),
  validationBeamWidth: size(1, 20).default(3),
});

export type TrainingSettings = Readonly<z.infer<typeof trainingSettingsSchema>>;

/** The recipe of docs/design.md. */
export const DEFAULT_SETTINGS: TrainingSettings = trainingSettingsSchema.parse({});

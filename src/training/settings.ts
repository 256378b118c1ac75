/** What a training can be told. */
import { z } from 'zod';

/** What can compute the training's steps; see engines/choose.ts. */
export const ENGINES = ['onnx', 'tensorflow'] as const;
export const DEVICES = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

/** What a training is to be computed with, and on. */
export interface EngineWish {
  readonly engine: (typeof ENGINES)[number];
  readonly device: (typeof DEVICES)[number];
}

const size = (low: number, high: number) => z.number().int().min(low).max(high);

const DEFAULT_EPOCHS = 20;

const epochsOfPhase = size(1, 500);
const learningRateOfPhase = z.number().positive().max(1);

/** Next word by next word, as people wrote. */
const crossEntropyPhase = z.object({
  objective: z.literal('CROSS_ENTROPY'),
  epochs: epochsOfPhase,
  /** The training's where it is left out. */
  learningRate: learningRateOfPhase.optional(),
});

/** By what its own captions are worth; see self-critical.ts. It begins with the best epoch before it. */
const selfCriticalPhase = z.object({
  objective: z.literal('SELF_CRITICAL'),
  epochs: epochsOfPhase,
  learningRate: learningRateOfPhase.default(1e-4),
  /** Captions drawn for each photo. */
  samples: size(2, 20).default(5),
  /** Below 1, improbable words are drawn more rarely. */
  temperature: z.number().min(0.1).max(2).default(0.7),
  /** How much of the loss stays the cross-entropy of people's captions. */
  crossEntropyShare: z.number().min(0).max(1).default(0.2),
});

const phaseSchema = z.discriminatedUnion('objective', [crossEntropyPhase, selfCriticalPhase]);

export type SelfCriticalPhase = Readonly<z.infer<typeof selfCriticalPhase>>;
export type Phase = Readonly<z.infer<typeof phaseSchema>>;

const settingsShape = z.object({
  /** Of all phases together. */
  epochs: size(1, 500).optional(),
  /** What is learned from, one after another; the cross-entropy alone without them. */
  phases: z.array(phaseSchema).min(1).max(10).optional(),
  /** The training ends early after this many epochs without a better one; without it all `epochs` are trained. */
  patience: size(1, 500).optional(),
  /** Everything random follows from it: starting values, order, dropout. */
  seed: size(0, 2 ** 31 - 1).default(1),
  /** Images of a batch; each brings its captions. */
  batchImages: size(1, 512).default(32),
  captionsPerImage: size(1, 20).default(5),
  /** Longest caption learned, in words with the end. */
  maximumWords: size(2, 60).default(24),
  /** Rarer words of the train split become <unknown>. */
  minimumWordCount: size(1, 1000).default(5),
  /** The highest learning rate, reached after the warm-up. */
  learningRate: z.number().positive().max(1).default(1.5e-3),
  /** Steps of linear warm-up; at most a tenth of the training. */
  warmUpSteps: size(0, 100_000).default(200),
  /** What a step leaves of the average of the parameters that is validated and kept; 0 keeps the last step's. */
  averageDecay: z.number().min(0).max(0.99999).default(0.995),
  labelSmoothing: z.number().min(0).max(0.9).default(0.1),
  dropout: z.boolean().default(true),
  /** Whether a photo whose captions do not tell left from right is, every other time, learned as a mirror shows it. */
  mirror: z.boolean().default(true),
  embeddingSize: size(8, 2048).default(256),
  hiddenSize: size(8, 4096).default(512),
  attentionSize: size(8, 2048).default(256),
  /** Dev images captioned after each epoch, at most. */
  validationImages: size(1, 100_000).default(1000),
  validationBeamWidth: size(1, 20).default(3),
  /** Where they are left out, the environment of the process that trains decides. */
  engine: z.enum(ENGINES).optional(),
  device: z.enum(DEVICES).optional(),
});

export const trainingSettingsSchema = settingsShape.transform((settings, context) => {
  const { epochs, phases } = settings;
  const planned = phases?.reduce((sum, phase) => sum + phase.epochs, 0);
  if (planned !== undefined && epochs !== undefined && epochs !== planned) {
    context.addIssue({ code: 'custom', path: ['epochs'], message: `the phases have ${planned} epochs; leave epochs out` });
  }
  return { ...settings, epochs: planned ?? epochs ?? DEFAULT_EPOCHS };
});

export type TrainingSettings = Readonly<z.infer<typeof trainingSettingsSchema>>;

/** The recipe of docs/design.md. */
export const DEFAULT_SETTINGS: TrainingSettings = trainingSettingsSchema.parse({});

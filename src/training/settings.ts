/** What a captioner's training can be told, and what any. */
import { z } from 'zod';
import { ARCHITECTURES } from '../captioner/decoders/all.js';
import { languageSchema } from '../language/languages.js';
import { CELLS } from '../tensors/layers.js';

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
  /** What the captions are written in, a BCP 47 tag. Default: English, or what the model to begin with writes. */
  language: languageSchema.optional(),
  dropout: z.boolean().default(true),
  /** Whether a photo whose captions do not tell left from right is, every other time, learned as a mirror shows it. */
  mirror: z.boolean().default(true),
  /** Dev images measured with after each epoch, at most. */
  validationImages: size(1, 100_000).default(1000),
  /** Where they are left out, the environment of the process that trains decides. */
  engine: z.enum(ENGINES).optional(),
  device: z.enum(DEVICES).optional(),
};

const DEFAULT_EPOCHS = 20;

const rate = z.number().positive().max(1);

/** Next word by next word, as people wrote. */
const crossEntropyPhase = z.strictObject({
  objective: z.literal('CROSS_ENTROPY'),
  epochs: size(1, 500),
  /** The training's where it is left out. */
  learningRate: rate.optional(),
});

/** By what its own captions are worth; see self-critical.ts. It begins with the best epoch before it. */
const selfCriticalPhase = z.strictObject({
  objective: z.literal('SELF_CRITICAL'),
  epochs: size(1, 500),
  learningRate: rate.default(1e-4),
  /** Captions drawn for each photo. */
  samples: size(2, 20).default(5),
  /** Below 1, improbable words are drawn more rarely. */
  temperature: z.number().min(0.1).max(2).default(0.7),
  /** How much of the loss stays the cross-entropy of people's captions. */
  crossEntropyShare: z.number().min(0).max(1).default(0.2),
});

const phaseSchema = z.discriminatedUnion('objective', [crossEntropyPhase, selfCriticalPhase]);

/**
 * Phases as a command line names them: objective, epochs and, where it is given, the learning rate, such as
 * `cross-entropy:12,self-critical:3:1e-4`.
 *
 * @returns nothing where the text says no such thing
 */
export function readPhases(text: string): Phase[] | undefined {
  const phases = text.split(',').map((part) => {
    const [objective = '', epochs, learningRate, ...more] = part.trim().split(':');
    const given = {
      objective: objective.toUpperCase().replace('-', '_'),
      epochs: Number(epochs),
      ...(learningRate === undefined ? {} : { learningRate: Number(learningRate) }),
    };
    return more.length > 0 ? undefined : phaseSchema.safeParse(given).data;
  });
  return phases.every((phase) => phase !== undefined) ? phases : undefined;
}

/** A self-critical phase as it is by default. */
export const SELF_CRITICAL = selfCriticalPhase.parse({ objective: 'SELF_CRITICAL', epochs: 1 });

export type SelfCriticalPhase = Readonly<z.infer<typeof selfCriticalPhase>>;
export type Phase = Readonly<z.infer<typeof phaseSchema>>;

const settingsSchema = z.object({
  ...commonSettings,
  /** Of all phases together. */
  epochs: size(1, 500).optional(),
  /** What is learned from, one after another; the cross-entropy alone without them. */
  phases: z.array(phaseSchema).min(1).max(10).optional(),
  /** Images of a batch; each brings its captions. */
  batchImages: size(1, 512).default(32),
  captionsPerImage: size(1, 20).default(5),
  /** Rarer words of the train split become <unknown>; fewer times are asked for where too few words were left. */
  minimumWordCount: size(1, 1000).default(5),
  /** The highest learning rate, reached after the warm-up. */
  learningRate: rate.default(1.5e-3),
  /** Steps of linear warm-up; at most a tenth of the training. */
  warmUpSteps: size(0, 100_000).default(200),
  /** What a step leaves of the average of the parameters that is validated and kept; 0 keeps the last step's. */
  averageDecay: z.number().min(0).max(0.99999).default(0.995),
  labelSmoothing: z.number().min(0).max(0.9).default(0.1),
  /** The network; see captioner/decoders/. A fine-tuning keeps that of the model it begins with. */
  architecture: z.enum(ARCHITECTURES).default('attention'),
  /** Its recurrent layer. */
  cell: z.enum(CELLS).default('lstm'),
  embeddingSize: size(8, 2048).default(256),
  hiddenSize: size(8, 4096).default(512),
  attentionSize: size(8, 2048).default(256),
  validationBeamWidth: size(1, 20).default(3),
  /** Which members of an ensemble that it begins with learn: the first, which then writes alone, or all, side by side. */
  members: z.enum(['first', 'all']).default('first'),
});

export const trainingSettingsSchema = settingsSchema.transform((settings, context) => {
  const { epochs, phases, members } = settings;
  if (members === 'all' && phases?.some(({ objective }) => objective === 'SELF_CRITICAL')) {
    context.addIssue({
      code: 'custom',
      path: ['members'],
      message: 'all members of an ensemble learn by the cross-entropy alone; leave the self-critical phase out',
    });
  }
  const planned = phases?.reduce((sum, phase) => sum + phase.epochs, 0);
  if (planned !== undefined && epochs !== undefined && epochs !== planned) {
    context.addIssue({
      code: 'custom',
      path: ['epochs'],
      message: `the phases have ${planned} epochs; leave epochs out`,
    });
  }
  return { ...settings, epochs: planned ?? epochs ?? DEFAULT_EPOCHS };
});

export type TrainingSettings = Readonly<z.infer<typeof trainingSettingsSchema>>;

/** The recipe of docs/decisions/0014-training-recipe.md. */
export const DEFAULT_SETTINGS: TrainingSettings = trainingSettingsSchema.parse({});

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

/** Which share of units is dropped where nothing else is said. */
const DROPOUT = 0.5;

/** Once a training dropped one half of the units or none: jobs and files of then say true or false. */
const dropoutRate = z.preprocess(
  (given) => (typeof given === 'boolean' ? Number(given) * DROPOUT : given),
  z.number().min(0).max(0.9),
);

/**
 * What every training can be told, whatever it learns. A setting is written here, or in the schema of a task, and
 * nowhere else: flags, API, recipes and what is read back follow from it by setting-table.ts, with its description.
 */
export const commonSettings = {
  patience: size(1, 500)
    .optional()
    .describe(
      'The number of epochs without improvement after which the training ends early. The learning rate falls as for all epochs. Default: never.',
    ),
  seed: size(0, 2 ** 31 - 1)
    .default(1)
    .describe('The seed of all random numbers: first parameters, order, dropout.'),
  maximumWords: size(2, 60)
    .default(24)
    .describe('The longest caption that is learned, in words; the rest of a longer one is left out.'),
  language: languageSchema
    .optional()
    .describe(
      'The language of the captions, a BCP 47 tag such as de or zh-Hant. Default: that of the model to begin from, else that of the data set, else English.',
    ),
  dropout: dropoutRate.default(DROPOUT).describe('The share of units that dropout drops, 0 for none.'),
  mirror: z
    .boolean()
    .default(true)
    .describe('Whether to train on mirrored photos, too, where captions do not tell left from right.'),
  validationImages: size(1, 100_000)
    .default(1000)
    .describe('The number of dev photos that measure the model after each epoch, at most.'),
  weightDecay: z.number().min(0).max(1).default(1e-4).describe('The decoupled weight decay of the matrices.'),
  engine: z
    .enum(ENGINES)
    .optional()
    .describe('The engine that computes. Default: TRAIN_ENGINE of the process that trains.'),
  device: z.enum(DEVICES).optional().describe('The device that computes. Default: DEVICE of the process that trains.'),
};

/** What settings of both tasks say of themselves, each with a default of its own. */
export const ABOUT = {
  epochs: 'The number of passes over the training photos.',
  batchImages: 'The number of photos in a step, each with its captions.',
  captionsPerImage: 'The number of captions a photo gives to a step; of more, others are drawn in each epoch.',
  minimumWordCount:
    'Words that occur less often in the train split become unknown; the limit falls if too few words are left.',
  warmUpSteps: 'The number of steps of linear warm-up, at most a tenth of the training.',
  averageDecay: 'What a step leaves of the average of the parameters, which is what is measured and kept; 0 for none.',
  embeddingSize: 'The size of a word vector. A training from a captioner keeps that of the captioner.',
  hiddenSize: 'The size of the recurrent layer.',
} as const;

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

/**
 * The highest learning rate of a fine-tuning where none is given: what was learned before is not to be lost. Measured,
 * docs/lab-notes/training.md.
 */
export const FINE_TUNING_RATE = 1e-4;

/** Each of them as it is given; `trainingSettingsSchema` looks at them together. */
export const captionerSettings = z.object({
  ...commonSettings,
  epochs: size(1, 500).optional().describe(ABOUT.epochs),
  phases: z
    .array(phaseSchema)
    .min(1)
    .max(10)
    .optional()
    .describe(
      'The phases of the training, one after another; their epochs add up to those of the training. Default: one phase of cross-entropy.',
    ),
  batchImages: size(1, 512).default(32).describe(ABOUT.batchImages),
  captionsPerImage: size(1, 20).default(5).describe(ABOUT.captionsPerImage),
  minimumWordCount: size(1, 1000).default(5).describe(ABOUT.minimumWordCount),
  learningRate: rate
    .default(1.5e-3)
    .describe(
      `The highest learning rate, reached after the warm-up; of a captioner that is trained further, ${FINE_TUNING_RATE} if left out.`,
    ),
  warmUpSteps: size(0, 100_000).default(200).describe(ABOUT.warmUpSteps),
  averageDecay: z.number().min(0).max(0.99999).default(0.995).describe(ABOUT.averageDecay),
  labelSmoothing: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe('The label smoothing: the share of the target that is spread over all words.'),
  architecture: z
    .enum(ARCHITECTURES)
    .default('attention')
    .describe('The network. A training from a captioner keeps that of the captioner.'),
  cell: z
    .enum(CELLS)
    .default('lstm')
    .describe('The recurrent layer. A training from a captioner keeps that of the captioner.'),
  embeddingSize: size(8, 2048).default(256).describe(ABOUT.embeddingSize),
  hiddenSize: size(8, 4096).default(512).describe(ABOUT.hiddenSize),
  attentionSize: size(8, 2048).default(256).describe('The size of the attention layer.'),
  validationBeamWidth: size(1, 20)
    .default(3)
    .describe('The beam width with which captions are written after each epoch, to measure the model.'),
  members: z
    .enum(['first', 'all'])
    .default('first')
    .describe(
      'Which members of the ensemble that the training begins from learn: the first, which then writes alone, or all, side by side.',
    ),
});

export const trainingSettingsSchema = captionerSettings.transform((settings, context) => {
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

/** What a training of the joint embedding can be told. */
import { z } from 'zod';
import { ABOUT, commonSettings, size } from '../settings.js';

export const searchSettingsSchema = z.object({
  ...commonSettings,
  epochs: size(1, 500).default(30).describe(ABOUT.epochs),
  /** Each caption has to find its own photo among them. */
  batchImages: size(2, 1024).default(256).describe(ABOUT.batchImages),
  captionsPerImage: size(1, 20).default(2).describe(ABOUT.captionsPerImage),
  minimumWordCount: size(1, 1000).default(2).describe(ABOUT.minimumWordCount),
  learningRate: z
    .number()
    .positive()
    .max(1)
    .default(4e-3)
    .describe('The highest learning rate, reached after the warm-up.'),
  warmUpSteps: size(0, 100_000).default(100).describe(ABOUT.warmUpSteps),
  averageDecay: z.number().min(0).max(0.99999).default(0.98).describe(ABOUT.averageDecay),
  temperature: z
    .number()
    .positive()
    .max(1)
    .default(0.05)
    .describe('The temperature of the loss: what similarities are divided by.'),
  framing: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .describe('The share of photos that are learned in another framing than the whole.'),
  embeddingSize: size(8, 2048).default(256).describe(ABOUT.embeddingSize),
  hiddenSize: size(8, 4096).default(128).describe(ABOUT.hiddenSize),
});

export type SearchSettings = Readonly<z.infer<typeof searchSettingsSchema>>;

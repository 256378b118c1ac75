/** What a training of the joint embedding can be told. */
import { z } from 'zod';
import { commonSettings, size } from '../settings.js';

export const searchSettingsSchema = z.strictObject({
  ...commonSettings,
  epochs: size(1, 500).default(30),
  /** Images of a batch: each caption has to find its own among them. */
  batchImages: size(2, 1024).default(256),
  /** Captions an image gives to a batch, drawn anew in each epoch. */
  captionsPerImage: size(1, 20).default(2),
  /** Rarer words of the train split become <unknown>; fewer times are asked for where too few words were left. */
  minimumWordCount: size(1, 1000).default(2),
  /** The highest learning rate, reached after the warm-up. */
  learningRate: z.number().positive().max(1).default(4e-3),
  /** Steps of linear warm-up; at most a tenth of the training. */
  warmUpSteps: size(0, 100_000).default(100),
  /** What a step leaves of the average of the parameters that is validated and kept; 0 keeps the last step's. */
  averageDecay: z.number().min(0).max(0.99999).default(0.98),
  /** Decoupled weight decay of the matrices. */
  weightDecay: z.number().min(0).max(1).default(1e-4),
  /** What similarities are divided by in the loss. */
  temperature: z.number().positive().max(1).default(0.05),
  /** The share of photos that are learned in another framing than the whole. */
  framing: z.number().min(0).max(1).default(0.7),
  /** Numbers of a word's vector; those of the captioner it begins with, where there is one. */
  embeddingSize: size(8, 2048).default(256),
  hiddenSize: size(8, 4096).default(128),
});

export type SearchSettings = Readonly<z.infer<typeof searchSettingsSchema>>;

import { z } from 'zod';

const size = (low: number, high: number) => z.number().int().min(low).max(high);

export const searchSettingsSchema = z.object({
  epochs: size(1, 500).default(12),
  seed: size(0, 2 ** 31 - 1).default(1),
  batchImages: size(1, 1024).default(128),
  captionsPerImage: size(1, 20).default(2),
  maximumWords: size(2, 60).default(24),
  minimumWordCount: size(1, 1000).default(5),
  learningRate: z.number().positive().max(1).default(3e-3),
  warmUpSteps: size(0, 100_000).default(100),
  averageDecay: z.number().min(0).max(0.99999).default(0.99),
  weightDecay: z.number().min(0).max(1).default(1e-4),
  temperature: z.number().positive().max(1).default(0.05),
  dropout: z.boolean().default(true),
  wordSize: size(8, 2048).default(256),
  hiddenSize: size(8, 4096).default(256),
});

export type SearchSettings = Readonly<z.infer<typeof searchSettingsSchema>>;

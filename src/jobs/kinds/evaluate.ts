import { z } from 'zod';
import type { DatasetId, EvaluationId, ModelId } from '../../ids.js';
import type { WholeKind } from '../kind.js';
import { SPLITS } from '../../splits.js';

const settingsSchema = z.object({
  modelId: z.string().transform((id) => id as ModelId),
  split: z.enum(SPLITS),
  /** Default: the photos of all data sets. */
  dataset: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
});
export type EvaluateSettings = z.output<typeof settingsSchema>;

const resultSchema = z.object({ evaluationId: z.string().transform((id) => id as EvaluationId) });

export const evaluateKind: WholeKind<EvaluateSettings, z.output<typeof resultSchema>> = {
  kind: 'evaluate',
  description: 'Measures a model on a split.',
  settings: settingsSchema,
  result: resultSchema,
  policy: { retries: 4, retriesOfLost: 9, concurrency: 1 },
  scope: 'train',
  needs: ({ modelId, dataset }) => ({ models: [modelId], photos: { of: dataset } }),
  model: ({ modelId }) => modelId,
  async run(settings, dependencies, onProgress, signal) {
    const { evaluation } = await dependencies.evaluate(settings, onProgress, signal);
    return { evaluationId: evaluation.id };
  },
};

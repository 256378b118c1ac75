/** What is known of a model's worth: its latest evaluation on a split, else what was measured while it was trained. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import { findModelOrCurrent } from '../jobs/models.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { Split } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { Services } from './services.js';
import type { ReportRecord } from './types/report.js';

const epochSchema = z.object({ bleu: z.array(z.number()).length(4), cider: z.number() });

/** A model trained here has the figures of its epoch, a shipped one those of all epochs up to its own. */
const figuresSchema = z.union([
  z.object({ epochs: z.array(epochSchema).min(1) }).transform(({ epochs }) => epochs.at(-1)),
  epochSchema,
]);

/**
 * @param modelId the current model without
 * @throws NOT_FOUND for an unknown model, or one that was not measured on this split; NO_MODEL
 */
export async function findReport({ store }: Pick<Services, 'store'>, split: Split, modelId?: ModelId): Promise<ReportRecord> {
  const model = await findModelOrCurrent(store, modelId);
  const evaluation = await store.evaluations.latest({ modelId: model.id, split });
  if (evaluation) return toReport(evaluation, model);
  const figures = split === 'dev' ? figuresSchema.safeParse(model.figures).data : undefined;
  if (figures) return { model, split, origin: 'training', ...figures, measuredAt: model.createdAt };
  const message = `The model "${model.name}" has not been measured on the ${split} split. Have it measured: evaluateModel.`;
  throw new EkphrasisError(ErrorCode.NotFound, message);
}

export function toReport(evaluation: EvaluationRecord, model: ModelRecord): ReportRecord {
  const { split, images, bleu, brevityPenalty, cider, rougeL, signature, createdAt } = evaluation;
  return { model, split, origin: 'evaluation', images, bleu, brevityPenalty, cider, rougeL, signature, measuredAt: createdAt };
}

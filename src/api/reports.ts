/** What is known of a model's worth: its latest evaluation on a split, else what was measured while it was trained. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ReportDetails } from '../evaluation/report.js';
import type { DatasetId, ModelId } from '../ids.js';
import { datasetInWords, devFiguresOf, findModelOrCurrent } from '../jobs/models.js';
import { bleuByKey } from '../metrics/bleu.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { Split } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import { EvaluatedCaptions } from './evaluated-captions.js';
import type { Services } from './services.js';
import type { ReportRecord } from './types/report.js';

const interval = z.object({ low: z.number(), high: z.number() });

/** `ReportDetails` as it was kept. */
const detailsSchema: z.ZodType<ReportDetails> = z.object({
  diversity: z.object({
    distinctCaptions: z.number(),
    distinct1: z.number(),
    distinct2: z.number(),
    vocabulary: z.number(),
    novel: z.number().nullable(),
    meanLength: z.number(),
    lengths: z.array(z.number()),
  }),
  ceiling: z.record(z.string(), z.number()).nullable(),
  intervals: z.record(z.string(), interval),
});

export interface ReportRequest {
  readonly split: Split;
  /** The current model without. */
  readonly modelId?: ModelId | undefined;
  /** Those measured on all data sets without, or else on whatever was measured last. */
  readonly dataset?: DatasetId | undefined;
}

/** @throws NOT_FOUND for an unknown model, or one that was not measured on this split; NO_MODEL */
export async function findReport({ store }: Pick<Services, 'store'>, { split, modelId, dataset }: ReportRequest): Promise<ReportRecord> {
  const model = await findModelOrCurrent(store, modelId);
  const one = { modelId: model.id, split };
  const evaluation = (await store.evaluations.latest({ ...one, dataset: dataset ?? null })) ?? (dataset === undefined ? await store.evaluations.latest(one) : undefined);
  if (evaluation) return toReport(evaluation, model, store);
  const trained = split === 'dev' ? devFiguresOf(model) : undefined;
  if (trained && (dataset === undefined || trained.dataset === dataset)) {
    const { bleu, cider, dataset: measuredOn } = trained;
    return { model, split, dataset: measuredOn, origin: 'training', figures: { ...bleuByKey(bleu), cider }, measuredAt: model.createdAt };
  }
  const message = `The model "${model.name}" has not been measured on the ${split} split${dataset === undefined ? '' : ` of ${await datasetInWords(dataset, store)}`}. Have it measured: evaluateModel.`;
  throw new EkphrasisError(ErrorCode.NotFound, message);
}

export function toReport(evaluation: EvaluationRecord, model: ModelRecord, store: Services['store']): ReportRecord {
  const { split, dataset, images, figures, brevityPenalty, signature, createdAt } = evaluation;
  return {
    model,
    split,
    dataset,
    origin: 'evaluation',
    images,
    figures,
    brevityPenalty,
    signature,
    measuredAt: createdAt,
    details: detailsSchema.safeParse(evaluation.details).data,
    captions: new EvaluatedCaptions(evaluation, store),
  };
}

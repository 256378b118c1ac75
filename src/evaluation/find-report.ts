/** What is known of a model's worth: its latest evaluation on a split, else what was measured while it was trained. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ModelId } from '../ids.js';
import { bleuByKey } from '../metrics/bleu.js';
import type { Figures } from '../metrics/scores.js';
import { datasetInWords, devFiguresOf, findMeasured } from '../models/registry.js';
import type { Split } from '../splits.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { EvaluatedCaptions } from './evaluated-captions.js';
import type { ReportDetails } from './report.js';

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
  coco: z.object({ figures: z.record(z.string(), z.number()), intervals: z.record(z.string(), interval) }).optional(),
  leftOut: z.number().optional(),
});

export interface ReportRequest {
  readonly split: Split;
  /** Default: the current model. */
  readonly modelId?: ModelId | undefined;
  /** Default: what was measured on all data sets, or else on whatever was measured last. */
  readonly dataset?: DatasetId | undefined;
}

/** What is known of a model on a split. */
export interface ModelReport {
  readonly model: ModelRecord;
  readonly split: Split;
  /** Of its photos; null for all, nothing where it is not known. */
  readonly dataset?: DatasetId | null | undefined;
  readonly origin: 'evaluation' | 'training';
  readonly figures: Figures;
  readonly images?: number;
  readonly brevityPenalty?: number;
  readonly signature?: string;
  /** Of evaluations by this version. */
  readonly details?: ReportDetails | undefined;
  readonly captions?: EvaluatedCaptions;
  readonly measuredAt: Date;
}

type ReportStore = Pick<Store, 'models' | 'datasets' | 'evaluations' | 'ratings'>;

/** @throws NOT_FOUND for an unknown model, or one that was not measured on this split; NO_MODEL */
export async function findReport({ split, modelId, dataset }: ReportRequest, store: ReportStore): Promise<ModelReport> {
  const model = await findMeasured(store, modelId);
  const one = { modelId: model.id, split };
  const evaluation =
    (await store.evaluations.latest({ ...one, dataset: dataset ?? null })) ??
    (dataset === undefined ? await store.evaluations.latest(one) : undefined);
  if (evaluation) return toReport(evaluation, model, store);
  const trained = split === 'dev' ? devFiguresOf(model) : undefined;
  if (trained && (dataset === undefined || trained.dataset === dataset)) {
    const { bleu, cider, dataset: measuredOn } = trained;
    const figures = { ...bleuByKey(bleu), cider };
    return { model, split, dataset: measuredOn, origin: 'training', figures, measuredAt: model.createdAt };
  }
  const photos = dataset === undefined ? '' : ` of ${await datasetInWords(dataset, store)}`;
  const message = `The model "${model.name}" has not been measured on the ${split} split${photos}. Have it measured: evaluateModel.`;
  throw new EkphrasisError(ErrorCode.NotFound, message);
}

function toReport(evaluation: EvaluationRecord, model: ModelRecord, store: ReportStore): ModelReport {
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

/** Evaluations: what a model's captions were worth on a split. */
import type { Prisma } from '../generated/prisma/client.js';
import type { EvaluationId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { Split } from './images.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export interface EvaluationRecord {
  readonly id: EvaluationId;
  readonly modelId: ModelId;
  readonly split: Split;
  /** How many were captioned. */
  readonly images: number;
  /** BLEU-1 to BLEU-4, 0 to 1. */
  readonly bleu: readonly [number, number, number, number];
  readonly brevityPenalty: number;
  readonly cider: number;
  readonly rougeL: number;
  /** How it was measured: tokenisation, case, beam, brevity penalty. */
  readonly signature: string;
  readonly createdAt: Date;
}

export type NewEvaluation = Omit<EvaluationRecord, 'id' | 'createdAt'>;

export interface EvaluationFilter {
  readonly modelId?: ModelId | undefined;
  readonly split?: Split | undefined;
}

export class EvaluationRepository {
  constructor(private readonly prisma: StoreClient) {}

  async add(evaluation: NewEvaluation): Promise<EvaluationRecord> {
    return toRecord(await this.prisma.evaluation.create({ data: { ...evaluation, bleu: [...evaluation.bleu] } }));
  }

  /** The newest that fits. */
  async latest(filter: EvaluationFilter): Promise<EvaluationRecord | undefined> {
    return (await this.list({ limit: 1 }, filter)).items[0];
  }

  async list(request: PageRequest<EvaluationId>, { modelId, split }: EvaluationFilter = {}): Promise<Page<EvaluationRecord>> {
    if (modelId !== undefined && !isRecordId(modelId)) return { items: [], hasNext: false, hasPrevious: false };
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.evaluation.findMany({ where: { modelId, split, id: where }, ...rest });
    return toPage(rows.map(toRecord), request);
  }
}

function toRecord(row: Prisma.EvaluationGetPayload<object>): EvaluationRecord {
  const [bleu1 = 0, bleu2 = 0, bleu3 = 0, bleu4 = 0] = row.bleu;
  return { ...row, id: row.id as EvaluationId, modelId: row.modelId as ModelId, bleu: [bleu1, bleu2, bleu3, bleu4] };
}

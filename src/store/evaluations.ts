/** Evaluations: what a model's captions were worth on a split, all together and one by one. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, EvaluationId, ImageId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { Split } from './images.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export interface EvaluationRecord {
  readonly id: EvaluationId;
  readonly modelId: ModelId;
  readonly split: Split;
  /** The data set whose photos were captioned; null for those of all. */
  readonly dataset: DatasetId | null;
  /** How many were captioned. */
  readonly images: number;
  /** BLEU-1 to BLEU-4, 0 to 1. */
  readonly bleu: readonly [number, number, number, number];
  readonly brevityPenalty: number;
  readonly cider: number;
  readonly rougeL: number;
  /** METEOR without synonyms; null for evaluations of earlier versions. */
  readonly meteorStem: number | null;
  /** A JSON object: diversity, what people reach, intervals; null for evaluations of earlier versions. */
  readonly details: unknown;
  /** How it was measured: tokenisation, case, beam, brevity penalty. */
  readonly signature: string;
  readonly createdAt: Date;
}

/** A caption of an evaluation, with its scores. */
export interface EvaluatedCaptionRecord {
  readonly imageId: ImageId;
  /** The data sets of the image, oldest first; none for an upload. */
  readonly datasets: readonly { readonly id: DatasetId; readonly name: string }[];
  readonly text: string;
  /** What corpus BLEU sums up [10]; see evaluation/bleu.ts. */
  readonly bleuCounts: readonly number[];
  readonly cider: number;
  readonly rougeL: number;
  readonly meteorStem: number;
  /** How much there is to say about the photo; see evaluation/content-words.ts. */
  readonly contentWords: number;
}

export interface NewEvaluation extends Omit<EvaluationRecord, 'id' | 'createdAt' | 'meteorStem' | 'details' | 'dataset'> {
  /** Default: those of all. */
  readonly dataset?: DatasetId | undefined;
  readonly meteorStem?: number;
  readonly details?: object;
  readonly captions?: readonly Omit<EvaluatedCaptionRecord, 'datasets'>[];
}

export interface EvaluationFilter {
  readonly modelId?: ModelId | undefined;
  readonly split?: Split | undefined;
  /** Of this data set; null for evaluations on the photos of all. */
  readonly dataset?: DatasetId | null | undefined;
}

/** Captions read or written at once. The embedded database computes on this thread, which takes a turn for others in between. */
const PAGE = 100;
/** Milliseconds for all captions; Prisma's own 5 s are short on a machine that computes. */
const PATIENCE = 120_000;

export class EvaluationRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Adds an evaluation. It is found once all of its captions are there. */
  async add({ captions = [], ...evaluation }: NewEvaluation): Promise<EvaluationRecord> {
    const { modelId, split, dataset, images, bleu, brevityPenalty, cider, rougeL, meteorStem, details, signature } = evaluation;
    const figures = { images, bleu: [...bleu], brevityPenalty, cider, rougeL, meteorStem, signature };
    const data = { modelId, split, dataset, ...figures, details: details as Prisma.InputJsonObject | undefined };
    const write = async (transaction: Prisma.TransactionClient) => {
      const row = await transaction.evaluation.create({ data });
      for (let start = 0; start < captions.length; start += PAGE) {
        await insertCaptions(transaction, row.id, captions.slice(start, start + PAGE));
        await turn();
      }
      return toRecord(row);
    };
    return this.prisma.$transaction(write, { maxWait: PATIENCE, timeout: PATIENCE });
  }

  /** The captions of an evaluation; none for one of an earlier version. */
  async captionsOf(id: EvaluationId): Promise<EvaluatedCaptionRecord[]> {
    const captions: EvaluatedCaptionRecord[] = [];
    for (let after: string | undefined; ; after = captions.at(-1)?.imageId) {
      const rows = await this.prisma.evaluatedCaption.findMany({
        where: { evaluationId: id, imageId: { gt: after } },
        include: { image: { select: { datasets: { select: { dataset: { select: { id: true, name: true } } }, orderBy: { datasetId: 'asc' } } } } },
        orderBy: { imageId: 'asc' },
        take: PAGE,
      });
      captions.push(
        ...rows.map(({ imageId, image, text, bleuCounts, cider, rougeL, meteorStem, contentWords }) => {
          const datasets = image.datasets.map(({ dataset: { id, name } }) => ({ id: id as DatasetId, name }));
          return { imageId: imageId as ImageId, datasets, text, bleuCounts, cider, rougeL, meteorStem, contentWords };
        }),
      );
      if (rows.length < PAGE) return captions;
      await turn();
    }
  }

  /** How many captions an evaluation has: those of photos that were not deleted since. */
  countCaptions(id: EvaluationId): Promise<number> {
    return this.prisma.evaluatedCaption.count({ where: { evaluationId: id } });
  }

  /** The newest that fits. */
  async latest(filter: EvaluationFilter): Promise<EvaluationRecord | undefined> {
    return (await this.list({ limit: 1 }, filter)).items[0];
  }

  async list(request: PageRequest<EvaluationId>, { modelId, split, dataset }: EvaluationFilter = {}): Promise<Page<EvaluationRecord>> {
    if (modelId !== undefined && !isRecordId(modelId)) return { items: [], hasNext: false, hasPrevious: false };
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.evaluation.findMany({ where: { modelId, split, dataset, id: where }, ...rest });
    return toPage(rows.map(toRecord), request);
  }
}

function toRecord(row: Prisma.EvaluationGetPayload<object>): EvaluationRecord {
  const [bleu1 = 0, bleu2 = 0, bleu3 = 0, bleu4 = 0] = row.bleu;
  return { ...row, id: row.id as EvaluationId, modelId: row.modelId as ModelId, dataset: row.dataset as DatasetId | null, bleu: [bleu1, bleu2, bleu3, bleu4] };
}

/** By arrays: a statement with a parameter for each value of each row takes several times as long. */
async function insertCaptions(
  transaction: Prisma.TransactionClient,
  evaluationId: string,
  captions: readonly Omit<EvaluatedCaptionRecord, 'datasets'>[],
): Promise<void> {
  await transaction.$executeRaw`
    INSERT INTO "EvaluatedCaption"
      ("evaluationId", "imageId", "text", "bleuCounts", "cider", "rougeL", "meteorStem", "contentWords")
    SELECT ${evaluationId}::uuid, image::uuid, text, counts::int[], cider, rouge, meteor, words
    FROM unnest(
      ${captions.map(({ imageId }) => imageId)}::text[],
      ${captions.map(({ text }) => text)}::text[],
      ${captions.map(({ bleuCounts }) => `{${bleuCounts.join()}}`)}::text[],
      ${captions.map(({ cider }) => cider)}::float8[],
      ${captions.map(({ rougeL }) => rougeL)}::float8[],
      ${captions.map(({ meteorStem }) => meteorStem)}::float8[],
      ${captions.map(({ contentWords }) => contentWords)}::int[]
    ) AS given (image, text, counts, cider, rouge, meteor, words)`;
}

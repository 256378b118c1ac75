/** Evaluations: what a model's captions were worth on a split, all together and one by one. */
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, EvaluationId, ImageId, ModelId } from '../ids.js';
import type { CaptionScores, Figures } from '../metrics/scores.js';
import type { StoreClient } from './client.js';
import type { Split } from '../splits.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export interface EvaluationRecord {
  readonly id: EvaluationId;
  readonly modelId: ModelId;
  readonly split: Split;
  /** The data set whose photos were captioned; null for those of all. */
  readonly dataset: DatasetId | null;
  /** How many were captioned. */
  readonly images: number;
  readonly figures: Figures;
  /** BLEU's. */
  readonly brevityPenalty: number;
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
  readonly scores: CaptionScores;
  /** How much there is to say about the photo; see evaluation/content-words.ts. */
  readonly contentWords: number;
}

export interface NewEvaluation extends Omit<EvaluationRecord, 'id' | 'createdAt' | 'details' | 'dataset'> {
  /** Default: those of all. */
  readonly dataset?: DatasetId | undefined;
  readonly details?: object;
  readonly captions?: readonly Omit<EvaluatedCaptionRecord, 'datasets'>[];
}

export interface EvaluationFilter {
  readonly modelId?: ModelId | undefined;
  readonly split?: Split | undefined;
  /** Of this data set; null for evaluations on the photos of all. */
  readonly dataset?: DatasetId | null | undefined;
}

const figuresSchema = z.record(z.string(), z.number());
const scoresSchema = z.record(z.string(), z.array(z.number()));

/**
 * Captions read or written at once. The embedded database computes on this thread, which takes a turn for others in
 * between.
 */
const PAGE = 100;
/** Milliseconds for all captions of an evaluation, which may be many thousand. */
const TRANSACTION_TIMEOUT = 120_000;

export class EvaluationRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Adds an evaluation. It is found once all of its captions are there. */
  async add({ captions = [], ...evaluation }: NewEvaluation): Promise<EvaluationRecord> {
    const { modelId, split, dataset, images, figures, brevityPenalty, details, signature } = evaluation;
    const data = {
      modelId,
      split,
      dataset,
      images,
      figures,
      brevityPenalty,
      signature,
      details: details as Prisma.InputJsonObject | undefined,
    };
    const write = async (transaction: Prisma.TransactionClient) => {
      const row = await transaction.evaluation.create({ data });
      for (let start = 0; start < captions.length; start += PAGE) {
        await insertCaptions(transaction, row.id, captions.slice(start, start + PAGE));
        await turn();
      }
      return toRecord(row);
    };
    return this.prisma.$transaction(write, { maxWait: TRANSACTION_TIMEOUT, timeout: TRANSACTION_TIMEOUT });
  }

  /** The captions of an evaluation; none for one of an earlier version. */
  async captionsOf(id: EvaluationId): Promise<EvaluatedCaptionRecord[]> {
    const captions: EvaluatedCaptionRecord[] = [];
    for (let after: string | undefined; ; after = captions.at(-1)?.imageId) {
      const rows = await this.prisma.evaluatedCaption.findMany({
        where: { evaluationId: id, imageId: { gt: after } },
        include: {
          image: {
            select: {
              datasets: { select: { dataset: { select: { id: true, name: true } } }, orderBy: { datasetId: 'asc' } },
            },
          },
        },
        orderBy: { imageId: 'asc' },
        take: PAGE,
      });
      captions.push(
        ...rows.map(({ imageId, image, text, scores, contentWords }) => {
          const datasets = image.datasets.map(({ dataset: { id, name } }) => ({ id: id as DatasetId, name }));
          return { imageId: imageId as ImageId, datasets, text, scores: scoresSchema.parse(scores), contentWords };
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

  async list(
    request: PageRequest<EvaluationId>,
    { modelId, split, dataset }: EvaluationFilter = {},
  ): Promise<Page<EvaluationRecord>> {
    if (modelId !== undefined && !isRecordId(modelId)) return { items: [], hasNext: false, hasPrevious: false };
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.evaluation.findMany({ where: { modelId, split, dataset, id: where }, ...rest });
    return toPage(rows.map(toRecord), request);
  }
}

function toRecord(row: Prisma.EvaluationGetPayload<object>): EvaluationRecord {
  const ids = { id: row.id as EvaluationId, modelId: row.modelId as ModelId, dataset: row.dataset as DatasetId | null };
  return { ...row, ...ids, figures: figuresSchema.parse(row.figures) };
}

/** By arrays: a statement with a parameter for each value of each row takes several times as long. */
async function insertCaptions(
  transaction: Prisma.TransactionClient,
  evaluationId: string,
  captions: readonly Omit<EvaluatedCaptionRecord, 'datasets'>[],
): Promise<void> {
  await transaction.$executeRaw`
    INSERT INTO "EvaluatedCaption"
      ("evaluationId", "imageId", "text", "scores", "contentWords")
    SELECT ${evaluationId}::uuid, image::uuid, text, scores::jsonb, words
    FROM unnest(
      ${captions.map(({ imageId }) => imageId)}::text[],
      ${captions.map(({ text }) => text)}::text[],
      ${captions.map(({ scores }) => JSON.stringify(scores))}::text[],
      ${captions.map(({ contentWords }) => contentWords)}::int[]
    ) AS given (image, text, scores, words)`;
}

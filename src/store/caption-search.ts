/** Full-text search over captions with Postgres's own English dictionary: stemming, stop words, quoted phrases, `or`, `-not`. */
import type { ImageId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';

/** The place of a hit in the ranking. Its order is total, so that pages neither skip nor repeat. */
export interface HitPosition {
  readonly rank: number;
  readonly imageId: ImageId;
}

export interface CaptionHit extends HitPosition {
  /** The image's best caption, as it was written. */
  readonly caption: string;
  /** Who wrote it: the data set or person; null for a model's. */
  readonly source: string | null;
  /** The model that wrote it; null for a reference caption. */
  readonly modelId: ModelId | null;
  /** The caption with what matched between MARK_START and MARK_END. */
  readonly marked: string;
}

interface Row {
  imageId: string;
  rank: number;
  caption: string;
  source: string | null;
  modelId: string | null;
  marked: string;
}

/** Control characters, which no caption has. */
export const MARK_START = '\u0002';
export const MARK_END = '\u0003';

const HEADLINE = `HighlightAll=true, StartSel=${MARK_START}, StopSel=${MARK_END}`;

/** `ts_rank_cd`'s normalisation: 1 divides by 1 + log of the length, so that a short caption that says it counts more. */
const NORMALISATION = 1;

export class CaptionSearch {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Images one of whose captions says what is asked for, those who say it best first. An image stands where its best
   * caption does.
   *
   * @param text as a person types it into a search engine
   * @param after the last hit of the page before
   */
  async search(text: string, limit: number, after?: HitPosition): Promise<CaptionHit[]> {
    const rank = after?.rank ?? null;
    const imageId = after?.imageId ?? null;
    const rows = await this.prisma.$queryRaw<Row[]>`
      WITH query AS (SELECT websearch_to_tsquery('english', ${text}) AS terms),
      hits AS (
        SELECT "imageId", "text", "source", NULL::uuid AS "modelId",
          ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8 AS rank
        FROM "ReferenceCaption", query WHERE "search" @@ terms
        UNION ALL
        SELECT "imageId", "text", NULL, "modelId", ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8
        FROM "GeneratedCaption", query WHERE "search" @@ terms
      ),
      best AS (
        SELECT DISTINCT ON ("imageId") * FROM hits ORDER BY "imageId", rank DESC, "source" NULLS LAST, "text", "modelId"
      ),
      page AS (
        SELECT * FROM best
        WHERE ${rank}::float8 IS NULL OR rank < ${rank}::float8 OR (rank = ${rank}::float8 AND "imageId" > ${imageId}::uuid)
        ORDER BY rank DESC, "imageId" LIMIT ${limit}
      )
      SELECT "imageId"::text AS "imageId", rank, "text" AS caption, "source", "modelId"::text AS "modelId",
        ts_headline('english', "text", terms, ${HEADLINE}) AS marked
      FROM page, query ORDER BY rank DESC, "imageId"`;
    return rows.map((row) => ({ ...row, imageId: row.imageId as ImageId, modelId: row.modelId as ModelId | null }));
  }

  /** How many images have a caption that says what is asked for. */
  async count(text: string): Promise<number> {
    const rows = await this.prisma.$queryRaw<{ count: number }[]>`
      WITH query AS (SELECT websearch_to_tsquery('english', ${text}) AS terms)
      SELECT count(*)::int AS count FROM (
        SELECT "imageId" FROM "ReferenceCaption", query WHERE "search" @@ terms
        UNION
        SELECT "imageId" FROM "GeneratedCaption", query WHERE "search" @@ terms
      ) AS hits`;
    return rows[0]?.count ?? 0;
  }
}

/** Full-text search over captions with Postgres's own English dictionary: stemming, stop words, quoted phrases, `or`, `-not`. */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';
import { type Count, countRows } from './counts.js';
import { andImage, type ImageFilter } from './image-filter.js';

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
}

export interface CaptionQuery {
  /** As a person types it into a search engine. */
  readonly text: string;
  readonly limit: number;
  readonly filter?: ImageFilter | undefined;
  /** The last hit of the page before. */
  readonly after?: HitPosition | undefined;
}

/** What a word of a search finds alone. */
export interface WordUse {
  readonly word: string;
  /** It means something: it is no stop word such as "the". */
  readonly counts: boolean;
  /** Some caption has it in some form, or had it in this one. */
  readonly found: boolean;
}

/** Control characters, which no caption has. */
export const MARK_START = '\u0002';
export const MARK_END = '\u0003';

const HEADLINE = `HighlightAll=true, StartSel=${MARK_START}, StopSel=${MARK_END}`;

/** Captions that are counted where one is enough. */
const FEW = 1000;

/** `ts_rank_cd`'s normalisation: 1 divides by 1 + log of the length, so that a short caption that says it counts more. */
const NORMALISATION = 1;

export class CaptionSearch {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Images one of whose captions says what is asked for, those who say it best first. An image stands where its best
   * caption does.
   */
  async search({ text, limit, filter = {}, after }: CaptionQuery): Promise<CaptionHit[]> {
    const behind = after
      ? Prisma.sql`WHERE rank < ${after.rank}::float8 OR (rank = ${after.rank}::float8 AND "imageId" > ${after.imageId}::uuid)`
      : Prisma.empty;
    return this.prisma.$queryRaw<CaptionHit[]>`
      WITH query AS (SELECT websearch_to_tsquery('english', ${text}) AS terms),
      hits AS (
        SELECT "imageId", "text", "source", NULL::uuid AS "modelId",
          ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8 AS rank
        ${matching('ReferenceCaption', filter)}
        UNION ALL
        SELECT "imageId", "text", NULL, "modelId", ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8
        ${matching('GeneratedCaption', filter)}
      ),
      best AS (
        SELECT DISTINCT ON ("imageId") * FROM hits ORDER BY "imageId", rank DESC, "source" NULLS LAST, "text", "modelId"
      ),
      page AS (SELECT * FROM best ${behind} ORDER BY rank DESC, "imageId" LIMIT ${limit})
      SELECT "imageId"::text AS "imageId", rank, "text" AS caption, "source", "modelId"::text AS "modelId"
      FROM page ORDER BY rank DESC, "imageId"`;
  }

  /** Captions in their order, each with what matches the text between MARK_START and MARK_END. */
  async mark(text: string, captions: readonly string[]): Promise<string[]> {
    if (captions.length === 0) return [];
    const rows = await this.prisma.$queryRaw<{ marked: string }[]>`
      SELECT ts_headline('english', caption, websearch_to_tsquery('english', ${text}), ${HEADLINE}) AS marked
      FROM unnest(${[...captions]}::text[]) WITH ORDINALITY AS given (caption, place) ORDER BY place`;
    return rows.map(({ marked }) => marked);
  }

  /** How many images have a caption that says what is asked for. */
  count({ text, filter = {} }: Pick<CaptionQuery, 'text' | 'filter'>): Promise<Count> {
    return countRows(
      this.prisma,
      Prisma.sql`
        WITH query AS (SELECT websearch_to_tsquery('english', ${text}) AS terms)
        SELECT "imageId" ${matching('ReferenceCaption', filter)} UNION SELECT "imageId" ${matching('GeneratedCaption', filter)}`,
    );
  }

  /**
   * What words find alone. Those that captions have as they were typed are told by the vocabulary; for others the captions are
   * asked.
   *
   * @param words single words in lower case
   */
  async wordUse(words: readonly string[]): Promise<WordUse[]> {
    return this.prisma.$queryRaw<WordUse[]>`
      SELECT typed.word, numnode(terms) > 0 AS counts,
        EXISTS (SELECT 1 FROM "CaptionWord" AS known WHERE known."word" = typed.word) OR ${captionsOf(FEW)} > 0 AS found
      FROM unnest(${[...words]}::text[]) AS typed (word), plainto_tsquery('english', word) AS terms`;
  }

  /**
   * Words of captions, by their length. Some may be of captions that are gone.
   *
   * @param shortest in characters
   */
  async vocabulary(shortest: number, longest: number): Promise<string[]> {
    // One text in place of thousands of rows.
    const rows = await this.prisma.$queryRaw<{ words: string | null }[]>`
      SELECT string_agg("word", ' ') AS words FROM "CaptionWord" WHERE length("word") BETWEEN ${shortest}::int AND ${longest}::int`;
    return rows[0]?.words?.split(' ') ?? [];
  }

  /** In how many captions words stand, counted up to `most`; those that stand in none, and stop words, are left out. */
  async frequencies(words: readonly string[], most: number): Promise<Map<string, number>> {
    const rows = await this.prisma.$queryRaw<{ word: string; count: number }[]>`
      SELECT word, ${captionsOf(most)} AS count
      FROM unnest(${[...words]}::text[]) AS given (word), plainto_tsquery('english', word) AS terms`;
    return new Map(rows.filter(({ count }) => count > 0).map(({ word, count }) => [word, count]));
  }
}

type CaptionTable = 'ReferenceCaption' | 'GeneratedCaption';

/** Captions that say what `query` asks for, of photos that fit. */
function matching(name: CaptionTable, filter: ImageFilter): Prisma.Sql {
  const table = Prisma.raw(`"${name}"`);
  return Prisma.sql`FROM ${table}, query WHERE "search" @@ terms${andImage(filter, Prisma.sql`${table}."imageId"`)}`;
}

/**
 * How many captions have `terms`, counted up to `most`. Of fewer than some hundred the planner would look for the first by reading
 * the table, which takes long where there is none.
 */
function captionsOf(most: number): Prisma.Sql {
  return Prisma.sql`(SELECT count(*)::int FROM (
    SELECT 1 FROM "ReferenceCaption" WHERE "search" @@ terms UNION ALL SELECT 1 FROM "GeneratedCaption" WHERE "search" @@ terms LIMIT ${most}
  ) AS captions)`;
}

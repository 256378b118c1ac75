/**
 * Full-text search over captions with Postgres's own dictionaries: stemming and stop words of each caption's language,
 * quoted phrases, `or`, `-not`. Captions and searches are folded alike first.
 */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, ModelId } from '../ids.js';
import { markOriginal, searchQuery, searchText } from './caption-words.js';
import type { StoreClient } from './client.js';
import { type Count, countEachRow, countRows } from './counts.js';
import { andImage, type ImageFilter } from './image-filter.js';

/** The place of a hit in the ranking. Its order is total, so that pages neither skip nor repeat. */
export interface HitPosition {
  readonly rank: number;
  readonly imageId: ImageId;
}

export interface CaptionHit extends HitPosition {
  /** The image's best caption, as it was written. */
  readonly caption: string;
  /** BCP 47. */
  readonly language: string;
  /** Who wrote it: the data set or person, or `file/` and the field of the photo's file; null for a model's. */
  readonly source: string | null;
  /** The model that wrote it; null for a reference caption. */
  readonly modelId: ModelId | null;
}

export interface CaptionQuery {
  /** As a person types it into a search engine. */
  readonly text: string;
  readonly limit: number;
  readonly filter?: ImageFilter | undefined;
  /** Only hits behind this one. */
  readonly after?: HitPosition | undefined;
  /** Only hits ahead of this one. */
  readonly before?: HitPosition | undefined;
  /** From the end of the list, the last hit first. Default: false. */
  readonly backwards?: boolean | undefined;
}

/** What a word of a search finds alone. */
export interface WordUse {
  readonly word: string;
  /** It means something: it is no stop word such as "the". */
  readonly counts: boolean;
  /** Some caption has it in some form, or had it in this one. */
  readonly found: boolean;
}

/** What the source of a file's own words begins with. */
export const FROM_FILE = 'file/';

/** Control characters, which no caption has. */
export const MARK_START = '\u0002';
export const MARK_END = '\u0003';

const HEADLINE = `HighlightAll=true, StartSel=${MARK_START}, StopSel=${MARK_END}`;

/** Captions that are counted where one is enough. */
const FEW = 1000;

/**
 * `ts_rank_cd`'s normalisation: 1 divides by 1 + log of the length, so that a short caption that says it counts more.
 */
const NORMALISATION = 1;

export class CaptionSearch {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Images one of whose captions says what is asked for, those who say it best first. An image stands where its best
   * caption does.
   */
  async search({ text, limit, filter = {}, after, before, backwards = false }: CaptionQuery): Promise<CaptionHit[]> {
    const behind = after
      ? Prisma.sql`(rank < ${after.rank}::float8 OR (rank = ${after.rank}::float8 AND "imageId" > ${after.imageId}::uuid))`
      : Prisma.sql`TRUE`;
    const ahead = before
      ? Prisma.sql`(rank > ${before.rank}::float8 OR (rank = ${before.rank}::float8 AND "imageId" < ${before.imageId}::uuid))`
      : Prisma.sql`TRUE`;
    const order = backwards ? Prisma.sql`rank, "imageId" DESC` : Prisma.sql`rank DESC, "imageId"`;
    return this.prisma.$queryRaw<CaptionHit[]>`
      WITH ${queryOf(text)},
      hits AS (
        SELECT "imageId", "text", "language", "source", NULL::uuid AS "modelId",
          ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8 AS rank
        ${matching('ReferenceCaption', filter)}
        UNION ALL
        SELECT "imageId", "text", "language", NULL, "modelId", ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8
        ${matching('GeneratedCaption', filter)}
        UNION ALL
        SELECT "imageId", "text", "language", ${FROM_FILE} || "field", NULL, ts_rank_cd("search", terms, ${NORMALISATION}::int)::float8
        ${matching('FileText', filter)}
      ),
      best AS (
        SELECT DISTINCT ON ("imageId") * FROM hits ORDER BY "imageId", rank DESC, "source" NULLS LAST, "text", "modelId"
      ),
      page AS (SELECT * FROM best WHERE ${behind} AND ${ahead} ORDER BY ${order} LIMIT ${limit})
      SELECT "imageId"::text AS "imageId", rank, "text" AS caption, "language", "source", "modelId"::text AS "modelId"
      FROM page ORDER BY ${order}`;
  }

  /** Captions in their order, each with what matches the text between MARK_START and MARK_END. */
  async mark(text: string, captions: readonly Pick<CaptionHit, 'caption' | 'language'>[]): Promise<string[]> {
    if (captions.length === 0) return [];
    const words = captions.map(({ caption }) => searchText(caption));
    const languages = captions.map(({ language }) => language);
    const rows = await this.prisma.$queryRaw<{ marked: string }[]>`
      SELECT ts_headline(configuration, words, websearch_to_tsquery(configuration, ${searchQuery(text)}), ${HEADLINE}) AS marked
      FROM unnest(${words}::text[], ${languages}::text[]) WITH ORDINALITY AS given (words, language, place),
        "captionConfiguration"(language) AS configuration
      ORDER BY place`;
    return captions.map(({ caption }, place) => markOriginal(caption, rows[place]?.marked ?? '', MARK_START, MARK_END));
  }

  /** How many images have a caption that says what is asked for. */
  count(query: Pick<CaptionQuery, 'text' | 'filter'>): Promise<Count> {
    return countRows(this.prisma, found(query));
  }

  /** The same, never estimated. */
  countEach(query: Pick<CaptionQuery, 'text' | 'filter'>): Promise<number> {
    return countEachRow(this.prisma, found(query));
  }

  /**
   * What words find alone. Those that captions have as they were typed are told by the vocabulary; for others the
   * captions are asked.
   *
   * @param words single words, folded
   */
  async wordUse(words: readonly string[]): Promise<WordUse[]> {
    return this.prisma.$queryRaw<WordUse[]>`
      SELECT typed.word, counts,
        EXISTS (SELECT 1 FROM "CaptionWord" AS known WHERE known."word" = typed.word) OR ${captionsOf(FEW)} > 0 AS found
      FROM unnest(${[...words]}::text[]) AS typed (word), ${TERMS_OF_WORD}`;
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
      FROM unnest(${[...words]}::text[]) AS given (word), ${TERMS_OF_WORD}`;
    return new Map(rows.filter(({ count }) => count > 0).map(({ word, count }) => [word, count]));
  }
}

type CaptionTable = 'ReferenceCaption' | 'GeneratedCaption' | 'FileText';

/**
 * What is asked for, stemmed by each configuration that captions have: a row with the languages that it is for.
 * Compared by ANY, not by a join on the language, for which the planner would read the captions.
 */
function queryOf(typed: string): Prisma.Sql {
  return Prisma.sql`query AS (
    SELECT websearch_to_tsquery(configuration, ${searchQuery(typed)}) AS terms, languages
    FROM (SELECT "captionConfiguration"("language") AS configuration, array_agg("language") AS languages FROM "CaptionLanguage" GROUP BY 1) AS spoken
  )`;
}

/**
 * `word` in all languages of captions, or in English where there are none. It counts where it is a stop word of none of
 * them.
 */
const TERMS_OF_WORD = Prisma.sql`LATERAL (
  SELECT bool_and(numnode(term) > 0) AS counts, coalesce(string_agg(term::text, ' | ') FILTER (WHERE numnode(term) > 0), '')::tsquery AS terms
  FROM (
    SELECT DISTINCT plainto_tsquery("captionConfiguration"("language"), word) AS term
    FROM (SELECT "language" FROM "CaptionLanguage" UNION ALL SELECT 'en' WHERE NOT EXISTS (SELECT 1 FROM "CaptionLanguage")) AS spoken
  ) AS stemmed
) AS meant`;

/** Images one of whose captions says what is asked for. */
function found({ text, filter = {} }: Pick<CaptionQuery, 'text' | 'filter'>): Prisma.Sql {
  return Prisma.sql`
    WITH ${queryOf(text)}
    SELECT "imageId" ${matching('ReferenceCaption', filter)} UNION SELECT "imageId" ${matching('GeneratedCaption', filter)}
    UNION SELECT "imageId" ${matching('FileText', filter)}`;
}

/** Captions that say what `query` asks for, of photos that fit. */
function matching(name: CaptionTable, filter: ImageFilter): Prisma.Sql {
  const table = Prisma.raw(`"${name}"`);
  return Prisma.sql`FROM ${table}, query WHERE "search" @@ terms AND ${table}."language" = ANY (languages)${andImage(filter, Prisma.sql`${table}."imageId"`)}`;
}

/**
 * How many captions have `terms`, counted up to `most`. Of fewer than some hundred the planner would look for the first
 * by reading the table, which takes long where there is none.
 */
function captionsOf(most: number): Prisma.Sql {
  return Prisma.sql`(SELECT count(*)::int FROM (
    SELECT 1 FROM "ReferenceCaption" WHERE "search" @@ terms UNION ALL SELECT 1 FROM "GeneratedCaption" WHERE "search" @@ terms
    UNION ALL SELECT 1 FROM "FileText" WHERE "search" @@ terms LIMIT ${most}
  ) AS captions)`;
}

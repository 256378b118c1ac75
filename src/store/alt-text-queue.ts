/** Photos by the state of their texts, in the order in which they need somebody. */
import { CONFIDENCE_CURVE } from '../captioner/confidence.js';
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, ModelId } from '../ids.js';
import { lookupOf } from '../language/languages.js';
import { CAPTION_FIELDS } from '../metadata/file-metadata.js';
import type { StoreClient } from './client.js';
import { fromImages, type ImageFilter } from './image-filter.js';
import { isRecordId, type Page, toPage } from './pages.js';

/** Of a photo's text in a language. */
export const ALT_TEXT_STATES = ['MISSING', 'SUGGESTED', 'APPROVED', 'DECORATIVE'] as const;
export type AltTextStateName = (typeof ALT_TEXT_STATES)[number];

export const ALT_TEXT_ORDERS = ['LEAST_SURE', 'MOST_VIEWED', 'NEWEST'] as const;
export type AltTextOrder = (typeof ALT_TEXT_ORDERS)[number];

export interface AltTextFilter extends ImageFilter {
  /** BCP 47. */
  readonly language: string;
  /** Whose sentences are offered before those of other models. */
  readonly model: ModelId | undefined;
  /** Default: all. */
  readonly states?: readonly AltTextStateName[] | undefined;
  /** Only of these photos. */
  readonly imageIds?: readonly ImageId[] | undefined;
  /** Approved, and a model has written other words since. */
  readonly hasNewSuggestion?: boolean | undefined;
}

/** A photo's place in the order. */
export interface AltTextPlace {
  readonly imageId: ImageId;
  /** Rises along the list; photos of the same rank come newest first. */
  readonly rank: number;
}

export interface AltTextPart {
  /** At most this many, from the front, or with `backwards` from the back. */
  readonly limit: number;
  readonly after?: AltTextPlace | undefined;
  readonly before?: AltTextPlace | undefined;
  readonly backwards?: boolean | undefined;
}

export type AltTextCounts = Readonly<Record<AltTextStateName, number>>;

/** Sites asked for a photo's text so often. */
export interface AltTextViews {
  readonly imageId: ImageId;
  readonly count: number;
}

export class AltTextQueue {
  constructor(private readonly prisma: StoreClient) {}

  /** Photos behind a place and ahead of another. */
  async list(
    order: AltTextOrder,
    filter: AltTextFilter,
    { limit, after, before, backwards = false }: AltTextPart,
  ): Promise<Page<AltTextPlace>> {
    const rank = { LEAST_SURE: SURENESS, MOST_VIEWED: VIEWS, NEWEST: Prisma.sql`0` }[order];
    const behind = after
      ? Prisma.sql`("rank" > ${after.rank}::float8 OR ("rank" = ${after.rank}::float8 AND "id" < ${after.imageId}::uuid))`
      : Prisma.sql`true`;
    const ahead = before
      ? Prisma.sql`("rank" < ${before.rank}::float8 OR ("rank" = ${before.rank}::float8 AND "id" > ${before.imageId}::uuid))`
      : Prisma.sql`true`;
    const along = backwards ? Prisma.sql`"rank" DESC, "id"` : Prisma.sql`"rank", "id" DESC`;
    const rows = await this.prisma.$queryRaw<AltTextPlace[]>`
      SELECT "id"::text AS "imageId", "rank" FROM (
        SELECT "id", (${rank})::float8 AS "rank" FROM (${statesOf(filter, order)}) AS stated ${inStates(filter)}
      ) AS ranked WHERE ${behind} AND ${ahead} ORDER BY ${along} LIMIT ${limit + 1}`;
    return toPage(rows, { limit, after: after?.imageId, before: before?.imageId, backwards });
  }

  /** How many photos are in each state, whatever states the filter asks for. */
  async count(filter: AltTextFilter): Promise<AltTextCounts> {
    const rows = await this.prisma.$queryRaw<{ state: AltTextStateName; count: number }[]>`
      SELECT "state", count(*)::int AS count FROM (${statesOf(filter, 'NEWEST')}) AS stated GROUP BY "state"`;
    const counts = new Map(rows.map(({ state, count }) => [state, count]));
    const of = (state: AltTextStateName) => counts.get(state) ?? 0;
    return {
      MISSING: of('MISSING'),
      SUGGESTED: of('SUGGESTED'),
      APPROVED: of('APPROVED'),
      DECORATIVE: of('DECORATIVE'),
    };
  }

  /** Adds to how often texts were asked for. Photos that are gone are left out. */
  async addViews(views: readonly AltTextViews[]): Promise<void> {
    // In one order, so that two servers do not wait for each other.
    const sorted = views
      .filter(({ imageId }) => isRecordId(imageId))
      .toSorted((a, b) => (a.imageId < b.imageId ? -1 : 1));
    await this.prisma.$executeRaw`
      INSERT INTO "AltTextView" ("imageId", "count")
      SELECT added."imageId", added."count"
      FROM unnest(${sorted.map(({ imageId }) => imageId)}::uuid[], ${sorted.map(({ count }) => count)}::bigint[]) AS added("imageId", "count")
      JOIN "Image" ON "Image"."id" = added."imageId" ORDER BY 1
      ON CONFLICT ("imageId") DO UPDATE SET "count" = "AltTextView"."count" + excluded."count", "lastAt" = now()`;
  }

  /** Of photos whose texts nobody asked for there is nothing. */
  async viewsOf(imageIds: readonly ImageId[]): Promise<Map<ImageId, number>> {
    const rows = await this.prisma.altTextView.findMany({ where: { imageId: { in: imageIds.filter(isRecordId) } } });
    return new Map(rows.map(({ imageId, count }) => [imageId as ImageId, Number(count)]));
  }
}

/** Nothing is the least sure of all; what a person decided needs nobody. */
const SURENESS = Prisma.sql`CASE "state" WHEN 'MISSING' THEN -1 WHEN 'SUGGESTED' THEN "sureness" ELSE 2 END`;
const VIEWS = Prisma.sql`-coalesce((SELECT "count" FROM "AltTextView" AS viewed WHERE viewed."imageId" = stated."id"), 0)`;

function inStates({ states }: AltTextFilter): Prisma.Sql {
  return states ? Prisma.sql`WHERE "state" = ANY (${[...states]}::text[])` : Prisma.empty;
}

/** @param order the sureness is computed only where it is asked for */
function statesOf(filter: AltTextFilter, order: AltTextOrder): Prisma.Sql {
  const { language, imageIds, hasNewSuggestion } = filter;
  const of = Prisma.sql`image."id"`;
  const said = (table: Prisma.Sql, text: Prisma.Sql) => Prisma.sql`EXISTS (
    SELECT 1 FROM ${table} WHERE said."imageId" = ${of} AND ${fits(language)} AND ${isOffered(text)})`;
  const people = said(Prisma.sql`"ReferenceCaption" AS said`, Prisma.sql`said."text"`);
  const file = Prisma.sql`EXISTS (
    SELECT 1 FROM "FileText" AS said WHERE said."imageId" = ${of} AND said."field" = ANY (${[...CAPTION_FIELDS]}::text[])
      AND (said."languageTag" IS NULL OR ${fits(language)}) AND ${isOffered(Prisma.sql`said."text"`)})`;
  const machine = said(Prisma.sql`"GeneratedCaption" AS said`, Prisma.sql`said."text"`);
  const sureness =
    order === 'LEAST_SURE'
      ? Prisma.sql`CASE WHEN ${people} OR ${file} THEN 1 ELSE (${machineSureness(filter)}) END`
      : Prisma.sql`NULL::float8`;
  const approved = Prisma.sql`EXISTS (SELECT 1 FROM "ApprovedAltText" AS approved WHERE approved."imageId" = ${of} AND ${serves(language)})`;
  const conditions = [
    ...(imageIds ? [Prisma.sql`image."id" = ANY (${imageIds.filter(isRecordId)}::uuid[])`] : []),
    ...(hasNewSuggestion === undefined ? [] : [hasNewSuggestion ? isNew(filter) : Prisma.sql`NOT ${isNew(filter)}`]),
  ];
  return Prisma.sql`
    SELECT image."id", ${sureness} AS "sureness", CASE
      WHEN EXISTS (SELECT 1 FROM "DecorativeImage" AS empty WHERE empty."imageId" = ${of}) THEN 'DECORATIVE'
      WHEN ${approved} THEN 'APPROVED'
      WHEN ${people} OR ${file} OR ${machine} THEN 'SUGGESTED'
      ELSE 'MISSING' END AS "state"
    ${fromImages(filter, conditions)}`;
}

/** As `lookUp` of the collection chooses the approved text for who asks for a language. */
function serves(language: string): Prisma.Sql {
  return Prisma.sql`lower(approved."language") = ANY (${lookupOf(language).map((tag) => tag.toLowerCase())}::text[])`;
}

function fits(language: string): Prisma.Sql {
  const wanted = language.toLowerCase();
  return Prisma.sql`(lower(said."language") = ${wanted} OR lower(said."language") ^@ ${`${wanted}-`} OR ${wanted} ^@ (lower(said."language") || '-'))`;
}

function isOffered(text: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (SELECT 1 FROM "RejectedAltText" AS rejected WHERE rejected."imageId" = said."imageId" AND rejected."caption" = ${text})`;
}

/** As `captionConfidence` reckons it, of the sentence that is offered first. */
function machineSureness({ language, model }: AltTextFilter): Prisma.Sql {
  const { offset, slope } = CONFIDENCE_CURVE;
  return Prisma.sql`
    SELECT 1 / (1 + exp(-(${offset}::float8 + ${slope}::float8 * said."logProbability" / (jsonb_array_length(said."words") + 1))))
    FROM "GeneratedCaption" AS said
    WHERE said."imageId" = image."id" AND ${fits(language)} AND ${isOffered(Prisma.sql`said."text"`)}
    ORDER BY said."modelId" = ${model ?? null}::uuid DESC NULLS LAST, said."createdAt" DESC LIMIT 1`;
}

/** Approved texts have a capital letter and a full stop more than what a model writes. */
function isNew({ language }: AltTextFilter): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT 1 FROM "ApprovedAltText" AS approved JOIN "GeneratedCaption" AS said ON said."imageId" = approved."imageId"
    WHERE approved."imageId" = image."id" AND ${serves(language)} AND said."createdAt" > approved."at"
      AND ${fits(language)} AND ${isOffered(Prisma.sql`said."text"`)}
      AND lower(rtrim(said."text", '.。')) <> lower(rtrim(approved."text", '.。')))`;
}

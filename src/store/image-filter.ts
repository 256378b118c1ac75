/** Which photos a list or a search is about: the same filter for all of them. */
import { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, ImageId, LibraryId } from '../ids.js';
import type { Split } from '../splits.js';
import { OF_PEOPLE } from './split-rules.js';

export interface ImageFilter {
  /** That of the data set where one is named; else the most held-out one of the photo's data sets. */
  readonly split?: Split | undefined;
  readonly dataset?: DatasetId | undefined;
  /** Added at this moment or later. */
  readonly addedFrom?: Date | undefined;
  /** Added before this moment. */
  readonly addedBefore?: Date | undefined;
  /** Whether a person, or a data set, has written a caption for it. */
  readonly hasPersonCaption?: boolean | undefined;
  /** Whether a person has written, chosen or adopted a caption for it here. */
  readonly reviewed?: boolean | undefined;
  /** With a file in this library, be it there at the moment or not. */
  readonly library?: LibraryId | undefined;
  /** With a file in this folder below the root of a library, or in a folder of that: `2024/Rome`. */
  readonly folder?: string | undefined;
  /** Whether its bytes are nowhere at the moment: the file of a library that was all there is of it is gone. */
  readonly missing?: boolean | undefined;
  /** Taken at this moment or later, by what its file says. */
  readonly takenFrom?: Date | undefined;
  /** Taken before this moment. */
  readonly takenBefore?: Date | undefined;
  /** Its file has this keyword, in whatever case. */
  readonly keyword?: string | undefined;
  /** Its file is rated so many stars at least. */
  readonly ratedAtLeast?: number | undefined;
  /** The newest photo that counts: ids are in the order of creation. */
  readonly newest?: ImageId | undefined;
}

/** The filter for Prisma. */
export function imageWhere(filter: ImageFilter): Prisma.ImageWhereInput {
  const { split, dataset, addedFrom, addedBefore, hasPersonCaption, library, folder, missing, newest } = filter;
  const metadata = metadataWhere(filter);
  const captionsOf = (where: Prisma.ReferenceCaptionWhereInput, wish: boolean | undefined) =>
    wish === undefined ? {} : { referenceCaptions: wish ? { some: where } : { none: where } };
  return {
    ...(dataset === undefined ? { split } : { datasets: { some: { datasetId: dataset, split } } }),
    ...(newest !== undefined && { id: { lte: newest } }),
    ...((addedFrom ?? addedBefore) && { createdAt: { gte: addedFrom, lt: addedBefore } }),
    ...(metadata && { metadata: { is: metadata } }),
    AND: [
      captionsOf({}, hasPersonCaption),
      captionsOf(OF_PEOPLE, filter.reviewed),
      library === undefined && folder === undefined
        ? {}
        : { libraryFiles: { some: { libraryId: library, path: folder === undefined ? undefined : below(folder) } } },
      missing === undefined ? {} : missing ? WITHOUT_BYTES : { NOT: WITHOUT_BYTES },
    ],
  };
}

function metadataWhere({
  takenFrom,
  takenBefore,
  keyword,
  ratedAtLeast,
}: ImageFilter): Prisma.FileMetadataWhereInput | undefined {
  if ((takenFrom ?? takenBefore ?? keyword ?? ratedAtLeast) === undefined) return undefined;
  return {
    ...((takenFrom ?? takenBefore) && { takenAt: { gte: takenFrom, lt: takenBefore } }),
    ...(keyword !== undefined && { foldedKeywords: { has: keyword.toLowerCase() } }),
    ...(ratedAtLeast !== undefined && { rating: { gte: ratedAtLeast } }),
  };
}

/** Of photos whose bytes are nowhere at the moment, for Prisma. */
const WITHOUT_BYTES = {
  bytes: new Uint8Array(),
  libraryFiles: { none: { missingSince: null, problem: null } },
} satisfies Prisma.ImageWhereInput;

/** The same over the table `image`: its own bytes are not looked at, but how many there are. */
export function hasNoBytes(): Prisma.Sql {
  return Prisma.sql`(octet_length(image."bytes") = 0 AND NOT EXISTS (
    SELECT 1 FROM "LibraryFile" AS file WHERE file."imageId" = image."id" AND file."missingSince" IS NULL AND file."problem" IS NULL))`;
}

/** What the paths of files in a folder, and in those below it, begin with. */
function beginningOf(folder: string): string {
  const path = folder.replaceAll(/^\/+|\/+$/g, '');
  return path === '' ? '' : `${path}/`;
}

/** Prisma matches with LIKE, and takes its signs as they are. */
function below(folder: string): { startsWith: string } {
  return { startsWith: beginningOf(folder).replaceAll(/[\\%_]/g, String.raw`\$&`) };
}

/** The filter over the table of photos itself, as the end of a SELECT: ` FROM … WHERE …`. */
export function fromImages(filter: ImageFilter): Prisma.Sql {
  const conditions = [...ofId(filter, Prisma.sql`image."id"`), ...ofRow(filter)];
  return conditions.length === 0
    ? Prisma.sql` FROM "Image"`
    : Prisma.sql` FROM "Image" AS image WHERE ${Prisma.join(conditions, ' AND ')}`;
}

/**
 * The filter over another table, as the end of its WHERE clause.
 *
 * @param imageId its column that holds the photo's id
 * @returns ` AND …`, or nothing where every photo fits
 */
export function andImage(filter: ImageFilter, imageId: Prisma.Sql): Prisma.Sql {
  const conditions = ofId(filter, imageId);
  const row = ofRow(filter);
  if (row.length > 0) {
    conditions.push(
      Prisma.sql`EXISTS (SELECT 1 FROM "Image" AS image WHERE image."id" = ${imageId} AND ${Prisma.join(row, ' AND ')})`,
    );
  }
  return conditions.length === 0 ? Prisma.empty : Prisma.sql` AND ${Prisma.join(conditions, ' AND ')}`;
}

/** Conditions for which the photo's id is enough. */
function ofId(filter: ImageFilter, imageId: Prisma.Sql): Prisma.Sql[] {
  const { newest, hasPersonCaption, reviewed, dataset, split, library, folder } = filter;
  const conditions: Prisma.Sql[] = [];
  const said = ofFile(filter);
  if (said.length > 0) {
    conditions.push(Prisma.sql`EXISTS (
      SELECT 1 FROM "FileMetadata" AS file WHERE file."imageId" = ${imageId} AND ${Prisma.join(said, ' AND ')})`);
  }
  if (newest !== undefined) conditions.push(Prisma.sql`${imageId} <= ${newest}::uuid`);
  const captioned = (by: Prisma.Sql) =>
    Prisma.sql`EXISTS (SELECT 1 FROM "ReferenceCaption" AS reference WHERE reference."imageId" = ${imageId}${by})`;
  if (hasPersonCaption !== undefined) conditions.push(wished(captioned(Prisma.empty), hasPersonCaption));
  if (reviewed !== undefined) {
    const byPeople = Prisma.sql` AND reference."source" IN (${Prisma.join(OF_PEOPLE.source.in)})`;
    conditions.push(wished(captioned(byPeople), reviewed));
  }
  if (dataset !== undefined) {
    const inSplit = split === undefined ? Prisma.empty : Prisma.sql` AND member."split" = ${split}::"Split"`;
    conditions.push(Prisma.sql`EXISTS (
      SELECT 1 FROM "DatasetImage" AS member WHERE member."imageId" = ${imageId} AND member."datasetId" = ${dataset}::uuid${inSplit})`);
  }
  if (library !== undefined || folder !== undefined) {
    const inLibrary = library === undefined ? Prisma.empty : Prisma.sql` AND placed."libraryId" = ${library}::uuid`;
    const inFolder =
      folder === undefined ? Prisma.empty : Prisma.sql` AND placed."path" ^@ ${beginningOf(folder)}::text`;
    conditions.push(Prisma.sql`EXISTS (
      SELECT 1 FROM "LibraryFile" AS placed WHERE placed."imageId" = ${imageId}${inLibrary}${inFolder})`);
  }
  return conditions;
}

function wished(condition: Prisma.Sql, wish: boolean): Prisma.Sql {
  return wish ? condition : Prisma.sql`NOT ${condition}`;
}

/** Conditions on the photo's row. */
function ofRow({ split, dataset, addedFrom, addedBefore, missing }: ImageFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (split !== undefined && dataset === undefined) conditions.push(Prisma.sql`image."split" = ${split}::"Split"`);
  if (addedFrom) conditions.push(Prisma.sql`image."createdAt" >= ${addedFrom}::timestamptz`);
  if (addedBefore) conditions.push(Prisma.sql`image."createdAt" < ${addedBefore}::timestamptz`);
  if (missing !== undefined) conditions.push(missing ? hasNoBytes() : Prisma.sql`NOT ${hasNoBytes()}`);
  return conditions;
}

/** Conditions on what the photo's file says. */
function ofFile({ takenFrom, takenBefore, keyword, ratedAtLeast }: ImageFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (takenFrom) conditions.push(Prisma.sql`file."takenAt" >= ${takenFrom}::timestamptz`);
  if (takenBefore) conditions.push(Prisma.sql`file."takenAt" < ${takenBefore}::timestamptz`);
  if (keyword !== undefined)
    conditions.push(Prisma.sql`file."foldedKeywords" @> ARRAY[${keyword.toLowerCase()}::text]`);
  if (ratedAtLeast !== undefined) conditions.push(Prisma.sql`file."rating" >= ${ratedAtLeast}::int`);
  return conditions;
}

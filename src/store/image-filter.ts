/** Which photos a list or a search is about: the same filter for all of them. */
import { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, ImageId } from '../ids.js';
import type { Split } from './images.js';

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
  /** The newest photo that counts: ids are in the order of creation. */
  readonly newest?: ImageId | undefined;
}

/** The filter for Prisma. */
export function imageWhere(filter: ImageFilter): Prisma.ImageWhereInput {
  const { split, dataset, addedFrom, addedBefore, hasPersonCaption, newest } = filter;
  const captions = hasPersonCaption === undefined ? undefined : hasPersonCaption ? { some: {} } : { none: {} };
  return {
    ...(dataset === undefined ? { split } : { datasets: { some: { datasetId: dataset, split } } }),
    ...(newest !== undefined && { id: { lte: newest } }),
    ...((addedFrom ?? addedBefore) && { createdAt: { gte: addedFrom, lt: addedBefore } }),
    ...(captions && { referenceCaptions: captions }),
  };
}

/** The filter over the table of photos itself, as the end of a SELECT: ` FROM … WHERE …`. */
export function fromImages(filter: ImageFilter): Prisma.Sql {
  const conditions = [...ofId(filter, Prisma.sql`image."id"`), ...ofRow(filter)];
  return conditions.length === 0 ? Prisma.sql` FROM "Image"` : Prisma.sql` FROM "Image" AS image WHERE ${Prisma.join(conditions, ' AND ')}`;
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
    conditions.push(Prisma.sql`EXISTS (SELECT 1 FROM "Image" AS image WHERE image."id" = ${imageId} AND ${Prisma.join(row, ' AND ')})`);
  }
  return conditions.length === 0 ? Prisma.empty : Prisma.sql` AND ${Prisma.join(conditions, ' AND ')}`;
}

/** Conditions for which the photo's id is enough. */
function ofId({ newest, hasPersonCaption, dataset, split }: ImageFilter, imageId: Prisma.Sql): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (newest !== undefined) conditions.push(Prisma.sql`${imageId} <= ${newest}::uuid`);
  if (hasPersonCaption !== undefined) {
    const written = Prisma.sql`EXISTS (SELECT 1 FROM "ReferenceCaption" AS reference WHERE reference."imageId" = ${imageId})`;
    conditions.push(hasPersonCaption ? written : Prisma.sql`NOT ${written}`);
  }
  if (dataset !== undefined) {
    const inSplit = split === undefined ? Prisma.empty : Prisma.sql` AND member."split" = ${split}::"Split"`;
    conditions.push(Prisma.sql`EXISTS (
      SELECT 1 FROM "DatasetImage" AS member WHERE member."imageId" = ${imageId} AND member."datasetId" = ${dataset}::uuid${inSplit})`);
  }
  return conditions;
}

/** Conditions on the photo's row. */
function ofRow({ split, dataset, addedFrom, addedBefore }: ImageFilter): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (split !== undefined && dataset === undefined) conditions.push(Prisma.sql`image."split" = ${split}::"Split"`);
  if (addedFrom) conditions.push(Prisma.sql`image."createdAt" >= ${addedFrom}::timestamptz`);
  if (addedBefore) conditions.push(Prisma.sql`image."createdAt" < ${addedBefore}::timestamptz`);
  return conditions;
}

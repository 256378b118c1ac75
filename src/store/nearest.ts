/**
 * Vectors of photos that point the way a given one does, by pgvector's HNSW index of cosine distance. A search is among
 * the vectors of one encoder or model, which have an index of their own.
 */
import { toSql } from 'pgvector';
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import { type Count, countEachRow, countRows } from './counts.js';
import { andImage, type ImageFilter } from './image-filter.js';
import { comparedType, type VectorTable } from './vector-index.js';

export interface Neighbour {
  readonly imageId: ImageId;
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number;
  /** Cosine distance as the database has it, 1 - similarity: with the id it is the place in the ranking. */
  readonly distance: number;
}

/** A place in a ranking by distance. */
export type NeighbourPosition = Pick<Neighbour, 'distance' | 'imageId'>;

export interface NearestRequest {
  /** As many numbers as the owner's vectors, of any length but zero. */
  readonly vector: Float32Array;
  readonly limit: number;
  readonly filter?: ImageFilter | undefined;
  /** Photos that are left out. */
  readonly without?: readonly ImageId[] | undefined;
  /** Only those behind this place. */
  readonly after?: NeighbourPosition | undefined;
  /** Only those ahead of this place. */
  readonly before?: NeighbourPosition | undefined;
  /** From the end of the ranking, the least near first. Default: false. */
  readonly backwards?: boolean | undefined;
}

/**
 * The photos whose vectors are nearest, the nearest first; at equal distance in the order of their ids.
 *
 * The index scan goes on behind what a filter leaves out (`hnsw.iterative_scan`), but not for ever
 * (`hnsw.max_scan_tuples`, memory). Where it brings less than was asked for, the vectors that fit are compared one by
 * one: a filter never returns too few. From its end a ranking is always read one by one, as the index has only the
 * other direction.
 */
export async function nearest(prisma: StoreClient, source: VectorTable, request: NearestRequest): Promise<Neighbour[]> {
  const { byIndex, oneByOne } = nearestStatements(source, request);
  const found = request.backwards === true ? [] : await prisma.$queryRaw<NeighbourPosition[]>(byIndex);
  return (found.length === request.limit ? found : await prisma.$queryRaw<NeighbourPosition[]>(oneByOne)).map(
    toNeighbour,
  );
}

/** The two statements of `nearest`. */
export function nearestStatements(
  source: VectorTable,
  request: NearestRequest,
): { readonly byIndex: Prisma.Sql; readonly oneByOne: Prisma.Sql } {
  const { limit, after, before, backwards = false } = request;
  const type = Prisma.raw(comparedType(request.vector.length).name);
  const distance = Prisma.sql`"vector"::${type} <=> ${vectorText(request.vector)}::${type}`;
  const behind = after
    ? Prisma.sql`("distance" > ${after.distance}::float8 OR ("distance" = ${after.distance}::float8 AND "imageId" > ${after.imageId}::uuid))`
    : Prisma.sql`TRUE`;
  const ahead = before
    ? Prisma.sql`("distance" < ${before.distance}::float8 OR ("distance" = ${before.distance}::float8 AND "imageId" < ${before.imageId}::uuid))`
    : Prisma.sql`TRUE`;
  const order = backwards ? Prisma.sql`"distance" DESC, "imageId" DESC` : Prisma.sql`"distance", "imageId"`;
  const first = Prisma.sql`SELECT "imageId"::text, "distance" FROM found WHERE ${behind} AND ${ahead} ORDER BY ${order} LIMIT ${limit}`;
  // A condition on the distance lets the index scan skip what the pages before had. Ties of the last row come along,
  // whichever of them the index meets first.
  const beyond = after ? Prisma.sql` AND ${distance} >= ${after.distance}::float8` : Prisma.empty;
  const fitting = fittingRows(source, request);
  const byIndex = Prisma.sql`
    WITH found AS (
      SELECT "imageId", ${distance} AS "distance" ${fitting}${beyond}
      ORDER BY ${distance} FETCH FIRST (${limit + 1}::bigint) ROWS WITH TIES
    ) ${first}`;
  const oneByOne = Prisma.sql`WITH found AS MATERIALIZED (SELECT "imageId", ${distance} AS "distance" ${fitting}) ${first}`;
  return { byIndex, oneByOne };
}

/** How many photos a ranking has. */
export function countNeighbours(
  prisma: StoreClient,
  source: VectorTable,
  request: Pick<NearestRequest, 'filter' | 'without'>,
): Promise<Count> {
  return countRows(prisma, Prisma.sql`SELECT 1 ${fittingRows(source, request)}`);
}

/** The same, never estimated. */
export function countEachNeighbour(
  prisma: StoreClient,
  source: VectorTable,
  request: Pick<NearestRequest, 'filter' | 'without'>,
): Promise<number> {
  return countEachRow(prisma, Prisma.sql`SELECT 1 ${fittingRows(source, request)}`);
}

function fittingRows(
  { table, owner }: VectorTable,
  { filter = {}, without = [] }: Pick<NearestRequest, 'filter' | 'without'>,
): Prisma.Sql {
  const others = without.length === 0 ? Prisma.empty : Prisma.sql` AND "imageId" <> ALL (${[...without]}::uuid[])`;
  return Prisma.sql`FROM ${table} WHERE ${owner}${others}${andImage(filter, Prisma.sql`${table}."imageId"`)}`;
}

/** A vector as pgvector reads it. */
export function vectorText(vector: Float32Array): string {
  return String(toSql(Array.from(vector)));
}

/** @param text as pgvector writes it */
export function parseVector(text: string): Float32Array {
  return Float32Array.from(text.slice(1, -1).split(','), Number);
}

function toNeighbour({ imageId, distance }: NeighbourPosition): Neighbour {
  return { imageId, distance, similarity: 1 - distance };
}

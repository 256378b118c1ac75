/** Vectors of photos, one for each photo and encoder or model: kept, looked up, and searched by cosine similarity. */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { Count } from './counts.js';
import type { ExecuteSql } from './database.js';
import { hasNoBytes } from './image-filter.js';
import {
  countEachNeighbour,
  countNeighbours,
  nearest,
  type NearestRequest,
  type Neighbour,
  parseVector,
  vectorText,
} from './nearest.js';
import { isRecordId } from './pages.js';
import { createVectorIndex, type VectorColumns, vectorsOf, type VectorTable } from './vector-index.js';

export interface OwnedVector<Owner extends string> {
  readonly imageId: ImageId;
  readonly owner: Owner;
  /** As many numbers as all of this owner. */
  readonly vector: Float32Array;
}

/** @typeParam Owner what made the vectors: vectors of two owners are never compared */
export class ImageVectors<Owner extends string> {
  private readonly table: Prisma.Sql;
  private readonly column: Prisma.Sql;
  private readonly cast: Prisma.Sql;
  /** Owners whose vectors have their index. */
  private readonly indexed = new Set<Owner>();

  constructor(
    private readonly prisma: StoreClient,
    private readonly executeSql: ExecuteSql,
    private readonly columns: VectorColumns,
  ) {
    const { table, owner, ownerType } = columns;
    this.table = Prisma.raw(`"${table}"`);
    this.column = Prisma.raw(`"${owner}"`);
    this.cast = Prisma.raw(`::${ownerType}`);
  }

  /** Stores vectors; where an image has one of this owner it is replaced. Of one image and owner give one only. */
  protected async putVectors(vectors: readonly OwnedVector<Owner>[]): Promise<void> {
    if (vectors.length === 0) return;
    for (const { owner, vector } of vectors) await this.index(owner, vector.length);
    await this.prisma.$executeRaw`
      INSERT INTO ${this.table} ("imageId", ${this.column}, "vector")
      SELECT image::uuid, owner${this.cast}, vector::vector
      FROM unnest(
        ${vectors.map(({ imageId }) => imageId)}::text[],
        ${vectors.map(({ owner }) => owner)}::text[],
        ${vectors.map(({ vector }) => vectorText(vector))}::text[]
      ) AS given (image, owner, vector)
      ON CONFLICT ("imageId", ${this.column}) DO UPDATE SET "vector" = EXCLUDED."vector", "createdAt" = now()`;
  }

  /** @returns undefined where the image has none of this owner */
  async find(imageId: ImageId, owner: Owner): Promise<Float32Array | undefined> {
    return (await this.findMany([imageId], owner)).get(imageId);
  }

  /** @returns those of each image that has a vector of this owner */
  async findMany(imageIds: readonly ImageId[], owner: Owner): Promise<Map<ImageId, Float32Array>> {
    if (imageIds.length === 0) return new Map();
    const rows = await this.prisma.$queryRaw<{ imageId: ImageId; vector: string }[]>`
      SELECT "imageId"::text, "vector"::text FROM ${this.table} WHERE ${this.of(owner)} AND "imageId" = ANY (${imageIds.filter(isRecordId)}::uuid[])`;
    return new Map(rows.map(({ imageId, vector }) => [imageId, parseVector(vector)]));
  }

  /** Which of the images have a vector of this owner. */
  async having(imageIds: readonly ImageId[], owner: Owner): Promise<Set<ImageId>> {
    const rows = await this.prisma.$queryRaw<{ imageId: ImageId }[]>`
      SELECT "imageId"::text FROM ${this.table} WHERE ${this.of(owner)} AND "imageId" = ANY (${imageIds.filter(isRecordId)}::uuid[])`;
    return new Set(rows.map(({ imageId }) => imageId));
  }

  /** See `nearest`. */
  nearest(owner: Owner, request: NearestRequest): Promise<Neighbour[]> {
    return nearest(this.prisma, this.source(owner), request);
  }

  /** How many images `nearest` ranks. */
  countRanked(owner: Owner, request: Pick<NearestRequest, 'filter' | 'without'>): Promise<Count> {
    return countNeighbours(this.prisma, this.source(owner), request);
  }

  /** The same, never estimated. */
  countEachRanked(owner: Owner, request: Pick<NearestRequest, 'filter' | 'without'>): Promise<number> {
    return countEachNeighbour(this.prisma, this.source(owner), request);
  }

  /**
   * Ids of photos behind one that can be read and have no vector of this owner, oldest first.
   *
   * @param orOther also those that have a vector of another owner
   */
  async idsWithout(owner: Owner, after: ImageId | undefined, limit: number, orOther = false): Promise<ImageId[]> {
    const other = orOther
      ? Prisma.sql`OR EXISTS (SELECT 1 FROM ${this.table} WHERE "imageId" = image."id" AND NOT ${this.of(owner)})`
      : Prisma.empty;
    const behind = after === undefined ? Prisma.empty : Prisma.sql`AND image."id" > ${after}::uuid`;
    const rows = await this.prisma.$queryRaw<{ id: ImageId }[]>`
      SELECT image."id"::text FROM "Image" AS image
      WHERE (NOT EXISTS (SELECT 1 FROM ${this.table} WHERE "imageId" = image."id" AND ${this.of(owner)}) ${other}) AND NOT ${hasNoBytes()} ${behind}
      ORDER BY image."id" LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  /** Removes the vectors of other owners from photos that have one of this owner. */
  async removeOthers(owner: Owner): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM ${this.table} AS vectors WHERE NOT ${this.of(owner)}
        AND EXISTS (SELECT 1 FROM ${this.table} AS own WHERE own."imageId" = vectors."imageId" AND own.${this.column} = ${owner}${this.cast})`;
  }

  /** Vectors of each owner. */
  async countByOwner(): Promise<Map<Owner, number>> {
    const rows = await this.prisma.$queryRaw<{ owner: Owner; count: number }[]>`
      SELECT ${this.column}::text AS owner, count(*)::int AS count FROM ${this.table} GROUP BY ${this.column}`;
    return new Map(rows.map(({ owner, count }) => [owner, count]));
  }

  private source(owner: Owner): VectorTable {
    return vectorsOf(this.columns, owner);
  }

  /** Before its first vector: an index that has to be built from many takes minutes. */
  private async index(owner: Owner, length: number): Promise<void> {
    if (this.indexed.has(owner)) return;
    await createVectorIndex(this.executeSql, this.columns, owner, length);
    this.indexed.add(owner);
  }

  private of(owner: Owner): Prisma.Sql {
    return Prisma.sql`${this.column} = ${owner}${this.cast}`;
  }
}

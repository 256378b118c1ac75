/** Pooled features: one vector of 512 numbers for each image and encoder, searched by cosine similarity. */
import { toSql } from 'pgvector';
import type { EncoderId, ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import { findImageIds } from './images.js';
import { isRecordId } from './pages.js';

/** The column's dimension. */
const FEATURE_LENGTH = 512;

export interface FeatureRecord {
  readonly imageId: ImageId;
  readonly encoder: EncoderId;
  /** [512] */
  readonly vector: Float32Array;
}

export interface Neighbour {
  readonly imageId: ImageId;
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number;
}

export class FeatureRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Stores features; where an image has one of this encoder it is replaced. Of one image and encoder give one only. */
  async put(features: readonly FeatureRecord[]): Promise<void> {
    if (features.length === 0) return;
    for (const { vector } of features) {
      if (vector.length !== FEATURE_LENGTH) throw new RangeError(`a feature has ${FEATURE_LENGTH} numbers, not ${vector.length}`);
    }
    await this.prisma.$executeRaw`
      INSERT INTO "ImageFeature" ("imageId", "encoder", "vector")
      SELECT image::uuid, encoder, vector::vector(512)
      FROM unnest(
        ${features.map(({ imageId }) => imageId)}::text[],
        ${features.map(({ encoder }) => encoder)}::text[],
        ${features.map(({ vector }) => String(toSql(Array.from(vector))))}::text[]
      ) AS given (image, encoder, vector)
      ON CONFLICT ("imageId", "encoder") DO UPDATE SET "vector" = EXCLUDED."vector", "createdAt" = now()`;
  }

  /** @returns [512] */
  async find(imageId: ImageId, encoder: EncoderId): Promise<Float32Array | undefined> {
    if (!isRecordId(imageId)) return undefined;
    const rows = await this.prisma.$queryRaw<{ vector: string }[]>`
      SELECT "vector"::text AS vector FROM "ImageFeature" WHERE "imageId" = ${imageId}::uuid AND "encoder" = ${encoder}`;
    const text = rows[0]?.vector;
    return text === undefined ? undefined : Float32Array.from(text.slice(1, -1).split(','), Number);
  }

  /** Which of the images have a feature of the encoder. */
  async having(imageIds: readonly ImageId[], encoder: EncoderId): Promise<Set<ImageId>> {
    const rows = await this.prisma.imageFeature.findMany({
      where: { encoder, imageId: { in: imageIds.filter(isRecordId) } },
      select: { imageId: true },
    });
    return new Set(rows.map(({ imageId }) => imageId as ImageId));
  }

  /**
   * The images whose features of this encoder are most like a given one's, the most similar first, without itself.
   *
   * @returns undefined when the image has no feature of this encoder
   */
  async nearest(imageId: ImageId, encoder: EncoderId, limit: number): Promise<Neighbour[] | undefined> {
    const vector = await this.find(imageId, encoder);
    if (!vector) return undefined;
    const wanted = String(toSql(Array.from(vector)));
    const rows = await this.prisma.$queryRaw<{ imageId: string; distance: number }[]>`
      SELECT "imageId"::text AS "imageId", "vector" <=> ${wanted}::vector(512) AS distance
      FROM "ImageFeature"
      WHERE "encoder" = ${encoder} AND "imageId" <> ${imageId}::uuid
      ORDER BY "vector" <=> ${wanted}::vector(512)
      LIMIT ${limit}`;
    return rows.map((row) => ({ imageId: row.imageId as ImageId, similarity: 1 - row.distance }));
  }

  /**
   * Ids of photos behind one that have no feature of the encoder, oldest first.
   *
   * @param orOther also those that have a feature of another encoder
   */
  idsWithout(encoder: EncoderId, after: ImageId | undefined, limit: number, orOther = false): Promise<ImageId[]> {
    const lacking = { features: { none: { encoder } } };
    const where = orOther ? { OR: [lacking, { features: { some: { encoder: { not: encoder } } } }] } : lacking;
    return findImageIds(this.prisma, where, after, limit);
  }

  /** Removes what other encoders saw in these photos, where this one has seen them. */
  async removeOthers(imageIds: readonly ImageId[], encoder: EncoderId): Promise<void> {
    const where = { imageId: { in: [...imageIds] }, encoder: { not: encoder }, image: { features: { some: { encoder } } } };
    await this.prisma.imageFeature.deleteMany({ where });
  }

  /** Features of each encoder. */
  async countByEncoder(): Promise<Map<EncoderId, number>> {
    const groups = await this.prisma.imageFeature.groupBy({ by: ['encoder'], _count: true });
    return new Map(groups.map(({ encoder, _count }) => [encoder as EncoderId, _count]));
  }
}

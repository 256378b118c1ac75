/** Pooled features: for each image and encoder what it sees as a whole. */
import type { EncoderId, ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { ExecuteSql } from './database.js';
import { ImageVectors } from './image-vectors.js';
import { parseVector } from './nearest.js';
import { isRecordId } from './pages.js';
import { FEATURE_COLUMNS } from './vector-index.js';

export interface FeatureRecord {
  readonly imageId: ImageId;
  readonly encoder: EncoderId;
  readonly vector: Float32Array;
}

export class FeatureRepository extends ImageVectors<EncoderId> {
  constructor(
    private readonly client: StoreClient,
    executeSql: ExecuteSql,
  ) {
    super(client, executeSql, FEATURE_COLUMNS);
  }

  /** Stores features; where an image has one of this encoder it is replaced. Of one image and encoder give one only. */
  async put(features: readonly FeatureRecord[]): Promise<void> {
    const [first] = features;
    if (!first) return;
    await this.putVectors(features.map(({ imageId, encoder, vector }) => ({ imageId, owner: encoder, vector })));
    await this.client.answeringEncoder.createMany({ data: [{ encoder: first.encoder }], skipDuplicates: true });
  }

  /** Whose features answer searches by likeness; nobody's where nothing has been seen. */
  async answering(): Promise<EncoderId | undefined> {
    return (await this.client.answeringEncoder.findFirst())?.encoder as EncoderId | undefined;
  }

  /** The features of images by the encoder that answers, in one query; those that it has not seen are left out. */
  async ofAnswering(
    imageIds: readonly ImageId[],
  ): Promise<{ encoder: EncoderId; vectors: Map<ImageId, Float32Array> } | undefined> {
    const rows = await this.client.$queryRaw<{ encoder: EncoderId; imageId: ImageId | null; vector: string | null }[]>`
      SELECT answering."encoder", "imageId"::text, "vector"::text FROM "AnsweringEncoder" AS answering
      LEFT JOIN "ImageFeature" AS feature ON feature."encoder" = answering."encoder" AND "imageId" = ANY (${imageIds.filter(isRecordId)}::uuid[])`;
    const [first] = rows;
    if (!first) return undefined;
    const found = rows.flatMap(({ imageId, vector }) =>
      imageId !== null && vector !== null ? [[imageId, parseVector(vector)] as const] : [],
    );
    return { encoder: first.encoder, vectors: new Map(found) };
  }

  /** From now on this encoder's features answer. */
  async answerWith(encoder: EncoderId): Promise<void> {
    await this.client.answeringEncoder.upsert({ where: { only: true }, create: { encoder }, update: { encoder } });
  }
}

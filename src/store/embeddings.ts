/** Embeddings: for each image and search model its place in the space that the model shares with sentences. */
import type { ImageId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { ExecuteSql } from './database.js';
import { ImageVectors } from './image-vectors.js';
import { EMBEDDING_COLUMNS } from './vector-index.js';

export interface EmbeddingRecord {
  readonly imageId: ImageId;
  readonly modelId: ModelId;
  readonly vector: Float32Array;
}

export class EmbeddingRepository extends ImageVectors<ModelId> {
  constructor(prisma: StoreClient, executeSql: ExecuteSql) {
    super(prisma, executeSql, EMBEDDING_COLUMNS);
  }

  /** Stores embeddings; where an image has one of this model it is replaced. Of one image and model give one only. */
  put(embeddings: readonly EmbeddingRecord[]): Promise<void> {
    return this.putVectors(embeddings.map(({ imageId, modelId, vector }) => ({ imageId, owner: modelId, vector })));
  }
}

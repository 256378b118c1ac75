/** Embeddings: for each image and search model its place in the space that the model shares with sentences, 512 numbers. */
import type { ImageId, ModelId } from '../ids.js';
import type { StoreClient } from './client.js';
import { ImageVectors } from './image-vectors.js';

export interface EmbeddingRecord {
  readonly imageId: ImageId;
  readonly modelId: ModelId;
  /** [512] */
  readonly vector: Float32Array;
}

export class EmbeddingRepository extends ImageVectors<ModelId> {
  constructor(prisma: StoreClient) {
    super(prisma, { table: 'ImageEmbedding', owner: 'modelId', ownerType: 'uuid' });
  }

  /** Stores embeddings; where an image has one of this model it is replaced. Of one image and model give one only. */
  put(embeddings: readonly EmbeddingRecord[]): Promise<void> {
    return this.putVectors(embeddings.map(({ imageId, modelId, vector }) => ({ imageId, owner: modelId, vector })));
  }
}

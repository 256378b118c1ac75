import { Ctx, Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import type { ImageId } from '../../ids.js';
import type { Recommendation as RecommendationRecord } from '../../search/recommendations.js';
import type { SimilarHit } from '../../search/similar-images.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { Image, loadImage } from './image.js';

@InputType({ description: 'A photo of the collection, and how much it counts.' })
export class WeightedImage {
  @Field(() => ID)
  readonly imageId: ImageId = '' as ImageId;

  @Field(() => Float, { defaultValue: 1, description: 'Above 0 for photos like it, below 0 for photos unlike it; -100 to 100.' })
  readonly weight: number = 1;
}

@ObjectType({ description: 'A photo that looks like another.' })
export class SimilarImage {
  constructor(private readonly hit: SimilarHit) {}

  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.hit.imageId, context);
  }

  @Field(() => Float, { description: 'Cosine similarity of what VGG16 sees in it with what was asked for, -1 to 1.' })
  get similarity(): number {
    return this.hit.similarity;
  }

  @Field(() => Boolean, {
    description: 'It is, as far as VGG16 can tell, the same picture as one that was asked for: resized, compressed, cropped a little, or mirrored.',
  })
  get nearDuplicate(): boolean {
    return this.hit.isNearDuplicate;
  }
}

export const SimilarImageConnection = connectionOf('SimilarImage', () => SimilarImage);

@ObjectType({ description: 'A photo for somebody who liked others.' })
export class Recommendation {
  constructor(private readonly record: RecommendationRecord) {}

  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.record.imageId, context);
  }

  @Field(() => Image, { description: 'Of the liked photos the one it is most like.' })
  like(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.record.likeImageId, context);
  }

  @Field(() => Float, { description: 'Cosine similarity with that one, -1 to 1.' })
  get similarity(): number {
    return this.record.similarity;
  }
}

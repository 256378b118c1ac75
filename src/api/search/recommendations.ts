import { Arg, Args, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { ImageId } from '../../ids.js';
import type { Recommendation as RecommendationRecord } from '../../search/recommendations.js';
import { MOST_EXAMPLES } from '../../search/similar-images.js';
import { FIRST } from '../connections.js';
import type { ApiContext } from '../context.js';
import { PRICES, timesFirstAfter } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { FilterArguments, toImageFilter } from '../images/filters.js';
import { Image, loadImage } from '../images/image.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A recommended photo.' })
class Recommendation extends fieldsOf<RecommendationRecord>() {
  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.imageId, context);
  }

  @Field(() => Image, { description: 'The liked photo that it is most similar to.' })
  like(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.likeImageId, context);
  }

  @Field(() => Float, { description: 'The cosine similarity with `like`, -1 to 1.' })
  declare readonly similarity: RecommendationRecord['similarity'];
}

@Resolver()
export class RecommendationResolver {
  @Needs('read')
  @Query(() => [Recommendation], {
    complexity: timesFirstAfter(PRICES.recommendations),
    description:
      'Photos similar to the given ones, without these and without near-duplicates, and different from each other ' +
      '(maximal marginal relevance). ' +
      'Errors: NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT.',
  })
  async recommendations(
    @Arg('forImageIds', () => [ID], {
      description: `The photos that somebody liked, 1 to ${MOST_EXAMPLES}.`,
    })
    forImageIds: string[],
    @Arg('first', () => Int, FIRST) first: number,
    @Args(() => FilterArguments) args: FilterArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<Recommendation[]> {
    const request = {
      forImageIds: forImageIds as ImageId[],
      limit: first,
      filter: await toImageFilter(args, services),
    };
    return (await services.recommendations(request)).map((record) => new Recommendation(record));
  }
}

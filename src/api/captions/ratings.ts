import {
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
  Root,
} from 'type-graphql';
import type { GeneratedCaptionId, RatingId } from '../../ids.js';
import type { RatingRecord, RatingSummary as Summary } from '../../store/ratings.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { GeneratedCaption } from './caption.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'The ratings of a caption.' })
class RatingSummary extends fieldsOf<Summary>() {
  @Field(() => Float, { description: '1 to 5 (the best).' })
  declare readonly mean: Summary['mean'];

  @Field(() => Int, { description: 'The number of ratings.' })
  declare readonly count: Summary['count'];
}

@ObjectType({ description: 'How good a person finds a caption that a model wrote.', implements: Node })
export class Rating extends fieldsOf<RatingRecord>() {
  @Field(() => ID)
  declare readonly id: RatingRecord['id'];

  @Field(() => Int, { description: '1 to 5 (the best).' })
  declare readonly rating: RatingRecord['rating'];

  @Field(() => String, { description: 'The caption as it was when it was rated.' })
  declare readonly text: RatingRecord['text'];
}

@InputType()
class RateCaptionInput {
  @Field(() => ID, { description: 'The id of a GeneratedCaption.' })
  declare readonly captionId: GeneratedCaptionId;

  @Field(() => Int, { description: '1 to 5 (the best).' })
  declare readonly rating: number;

  @Field(() => ID, {
    nullable: true,
    description: 'The id of an earlier rating of this caption, which this one replaces.',
  })
  declare readonly replaces?: RatingId | null;
}

@Resolver(() => GeneratedCaption)
export class RatingResolver {
  @FieldResolver(() => RatingSummary, {
    nullable: true,
    description: 'The ratings that people gave it. Null while nobody has rated it.',
  })
  async rating(
    @Root() { imageId, modelId, text }: GeneratedCaption,
    @Ctx() { loaders }: ApiContext,
  ): Promise<RatingSummary | undefined> {
    const ratings = await loaders.ratings.load(imageId);
    const summary = ratings.find((rated) => rated.modelId === modelId && rated.text === text);
    return summary && new RatingSummary(summary);
  }

  @Needs('write')
  @Mutation(() => Rating, {
    description:
      'Stores how good a person finds a caption that a model wrote, from 1 to 5 (the best). bleuReport compares the ' +
      'metrics with it. ' +
      'Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async rateCaption(
    @Input(() => RateCaptionInput) { captionId, rating, replaces }: RateCaptionInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Rating> {
    return new Rating(await services.rateCaption({ captionId, rating, replaces: replaces ?? undefined }));
  }
}

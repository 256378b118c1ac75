import { Arg, Ctx, ID, Int, Mutation, Resolver } from 'type-graphql';
import { correctCaption, LONGEST_CAPTION, rateCaption, removeCaption } from '../../collection/people-captions.js';
import type { GeneratedCaptionId, ImageId, ModelId, RatingId, ReferenceCaptionId } from '../../ids.js';
import { findModelOrCurrent } from '../../jobs/models.js';
import type { ApiContext } from '../context.js';
import { ReferenceCaption } from '../types/caption.js';
import { Rating } from '../types/rating.js';

/** The beam search runs again. */
const CHOICE_COST = 500;

const REPLACES = 'The id of a caption that a person gave here for the same photo and that this one takes the place of.';

@Resolver()
export class FeedbackResolver {
  @Mutation(() => Rating, {
    description:
      'Keeps what a person thinks of a caption a model wrote, from 1 to 5, the best. bleuReport compares the metrics with it. ' +
      'Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async rateCaption(
    @Arg('captionId', () => ID, { description: 'Of a GeneratedCaption.' }) captionId: string,
    @Arg('rating', () => Int) rating: number,
    @Arg('replaces', () => ID, { nullable: true, description: 'The id of an earlier rating of this caption that is changed.' })
    replaces: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<Rating> {
    const given = { captionId: captionId as GeneratedCaptionId, rating, replaces: (replaces ?? undefined) as RatingId | undefined };
    return new Rating(await rateCaption(given, services.store));
  }

  @Mutation(() => ReferenceCaption, {
    description:
      "Keeps a person's caption of a photo, beside those of others, which stay. Search finds it at once and the next training learns " +
      'it: a fifth of the photos that are in no split, by their hash, is held out for measuring. ' +
      `At most ${LONGEST_CAPTION} characters. Errors: NOT_FOUND, BAD_USER_INPUT.`,
  })
  async correctCaption(
    @Arg('imageId', () => ID) imageId: string,
    @Arg('text', () => String) text: string,
    @Arg('replaces', () => ID, { nullable: true, description: REPLACES }) replaces: string | null | undefined,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<ReferenceCaption> {
    const correction = { imageId: imageId as ImageId, text, replaces: (replaces ?? undefined) as ReferenceCaptionId | undefined };
    const caption = await correctCaption(correction, services.store);
    loaders.references.clear(caption.imageId);
    return new ReferenceCaption(caption);
  }

  @Mutation(() => ReferenceCaption, {
    complexity: CHOICE_COST,
    description:
      "Keeps one of a photo's candidates as a person's choice: trained on like a person's caption, but no model is measured by it. " +
      'Errors: NOT_FOUND, BAD_USER_INPUT when it is no candidate, NO_MODEL, ENCODER_MISMATCH.',
  })
  async chooseCaption(
    @Arg('imageId', () => ID) imageId: string,
    @Arg('text', () => String, { description: 'The candidate as it came.' }) text: string,
    @Arg('modelId', () => ID, { nullable: true, description: 'Whose candidate it is; of the current model without.' })
    modelId: string | null | undefined,
    @Arg('replaces', () => ID, { nullable: true, description: REPLACES }) replaces: string | null | undefined,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<ReferenceCaption> {
    const model = await findModelOrCurrent(services.store, (modelId ?? undefined) as ModelId | undefined);
    const choice = { imageId: imageId as ImageId, text, model, replaces: (replaces ?? undefined) as ReferenceCaptionId | undefined };
    const caption = await services.chooseCaption(choice);
    loaders.references.clear(caption.imageId);
    return new ReferenceCaption(caption);
  }

  @Mutation(() => ID, {
    description:
      'Takes back a caption that a person wrote or chose here, and returns its id. Those of data sets cannot be removed. ' +
      'Errors: NOT_FOUND.',
  })
  async removeCaption(
    @Arg('captionId', () => ID, { description: 'Of a ReferenceCaption.' }) captionId: string,
    @Ctx() { services }: ApiContext,
  ): Promise<string> {
    await removeCaption(captionId as ReferenceCaptionId, services.store);
    return captionId;
  }
}

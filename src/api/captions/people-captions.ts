/** Captions that people give: those they write, choose from candidates, and take back. */
import { Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import { LONGEST_CAPTION } from '../../collection/people-captions.js';
import type { ImageId, ModelId, ReferenceCaptionId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { Input } from '../inputs.js';
import { ReferenceCaption } from './caption.js';
import { Needs } from '../scopes.js';

const REPLACES = 'The id of a caption that a person gave here for the same photo, and that this one replaces.';

@InputType()
class CorrectCaptionInput {
  @Field(() => ID)
  declare readonly imageId: ImageId;

  @Field(() => String)
  declare readonly text: string;

  @Field(() => ID, { nullable: true, description: REPLACES })
  declare readonly replaces?: ReferenceCaptionId | null;
}

@InputType()
class ChooseCaptionInput {
  @Field(() => ID)
  declare readonly imageId: ImageId;

  @Field(() => String, { description: 'The text of the candidate, unchanged.' })
  declare readonly text: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The model that wrote the candidate. Default: the current model.',
  })
  declare readonly modelId?: ModelId | null;

  @Field(() => ID, { nullable: true, description: REPLACES })
  declare readonly replaces?: ReferenceCaptionId | null;
}

@InputType()
class RemoveCaptionInput {
  @Field(() => ID, { description: 'The id of a ReferenceCaption.' })
  declare readonly captionId: ReferenceCaptionId;
}

@Resolver()
export class PeopleCaptionResolver {
  @Needs('write')
  @Mutation(() => ReferenceCaption, {
    description:
      "Stores a person's caption of a photo; other captions stay. Search finds it at once, and the next training " +
      'learns from it, ' +
      'except that a fifth of the photos without a split, chosen by their hash, are held out for measuring. ' +
      `At most ${LONGEST_CAPTION} characters. Errors: NOT_FOUND, BAD_USER_INPUT.`,
  })
  async correctCaption(
    @Input(() => CorrectCaptionInput) { imageId, text, replaces }: CorrectCaptionInput,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<ReferenceCaption> {
    const caption = await services.correctCaption({ imageId, text, replaces: replaces ?? undefined });
    loaders.references.clear(caption.imageId);
    return new ReferenceCaption(caption);
  }

  @Needs('write')
  @Mutation(() => ReferenceCaption, {
    complexity: PRICES.candidates,
    description:
      "Stores one of a photo's candidates as a person's choice. Trainings use it like a person's caption, but no " +
      'model is measured by it. ' +
      'Errors: NOT_FOUND, BAD_USER_INPUT if the text is no candidate, NO_MODEL, ENCODER_MISMATCH.',
  })
  async chooseCaption(
    @Input(() => ChooseCaptionInput) { imageId, text, modelId, replaces }: ChooseCaptionInput,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<ReferenceCaption> {
    const model = await services.findCaptioner(modelId ?? undefined);
    const caption = await services.chooseCaption({ imageId, text, model, replaces: replaces ?? undefined });
    loaders.references.clear(caption.imageId);
    return new ReferenceCaption(caption);
  }

  @Needs('write')
  @Mutation(() => ID, {
    description:
      'Removes a caption that a person wrote or chose here, and returns its id. Captions of data sets cannot be ' +
      'removed. ' +
      'Errors: NOT_FOUND.',
  })
  async removeCaption(
    @Input(() => RemoveCaptionInput) { captionId }: RemoveCaptionInput,
    @Ctx() { services }: ApiContext,
  ): Promise<string> {
    await services.removeCaption(captionId);
    return captionId;
  }
}

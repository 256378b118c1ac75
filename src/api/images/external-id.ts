/** What another program calls a photo. */
import { Arg, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from 'type-graphql';
import { LONGEST_EXTERNAL_ID } from '../../collection/external-id.js';
import { found } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';
import { Image } from './image.js';

@InputType({ description: 'A photo, and what another program calls it.' })
class SetExternalIdInput {
  @Field(() => ID)
  declare readonly imageId: string;

  @Field(() => String, {
    nullable: true,
    description: `At most ${LONGEST_EXTERNAL_ID} characters. Null: the photo has none.`,
  })
  declare readonly externalId?: string | null;
}

@Resolver()
export class ExternalIdResolver {
  @Needs('read')
  @Query(() => Image, {
    nullable: true,
    description: 'The photo that another program calls so. Errors: NOT_FOUND.',
  })
  async imageByExternalId(
    @Arg('externalId', () => String) externalId: string,
    @Ctx() { services }: ApiContext,
  ): Promise<Image> {
    const image = await services.store.externalIds.find(externalId);
    return new Image(found(image, `image with the external id ${externalId}`));
  }

  @Needs('write')
  @Mutation(() => Image, {
    description:
      'Sets what another program calls a photo: an id by which it finds the photo again. Errors: NOT_FOUND, ' +
      'BAD_USER_INPUT, CONFLICT if another photo has this external id.',
  })
  async setExternalId(
    @Input(() => SetExternalIdInput) { imageId, externalId }: SetExternalIdInput,
    @Ctx() { services, loaders }: ApiContext,
  ): Promise<Image> {
    const image = await services.setExternalId(imageId as ImageId, externalId ?? null);
    loaders.images.clear(image.id);
    return new Image(image);
  }
}

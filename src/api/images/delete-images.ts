import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { DeletedImages as DeletedPhotos } from '../../deletion/deletions.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import { checkConfirmed, CONFIRM, FOREVER, TRASH_ID } from '../confirmation.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';

/** Photos deleted at once. */
const MAXIMUM_IMAGES = 1000;

@ObjectType({ description: 'What deleteImages deleted.' })
class DeletedImages extends fieldsOf<DeletedPhotos>() {
  @Field(() => ID, { name: 'trashId', nullable: true, description: TRASH_ID })
  declare readonly trash: DeletedPhotos['trash'];

  @Field(() => Int, { description: 'The number of deleted photos.' })
  declare readonly images: DeletedPhotos['images'];

  @Field(() => Int, { description: 'The number of ids without a photo.' })
  declare readonly notThere: DeletedPhotos['notThere'];

  @Field(() => Int, { description: 'The number of deleted captions by people and from data sets.' })
  declare readonly referenceCaptions: DeletedPhotos['referenceCaptions'];

  @Field(() => Int, { description: 'The number of deleted captions by models.' })
  declare readonly generatedCaptions: DeletedPhotos['generatedCaptions'];

  @Field(() => Int)
  declare readonly ratings: DeletedPhotos['ratings'];

  @Field(() => Int, {
    description:
      'The number of evaluations that used these photos. Their figures stay; see deletedImages of BleuReport.',
  })
  declare readonly evaluations: DeletedPhotos['evaluations'];
}

@InputType()
class DeleteImagesInput {
  @Field(() => [ID], { description: `At most ${MAXIMUM_IMAGES}.` })
  declare readonly ids: ImageId[];

  @Field(() => Boolean, CONFIRM)
  declare readonly confirm: boolean;

  @Field(() => Boolean, FOREVER)
  declare readonly forever: boolean;
}

@Resolver()
export class DeleteImagesResolver {
  @Needs('write')
  @Mutation(() => DeletedImages, {
    description:
      'Deletes photos with their captions (including those of people), ratings, features and thumbnails. They go to ' +
      'the trash. The ' +
      'figures of evaluations stay. Errors: BAD_USER_INPUT, CONFLICT while a training or an evaluation reads them ' +
      'or an import writes them, STORAGE_FAILED.',
  })
  async deleteImages(
    @Input(() => DeleteImagesInput) { ids, confirm, forever }: DeleteImagesInput,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedImages> {
    checkConfirmed(confirm);
    if (ids.length > MAXIMUM_IMAGES) {
      throw new EkphrasisError(ErrorCode.BadInput, `At most ${MAXIMUM_IMAGES} photos are deleted at once.`);
    }
    return new DeletedImages(await services.deletions.deleteImages(ids, { forever }));
  }
}

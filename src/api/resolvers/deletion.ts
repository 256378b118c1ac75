import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId, ModelId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { DeletedImages, DeletedModel } from '../types/deletion.js';

/** Photos deleted at once. */
const MAXIMUM_IMAGES = 1000;

@Resolver()
export class DeletionResolver {
  @Mutation(() => DeletedImages, {
    description:
      'Deletes photos with their captions (those of people, too), ratings, features and small copies. It cannot be undone. What an ' +
      'evaluation measured stays. Errors: BAD_USER_INPUT, CONFLICT while a training or an evaluation reads them or an import writes them, STORAGE_FAILED.',
  })
  async deleteImages(
    @Arg('ids', () => [ID]) ids: string[],
    @Arg('confirm', () => Boolean, { description: 'Must be true.' }) confirm: boolean,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedImages> {
    checkConfirmed(confirm);
    if (ids.length > MAXIMUM_IMAGES) throw new EkphrasisError(ErrorCode.BadInput, `At most ${MAXIMUM_IMAGES} photos are deleted at once.`);
    return new DeletedImages(await services.deletions.deleteImages(ids as ImageId[]));
  }

  @Mutation(() => DeletedModel, {
    description:
      'Deletes a model with what it wrote, the ratings of that, its embeddings, evaluations and file. It cannot be undone. ' +
      'Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT for one in use, one of the program, and while a job, a training or an evaluation needs it, STORAGE_FAILED.',
  })
  async deleteModel(
    @Arg('id', () => ID) id: string,
    @Arg('confirm', () => Boolean, { description: 'Must be true.' }) confirm: boolean,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedModel> {
    checkConfirmed(confirm);
    return new DeletedModel(await services.deletions.deleteModel(id as ModelId));
  }
}

function checkConfirmed(confirm: boolean): void {
  if (confirm) return;
  throw new EkphrasisError(ErrorCode.BadInput, 'What is deleted cannot be brought back. Set confirm to true if that is wanted.');
}

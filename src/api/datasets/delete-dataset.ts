import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { DatasetRemoval } from '../../collection/remove-dataset.js';
import type { TrashId } from '../../ids.js';
import { FOREVER, TRASH_ID } from '../confirmation.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A deleted data set, and what was deleted with it.' })
class DeletedDataset {
  constructor(private readonly removal: DatasetRemoval & { readonly trash?: TrashId | undefined }) {}

  @Field(() => ID, { nullable: true, description: TRASH_ID })
  get trashId(): string | undefined {
    return this.removal.trash;
  }

  @Field(() => ID)
  get id(): string {
    return this.removal.dataset.id;
  }

  @Field(() => String)
  get name(): string {
    return this.removal.dataset.name;
  }

  @Field(() => Int, { description: 'The number of its captions. All were deleted.' })
  get captionCount(): number {
    return this.removal.figures.captions;
  }

  @Field(() => Int, { description: 'The number of its photos.' })
  get imageCount(): number {
    return this.removal.figures.images;
  }

  @Field(() => Int, {
    description:
      'The number of deleted photos: those that were in no other data set and that nobody had uploaded or captioned.',
  })
  get deletedImageCount(): number {
    return this.removal.deletedPhotos;
  }
}

@InputType()
class DeleteDatasetInput {
  @Field(() => ID, { description: 'Its id, or its name.' })
  declare readonly id: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Nothing is deleted unless it is true.' })
  declare readonly confirm: boolean;

  @Field(() => Boolean, FOREVER)
  declare readonly forever: boolean;
}

@Resolver()
export class DeleteDatasetResolver {
  @Needs('write')
  @Mutation(() => DeletedDataset, {
    description:
      'Deletes a data set with its captions, and its photos that are in no other data set and that nobody has ' +
      'uploaded or captioned. ' +
      'What people wrote stays. It goes to the trash. Errors: NOT_FOUND; without `confirm` BAD_USER_INPUT, which says what would be ' +
      'deleted; CONFLICT while a ' +
      'training, an evaluation or an import needs it.',
  })
  async deleteDataset(
    @Input(() => DeleteDatasetInput) { id, confirm, forever }: DeleteDatasetInput,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedDataset> {
    const dataset = await services.store.datasets.resolve(id);
    return new DeletedDataset(await services.deletions.deleteDataset(dataset.id, confirm, { forever }));
  }
}

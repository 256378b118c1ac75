import { Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import type { DeletedModel as Deleted } from '../../deletion/deletions.js';
import type { ModelId } from '../../ids.js';
import type { ModelDependents as Dependents, ModelRecord } from '../../store/models.js';
import { checkConfirmed, CONFIRM, FOREVER, TRASH_ID } from '../confirmation.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Model } from './model.js';
import { Needs } from '../scopes.js';

/** Rows of several tables are counted. */
const DEPENDENTS_COST = 20;

@ObjectType({ description: 'What deleteModel deletes with a model.' })
class ModelDependents extends fieldsOf<Dependents>() {
  @Field(() => Int, { description: 'The number of captions that it wrote.' })
  declare readonly captions: Dependents['captions'];

  @Field(() => Int, { description: 'The number of ratings of its captions.' })
  declare readonly ratings: Dependents['ratings'];

  @Field(() => Int, { description: 'The number of photos that it embedded.' })
  declare readonly embeddings: Dependents['embeddings'];

  @Field(() => Int, { description: 'The number of its evaluations.' })
  declare readonly evaluations: Dependents['evaluations'];
}

@ObjectType({ description: 'A deleted model, and what was deleted with it.' })
class DeletedModel extends ModelDependents {
  @Field(() => ID, { nullable: true, description: TRASH_ID })
  readonly trashId: Deleted['trash'];

  @Field(() => ID)
  readonly id: ModelRecord['id'];

  @Field(() => String)
  readonly name: ModelRecord['name'];

  constructor({ model: { id, name }, trash, ...dependents }: Deleted) {
    super(dependents);
    this.trashId = trash;
    this.id = id;
    this.name = name;
  }
}

@InputType()
class DeleteModelInput {
  @Field(() => ID)
  declare readonly id: ModelId;

  @Field(() => Boolean, CONFIRM)
  declare readonly confirm: boolean;

  @Field(() => Boolean, FOREVER)
  declare readonly forever: boolean;
}

@Resolver(() => Model)
export class DeleteModelResolver {
  @FieldResolver(() => ModelDependents, {
    complexity: DEPENDENTS_COST,
    description: 'What deleteModel would delete with the model.',
  })
  async dependents(@Root() { id }: Model, @Ctx() { services }: ApiContext): Promise<ModelDependents> {
    return new ModelDependents(await services.store.models.dependents(id));
  }

  @Needs('train')
  @Mutation(() => DeletedModel, {
    description:
      'Deletes a model with its captions, their ratings, its embeddings, evaluations and file. It goes to the trash. ' +
      'Errors: BAD_USER_INPUT, NOT_FOUND, CONFLICT if it is in use, came with the program, or a job, a training or ' +
      'an evaluation needs it, STORAGE_FAILED.',
  })
  async deleteModel(
    @Input(() => DeleteModelInput) { id, confirm, forever }: DeleteModelInput,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedModel> {
    checkConfirmed(confirm);
    return new DeletedModel(await services.deletions.deleteModel(id, { forever }));
  }
}

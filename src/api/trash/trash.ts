/** What was deleted and can be brought back. */
import {
  Ctx,
  Field,
  Float,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import type { TrashEntry as Entry } from '../../deletion/trash.js';
import type { TrashId } from '../../ids.js';
import type { Restored as RestoredRows } from '../../store/trash.js';
import { checkConfirmed, CONFIRM } from '../confirmation.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** Entries that a trash usually has. */
const USUAL_ENTRIES = 20;

const KINDS = { IMAGES: 'images', DATASET: 'dataset', LIBRARY: 'library', MODEL: 'model' } as const satisfies Record<
  string,
  Entry['kind']
>;
registerEnumType(KINDS, {
  name: 'TrashKind',
  description: 'What was deleted.',
  valuesConfig: {
    IMAGES: { description: 'Photos.' },
    DATASET: { description: 'A data set, with its captions and those of its photos that were nowhere else.' },
    LIBRARY: { description: 'A library, with those of its photos that were nowhere else.' },
    MODEL: { description: 'A model, with what it wrote.' },
  },
});

@ObjectType({ description: 'Something that was deleted and can be brought back.', implements: Node })
export class TrashEntry extends fieldsOf<Entry>() {
  @Field(() => ID)
  declare readonly id: Entry['id'];

  @Field(() => KINDS)
  declare readonly kind: Entry['kind'];

  @Field(() => String, { description: 'The name of what was deleted. For several photos, their number.' })
  declare readonly name: Entry['name'];

  @Field(() => GraphQLISODateTime)
  declare readonly deletedAt: Entry['deletedAt'];

  @Field(() => GraphQLISODateTime, { description: 'The server deletes it for good within a day of this time.' })
  declare readonly expiresAt: Entry['expiresAt'];

  @Field(() => Int, { description: 'The number of photos.' })
  declare readonly images: Entry['images'];

  @Field(() => Int, { description: 'The number of captions by people, data sets and models.' })
  declare readonly captions: Entry['captions'];

  @Field(() => Float, { description: 'About how many bytes of the database it takes.' })
  declare readonly bytes: Entry['bytes'];
}

@ObjectType({ description: 'What restoreFromTrash brought back.' })
class Restored extends fieldsOf<RestoredRows & { readonly name: string }>() {
  @Field(() => String, { description: 'The name of what was brought back.' })
  declare readonly name: string;

  @Field(() => Int, { description: 'The number of photos.' })
  declare readonly images: number;

  @Field(() => Int, { description: 'The number of captions.' })
  declare readonly captions: number;

  @Field(() => Int, {
    description:
      'The number of database rows that were not brought back: what they belong to is gone, or something newer has ' +
      'taken their place.',
  })
  declare readonly leftOut: number;
}

@InputType()
class RestoreFromTrashInput {
  @Field(() => ID)
  declare readonly id: TrashId;
}

@InputType()
class EmptyTrashInput {
  @Field(() => Boolean, CONFIRM)
  declare readonly confirm: boolean;

  @Field(() => [ID], { nullable: true, description: 'Only these entries. Default: all.' })
  declare readonly ids?: TrashId[] | null;
}

@Resolver()
export class TrashResolver {
  @Needs('write')
  @Query(() => [TrashEntry], {
    complexity: times(USUAL_ENTRIES),
    description: 'Lists what was deleted and can be brought back, newest first.',
  })
  async trash(@Ctx() { services }: ApiContext): Promise<TrashEntry[]> {
    return (await services.trash.list()).map((entry) => new TrashEntry(entry));
  }

  @Needs('write')
  @Mutation(() => Restored, {
    description:
      'Brings back what was deleted, with captions, ratings and features. If a photo or a data set has come again ' +
      'since, it gets what belonged to the deleted one. Errors: NOT_FOUND, STORAGE_FAILED.',
  })
  async restoreFromTrash(
    @Input(() => RestoreFromTrashInput) { id }: RestoreFromTrashInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Restored> {
    const restored = await services.trash.restore(id);
    // Where it was a library that is watched.
    await services.libraries.tell();
    return new Restored(restored);
  }

  @Needs('write')
  @Mutation(() => Int, {
    description:
      'Deletes for good what is in the trash, and returns the number of deleted entries. Errors: BAD_USER_INPUT.',
  })
  async emptyTrash(
    @Input(() => EmptyTrashInput) { confirm, ids }: EmptyTrashInput,
    @Ctx() { services }: ApiContext,
  ): Promise<number> {
    checkConfirmed(confirm);
    return services.trash.empty(ids ?? undefined);
  }
}

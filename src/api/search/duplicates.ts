import { Arg, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { ImageId } from '../../ids.js';
import type { DuplicateGroup as Group, DuplicateGroups as Groups } from '../../search/duplicates.js';
import type { ApiContext } from '../context.js';
import { PRICES, timesFirst } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Image, loadImage } from '../images/image.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A photo that is, as far as VGG16 can tell, the same picture as an older one.' })
class DuplicateCopy extends fieldsOf<Group['copies'][number]>() {
  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.imageId, context);
  }

  @Field(() => Float, { description: 'The cosine similarity of the VGG16 features of both photos, at most 1.' })
  declare readonly similarity: number;
}

@ObjectType({ description: 'A photo, and the photos that are the same picture.' })
class DuplicateGroup {
  constructor(private readonly group: Group) {}

  @Field(() => Image, { description: 'The photo that was added first.' })
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.group.imageId, context);
  }

  @Field(() => [DuplicateCopy], { description: 'The other photos, the most similar first. At most 20.' })
  get copies(): DuplicateCopy[] {
    return this.group.copies.map((copy) => new DuplicateCopy(copy));
  }
}

@ObjectType({ description: 'Some groups of photos that are the same picture.' })
class DuplicateGroups {
  constructor(private readonly found: Groups) {}

  @Field(() => [DuplicateGroup])
  get groups(): DuplicateGroup[] {
    return this.found.groups.map((group) => new DuplicateGroup(group));
  }

  @Field(() => ID, {
    nullable: true,
    description: 'Pass it as `after` to get the groups that follow. Null: all photos were compared.',
  })
  get next(): ImageId | undefined {
    return this.found.next;
  }
}

@Resolver()
export class DuplicatesResolver {
  @Needs('read')
  @Query(() => DuplicateGroups, {
    complexity: (asked) => PRICES.duplicates + timesFirst(asked),
    description:
      'Finds photos that are the same picture: resized, compressed, slightly cropped or mirrored. An answer compares ' +
      'at most 500 photos with all others, so that it may have fewer groups than asked for, or none, before the end. ' +
      'Nothing is deleted. Errors: BAD_USER_INPUT.',
  })
  async duplicates(
    @Arg('first', () => Int, { defaultValue: 20, description: 'The number of groups, from 1 to 100.' }) first: number,
    @Arg('after', () => ID, { nullable: true, description: '`next` of the previous answer. Default: the beginning.' })
    after: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<DuplicateGroups> {
    return new DuplicateGroups(
      await services.duplicates({ limit: first, after: (after ?? undefined) as ImageId | undefined }),
    );
  }
}

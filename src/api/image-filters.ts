/** Arguments that choose photos, the same for every list and search of them. */
import { ArgsType, Field, GraphQLISODateTime, Int } from 'type-graphql';
import type { ImageFilter } from '../store/image-filter.js';
import type { Split as SplitName } from '../store/images.js';
import type { Store } from '../store/store.js';
import { AFTER, FIRST } from './pages.js';
import { Split } from './types/enums.js';

@ArgsType()
export class ImageFilterArguments {
  @Field(() => Split, { nullable: true, description: 'Only photos of this split.' })
  readonly split?: SplitName | null;

  @Field(() => String, { nullable: true, description: 'Only photos of this data set, its id or its name; `split` is its own then. Errors: NOT_FOUND, BAD_USER_INPUT.' })
  readonly dataset?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only photos that were added at this moment or later.' })
  readonly addedFrom?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only photos that were added before this moment.' })
  readonly addedBefore?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Only photos that a person, or their data set, has written a caption for; or only the others.' })
  readonly hasPersonCaption?: boolean | null;
}

@ArgsType()
export class FilteredPageArguments extends ImageFilterArguments {
  @Field(() => Int, FIRST)
  readonly first: number = FIRST.defaultValue;

  @Field(() => String, AFTER)
  readonly after?: string | null;
}

/** @throws NOT_FOUND for an unknown data set; BAD_USER_INPUT where several have the name */
export async function toImageFilter(
  { split, dataset, addedFrom, addedBefore, hasPersonCaption }: ImageFilterArguments,
  { datasets }: Pick<Store, 'datasets'>,
): Promise<ImageFilter> {
  return {
    split: split ?? undefined,
    dataset: dataset == null ? undefined : (await datasets.resolve(dataset)).id,
    addedFrom: addedFrom ?? undefined,
    addedBefore: addedBefore ?? undefined,
    hasPersonCaption: hasPersonCaption ?? undefined,
  };
}

/** Arguments that choose photos, the same for every list and search of them. */
import { ArgsType, Field, GraphQLISODateTime, Int } from 'type-graphql';
import type { ImageFilter } from '../store/image-filter.js';
import type { Split as SplitName } from '../store/images.js';
import { AFTER, FIRST } from './pages.js';
import { Split } from './types/enums.js';

@ArgsType()
export class ImageFilterArguments {
  @Field(() => Split, { nullable: true, description: 'Only photos of this split.' })
  readonly split?: SplitName | null;

  @Field(() => String, { nullable: true, description: 'Only photos of this data set.' })
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

export function toImageFilter({ split, dataset, addedFrom, addedBefore, hasPersonCaption }: ImageFilterArguments): ImageFilter {
  return {
    split: split ?? undefined,
    dataset: dataset ?? undefined,
    addedFrom: addedFrom ?? undefined,
    addedBefore: addedBefore ?? undefined,
    hasPersonCaption: hasPersonCaption ?? undefined,
  };
}

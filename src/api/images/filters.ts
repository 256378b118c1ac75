/** What chooses photos: one input, the same for every list and search of them. */
import { ArgsType, Field, GraphQLISODateTime, InputType, Int } from 'type-graphql';
import type { ImageFilter } from '../../store/image-filter.js';
import type { Split as SplitName } from '../../splits.js';
import { PageArguments } from '../connections.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { libraryIdOf } from '../libraries/library.js';
import type { Services } from '../services.js';
import { Split } from './split.js';

@InputType('ImageFilter', { description: 'Which photos: those that fit everything that is given.' })
class ImageFilterInput {
  @Field(() => Split, { nullable: true, description: 'Only photos of this split.' })
  declare readonly split?: SplitName | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only photos of this data set, its id or its name. `split` then means the split in this data set. Errors: ' +
      'NOT_FOUND, BAD_USER_INPUT.',
  })
  declare readonly dataset?: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Only photos that were added at this moment or later.',
  })
  declare readonly addedFrom?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only photos that were added before this moment.' })
  declare readonly addedBefore?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only photos with a caption by a person or from their data set. false: only the others.',
  })
  declare readonly hasPersonCaption?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only photos for which a person wrote, chose or adopted a caption here. false: only the others.',
  })
  declare readonly reviewed?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only photos of this library, its id or its name. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  declare readonly library?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only photos in this folder of a library, or in folders below it: `2024/Rome`.',
  })
  declare readonly folder?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only photos whose file is missing. false: only the others. Default: both.',
  })
  declare readonly missing?: boolean | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Only photos that were taken at this moment or later, by what their files say.',
  })
  declare readonly takenFrom?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Only photos that were taken before this moment.' })
  declare readonly takenBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only photos whose files have this keyword. Upper and lower case are the same.',
  })
  declare readonly keyword?: string | null;

  @Field(() => Int, { nullable: true, description: 'Only photos whose files have this rating or a higher one.' })
  declare readonly ratedAtLeast?: number | null;
}

/** The argument `filter`, wherever photos are chosen. */
const FILTER = { nullable: true, description: 'Only these photos. Default: all.' };

@ArgsType()
export class FilterArguments {
  @Field(() => ImageFilterInput, FILTER)
  declare readonly filter?: ImageFilterInput | null;
}

@ArgsType()
export class FilteredPageArguments extends PageArguments {
  @Field(() => ImageFilterInput, FILTER)
  declare readonly filter?: ImageFilterInput | null;
}

/** @throws NOT_FOUND for an unknown data set or library; BAD_USER_INPUT where several have the name */
export async function toImageFilter(
  { filter }: FilterArguments,
  services: Pick<Services, 'store'>,
): Promise<ImageFilter> {
  if (!filter) return {};
  const { split, dataset, addedFrom, addedBefore, hasPersonCaption, takenFrom, takenBefore, keyword, ratedAtLeast } =
    filter;
  const { reviewed, library, folder, missing } = filter;
  return {
    split: split ?? undefined,
    dataset: await datasetIdOf(dataset, services),
    addedFrom: addedFrom ?? undefined,
    addedBefore: addedBefore ?? undefined,
    hasPersonCaption: hasPersonCaption ?? undefined,
    reviewed: reviewed ?? undefined,
    library: await libraryIdOf(library, services),
    folder: folder ?? undefined,
    missing: missing ?? undefined,
    takenFrom: takenFrom ?? undefined,
    takenBefore: takenBefore ?? undefined,
    // Postgres has no NUL in texts, so no keyword has it.
    keyword: keyword?.replaceAll('\0', '').trim(),
    ratedAtLeast: ratedAtLeast ?? undefined,
  };
}

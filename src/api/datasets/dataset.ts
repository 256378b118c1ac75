import {
  Arg,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import type { DatasetId } from '../../ids.js';
import type { DatasetFigures, DatasetRecord } from '../../store/datasets.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import type { Services } from '../services.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** Data sets of a collection, as the cost of the list is reckoned. */
const USUAL_DATASETS = 10;

type Splits = DatasetFigures['splits'];

@ObjectType({ description: 'Photos of each split of a data set.' })
class DatasetSplits extends fieldsOf<Splits>() {
  @Field(() => Int)
  declare readonly train: Splits['train'];

  @Field(() => Int)
  declare readonly dev: Splits['dev'];

  @Field(() => Int)
  declare readonly test: Splits['test'];
}

@ObjectType({ description: 'Photos, most of them with captions, that were imported from one place.', implements: Node })
export class Dataset extends fieldsOf<DatasetRecord>() {
  @Field(() => ID)
  declare readonly id: DatasetRecord['id'];

  @Field(() => String, { description: 'Its name; renameDataset changes it.' })
  declare readonly name: DatasetRecord['name'];

  @Field(() => String, { description: 'The place it came from: a folder, or `scenes`.' })
  declare readonly origin: DatasetRecord['origin'];

  @Field(() => String, { description: 'Such as `flickr8k`, `coco`, `folder`.' })
  declare readonly format: DatasetRecord['format'];

  @Field(() => String, { description: 'The language of its captions, a BCP 47 tag.' })
  declare readonly language: DatasetRecord['language'];

  @Field(() => Int)
  async imageCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).images;
  }

  @Field(() => Int)
  async captionCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).captions;
  }

  @Field(() => Int, {
    description:
      'The number of photos that deleteDataset deletes: those that are in no other data set and that nobody has ' +
      'uploaded or captioned.',
  })
  exclusiveImageCount(@Ctx() { services }: ApiContext): Promise<number> {
    return services.store.datasetPhotos.countOrphans(this.id);
  }

  @Field(() => DatasetSplits)
  async splits(@Ctx() context: ApiContext): Promise<DatasetSplits> {
    return new DatasetSplits((await this.figures(context)).splits);
  }

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was last imported. Null until the first import has finished.',
  })
  declare readonly importedAt: DatasetRecord['importedAt'];

  private figures({ loaders }: ApiContext): Promise<DatasetFigures> {
    return loaders.datasetFigures.load(this.id);
  }
}

/** @param wish its id, or its name @throws NOT_FOUND, BAD_USER_INPUT */
export async function datasetIdOf(
  wish: string | null | undefined,
  { store }: Pick<Services, 'store'>,
): Promise<DatasetId | undefined> {
  return wish == null ? undefined : (await store.datasets.resolve(wish)).id;
}

@InputType()
class RenameDatasetInput {
  @Field(() => ID, { description: 'Its id, or its name.' })
  declare readonly id: string;

  @Field(() => String)
  declare readonly name: string;
}

@Resolver()
export class DatasetResolver {
  @Needs('read')
  @Query(() => [Dataset], {
    complexity: times(USUAL_DATASETS),
    description: 'The data sets of the collection, oldest first.',
  })
  async datasets(@Ctx() { services }: ApiContext): Promise<Dataset[]> {
    return (await services.store.datasets.list()).map((record) => new Dataset(record));
  }

  @Needs('read')
  @Query(() => Dataset, { nullable: true, description: 'The data set with this id. Null if there is none.' })
  async dataset(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Dataset | undefined> {
    const record = await services.store.datasets.find(id as DatasetId);
    return record && new Dataset(record);
  }

  @Needs('write')
  @Mutation(() => Dataset, { description: 'Renames a data set. Errors: NOT_FOUND, BAD_USER_INPUT.' })
  async renameDataset(
    @Input(() => RenameDatasetInput) { id, name }: RenameDatasetInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Dataset> {
    const { datasets } = services.store;
    return new Dataset(await datasets.rename((await datasets.resolve(id)).id, name));
  }
}

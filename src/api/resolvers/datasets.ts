import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { DatasetId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { Dataset, DeletedDataset } from '../types/dataset.js';

/** Data sets of a collection, as the cost of the list is reckoned. */
const USUAL_DATASETS = 10;

@Resolver()
export class DatasetResolver {
  @Query(() => [Dataset], { complexity: times(USUAL_DATASETS), description: 'The data sets of the collection, oldest first.' })
  async datasets(@Ctx() { services }: ApiContext): Promise<Dataset[]> {
    return (await services.store.datasets.list()).map((record) => new Dataset(record));
  }

  @Query(() => Dataset, { nullable: true, description: 'A data set by its id; null where there is none.' })
  async dataset(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Dataset | undefined> {
    const record = await services.store.datasets.find(id as DatasetId);
    return record && new Dataset(record);
  }

  @Mutation(() => Dataset, { description: 'Calls a data set by another name. Errors: NOT_FOUND, BAD_USER_INPUT.' })
  async renameDataset(
    @Arg('id', () => ID, { description: 'Its id, or its name.' }) id: string,
    @Arg('name', () => String) name: string,
    @Ctx() { services }: ApiContext,
  ): Promise<Dataset> {
    const { datasets } = services.store;
    return new Dataset(await datasets.rename((await datasets.resolve(id)).id, name));
  }

  @Mutation(() => DeletedDataset, {
    description:
      'Deletes a data set with its captions, and those of its photos that are in no other data set and that nobody has uploaded or captioned. ' +
      'What people wrote stays. Errors: NOT_FOUND; BAD_USER_INPUT, which says what would be deleted, without `confirm`; CONFLICT while a ' +
      'training, an evaluation or an import needs it.',
  })
  async deleteDataset(
    @Arg('id', () => ID, { description: 'Its id, or its name.' }) id: string,
    @Arg('confirm', () => Boolean, { defaultValue: false, description: 'Nothing is deleted unless it is true.' }) confirm: boolean,
    @Ctx() { services }: ApiContext,
  ): Promise<DeletedDataset> {
    const dataset = await services.store.datasets.resolve(id);
    return new DeletedDataset(await services.deletions.deleteDataset(dataset.id, confirm));
  }
}

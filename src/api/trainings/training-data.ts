import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { Needs } from '../scopes.js';
import { TrainingData } from './provenance.js';

@Resolver()
export class TrainingDataResolver {
  @Needs('read')
  @Query(() => TrainingData, {
    complexity: PRICES.trainingData,
    description:
      'What a training would learn from now. A training leaves out photos whose files are missing. Errors: NOT_FOUND, ' +
      'BAD_USER_INPUT.',
  })
  async trainingData(
    @Arg('dataset', () => String, {
      nullable: true,
      description: 'Only photos of this data set, its id or its name. Default: photos of all data sets.',
    })
    dataset: string | null,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingData> {
    return new TrainingData(await services.trainingDataNow(dataset ?? undefined));
  }
}

import { Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import type { Use } from '../../models/use.js';
import type { TrainingKind } from '../../trainings/corrections.js';
import type { TrainingRequest } from '../../trainings/settings.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { ModelUse } from './model-use.js';
import { TrainingSettingsInput } from './settings.js';
import { TRAINING_COST, TrainingJob } from './training-job.js';
import { TrainingTask } from './training-task.js';
import { Needs } from '../scopes.js';

@InputType({
  description:
    'What to train on, and how. The default of a field that is left out comes from ' +
    'docs/decisions/0014-training-recipe.md.',
})
class StartTrainingInput extends TrainingSettingsInput {
  @Field(() => TrainingTask, {
    defaultValue: 'CAPTION',
    description: 'What the training is for: a model that writes captions, one that searches, or corrections.',
  })
  readonly task: TrainingKind = 'CAPTION';

  @Field(() => String, { nullable: true, description: 'The name of the model. Default: the time.' })
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Train only on photos of this data set, its id or its name. Default: photos of all data sets.',
  })
  readonly dataset?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The captioner to begin from: its parameters, sizes and words; missing words are added. Default: none. A ' +
      'search model takes ' +
      'the projection of photos and the word vectors from it. Default: the current captioner.',
  })
  readonly fromModelId?: string | null;

  @Field(() => ModelUse, {
    defaultValue: 'NEVER',
    description: 'When the model replaces the one in use. If none is in use, it is used in any case.',
  })
  readonly use: Use = 'NEVER';
}

@Resolver()
export class StartTrainingResolver {
  @Needs('train')
  @Mutation(() => TrainingJob, {
    complexity: TRAINING_COST,
    description:
      'Puts a training at the end of the queue. Its best epoch becomes a model, which is compared with the current ' +
      'one; `use` says whether it replaces it. The result is in outcome. Errors: BAD_USER_INPUT, NOT_FOUND for a ' +
      'model or a data set, INVALID_DATASET.',
  })
  async startTraining(
    @Input(() => StartTrainingInput) input: StartTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.start(toTrainingRequest(input)));
  }
}

/** An explicit null asks for the default, too. */
function toTrainingRequest(input: StartTrainingInput): TrainingRequest {
  const { task, name, dataset, fromModelId, use, ...settings } = input;
  return {
    task,
    name: name ?? undefined,
    dataset: dataset ?? undefined,
    fromModelId: (fromModelId ?? undefined) as ModelId | undefined,
    use,
    settings: withoutNulls(settings),
  };
}

/** Phases have nulls of their own. */
function withoutNulls(fields: object): Record<string, unknown> {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]: [string, unknown]) => [
      name,
      Array.isArray(value) ? value.map((entry: object) => withoutNulls(entry)) : value,
    ]),
  );
}

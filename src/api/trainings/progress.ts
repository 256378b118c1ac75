import { Args, ArgsType, createUnionType, Field, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { TrainingJobId } from '../../ids.js';
import type { ProgressEvent } from '../../trainings/progress.js';
import type { ApiContext } from '../context.js';
import {
  TrainingEpoch,
  TrainingPreparation,
  TrainingSample,
  TrainingStageProgress,
  TrainingStarted,
  TrainingStep,
} from './events.js';
import { TrainingJob } from './training-job.js';
import { Needs } from '../scopes.js';

const TrainingProgress = createUnionType({
  name: 'TrainingProgress',
  description:
    'TrainingJob is the job as it is now: it comes first, at every change of its state, and last when it has ended. ' +
    'TrainingEpoch comes ' +
    'exactly once for each epoch, in order. The others say what happens in between, only while it happens.',
  types: () =>
    [
      TrainingJob,
      TrainingPreparation,
      TrainingStarted,
      TrainingStep,
      TrainingStageProgress,
      TrainingSample,
      TrainingEpoch,
    ] as const,
});

@ArgsType()
class ProgressArguments {
  @Field(() => ID)
  declare readonly jobId: string;

  @Field(() => Int, {
    defaultValue: 0,
    description:
      'The last epoch that the client knows, so that after a lost connection no epoch is missed or sent twice.',
  })
  readonly afterEpoch: number = 0;
}

@Resolver()
export class TrainingProgressResolver {
  @Needs('read')
  @Subscription(() => TrainingProgress, {
    subscribe: ({ args, context }: { args: ProgressArguments; context: ApiContext }) => followTraining(args, context),
    description:
      'Follows a training: sends its state and finished epochs, then what happens until it ends. A paused training ' +
      'has not ended. Errors: NOT_FOUND.',
  })
  trainingProgress(
    // Declares the arguments; `subscribe` is what reads them.
    @Args(() => ProgressArguments) _args: ProgressArguments,
    @Root() event: ProgressEvent,
  ): typeof TrainingProgress {
    switch (event.type) {
      case 'job':
        return new TrainingJob(event.job);
      case 'epoch':
        return new TrainingEpoch(event.epoch);
      case 'preparing':
        return new TrainingPreparation(event);
      case 'started':
        return new TrainingStarted(event);
      case 'step':
        return new TrainingStep(event);
      case 'stage':
        return new TrainingStageProgress(event);
      case 'sample':
        return new TrainingSample(event);
    }
  }
}

/** @throws NOT_FOUND, BAD_USER_INPUT */
async function followTraining(
  { jobId, afterEpoch }: ProgressArguments,
  { services }: ApiContext,
): Promise<AsyncIterable<ProgressEvent>> {
  if (afterEpoch < 0) throw new EkphrasisError(ErrorCode.BadInput, `afterEpoch is 0 or more, not ${afterEpoch}.`);
  const job = await services.training.find(jobId as TrainingJobId);
  return services.training.progress(job.id, afterEpoch);
}

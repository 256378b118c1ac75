import { Arg, Args, ArgsType, createUnionType, Ctx, Field, Float, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { TrainingJobId } from '../../ids.js';
import type { ProgressEvent } from '../../jobs/progress.js';
import type { TrainingState as State } from '../../store/training-jobs.js';
import { exactly } from '../../store/counts.js';
import type { ApiContext } from '../context.js';
import { connectionOptions, PageArguments, toContent, toPageRequest } from '../pages.js';
import { TrainingState } from '../types/enums.js';
import { StartTrainingInput, toTrainingRequest } from '../types/start-training.js';
import { TrainingEpoch, TrainingPreparation, TrainingSample, TrainingStarted, TrainingStep } from '../types/training-events.js';
import { TrainingJob, TrainingJobConnection } from '../types/training-job.js';

/** A training keeps the machine busy for an hour. */
const TRAINING_COST = 5000;

const TrainingProgress = createUnionType({
  name: 'TrainingProgress',
  description:
    'TrainingJob: the job as it is now, first, at every change of its state, and last when it has ended. TrainingEpoch: each ' +
    'exactly once and in order. The others: what happens in between, told only while it happens.',
  types: () => [TrainingJob, TrainingPreparation, TrainingStarted, TrainingStep, TrainingSample, TrainingEpoch] as const,
});

@ArgsType()
class TrainingListArguments extends PageArguments {
  @Field(() => TrainingState, { nullable: true, description: 'Only those in this state.' })
  readonly state?: State | null;
}

@ArgsType()
class ProgressArguments {
  @Field(() => ID)
  readonly jobId: string = '';

  @Field(() => Int, { defaultValue: 0, description: 'The last epoch the client knows: after a lost connection nothing is missed or told twice.' })
  readonly afterEpoch: number = 0;
}

@Resolver()
export class TrainingResolver {
  @Mutation(() => TrainingJob, {
    complexity: TRAINING_COST,
    description: 'Puts a training at the end of the queue. Its best epoch becomes a model, which is measured beside the current one and used as `use` says; see outcome. Errors: BAD_USER_INPUT, NOT_FOUND for a model or a data set, INVALID_DATASET.',
  })
  async startTraining(
    @Arg('input', () => StartTrainingInput, { defaultValue: {} }) input: StartTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.start(toTrainingRequest(input)));
  }

  @Mutation(() => TrainingJob, {
    description:
      'Has a training wait until it is resumed. A running one ends at once, and goes on after its last finished epoch. ' +
      'Errors: NOT_FOUND; CONFLICT when it is paused already or has ended.',
  })
  async pauseTraining(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.pause(jobId as TrainingJobId));
  }

  @Mutation(() => TrainingJob, {
    complexity: TRAINING_COST,
    description:
      'Puts a training that was paused, or has failed, at the end of the queue: it goes on after its last finished epoch. ' +
      'Errors: NOT_FOUND; CONFLICT when it is neither; BAD_USER_INPUT.',
  })
  async resumeTraining(
    @Arg('jobId', () => ID) jobId: string,
    @Arg('learningRate', () => Float, { nullable: true, description: 'The highest from now on, such as a lower one than it failed with.' })
    learningRate: number | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.resume(jobId as TrainingJobId, learningRate ?? undefined));
  }

  @Mutation(() => TrainingJob, {
    description:
      'Ends a training, waiting, running or paused; one that has failed is given up. ' +
      'Errors: NOT_FOUND; CONFLICT when it has succeeded or was cancelled.',
  })
  async cancelTraining(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.cancel(jobId as TrainingJobId));
  }

  @Query(() => TrainingJob, { nullable: true, description: 'A training by its id. Errors: NOT_FOUND.' })
  async trainingJob(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.find(id as TrainingJobId));
  }

  @Query(() => TrainingJobConnection, { ...connectionOptions, description: 'All trainings, newest first.' })
  async trainingJobs(@Args(() => TrainingListArguments) args: TrainingListArguments, @Ctx() { services }: ApiContext) {
    const { trainingJobs } = services.store;
    const filter = { state: args.state ?? undefined };
    const page = await trainingJobs.list(toPageRequest<TrainingJobId>(args), filter);
    return new TrainingJobConnection(toContent(page, (record) => new TrainingJob(record), async () => exactly(await trainingJobs.count(filter))));
  }

  @Subscription(() => TrainingProgress, {
    subscribe: ({ args, context }: { args: ProgressArguments; context: ApiContext }) => followTraining(args, context),
    description: 'A training as it goes: the state so far with its epochs, then what happens, until it ends. A paused one has not ended. Errors: NOT_FOUND.',
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
      case 'sample':
        return new TrainingSample(event);
    }
  }
}

/** @throws NOT_FOUND, BAD_USER_INPUT */
async function followTraining({ jobId, afterEpoch }: ProgressArguments, { services }: ApiContext): Promise<AsyncIterable<ProgressEvent>> {
  if (afterEpoch < 0) throw new EkphrasisError(ErrorCode.BadInput, `afterEpoch is 0 or more, not ${afterEpoch}.`);
  const job = await services.training.find(jobId as TrainingJobId);
  return services.training.progress(job.id, afterEpoch);
}

/** A training is paused, resumed and cancelled. */
import { Ctx, Field, Float, ID, InputType, Mutation, Resolver } from 'type-graphql';
import type { TrainingJobId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { TRAINING_COST, TrainingJob } from './training-job.js';
import { Needs } from '../scopes.js';

@InputType()
class OneTrainingInput {
  @Field(() => ID)
  declare readonly jobId: TrainingJobId;
}

@InputType()
class PauseTrainingInput extends OneTrainingInput {}

@InputType()
class CancelTrainingInput extends OneTrainingInput {}

@InputType()
class ResumeTrainingInput extends OneTrainingInput {
  @Field(() => Float, {
    nullable: true,
    description: 'The highest learning rate from now on. Default: as before. A lower one can help after a failure.',
  })
  declare readonly learningRate?: number | null;
}

@Resolver()
export class TrainingControlResolver {
  @Needs('train')
  @Mutation(() => TrainingJob, {
    description:
      'Pauses a training until resumeTraining. A running training stops at once, and later goes on after its last ' +
      'finished epoch. ' +
      'Errors: NOT_FOUND; CONFLICT if it is paused already or has ended.',
  })
  async pauseTraining(
    @Input(() => PauseTrainingInput) { jobId }: PauseTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.pause(jobId));
  }

  @Needs('train')
  @Mutation(() => TrainingJob, {
    complexity: TRAINING_COST,
    description:
      'Puts a training that is paused or has failed at the end of the queue. It goes on after its last finished ' +
      'epoch. ' +
      'Errors: NOT_FOUND; CONFLICT if it is neither paused nor failed; BAD_USER_INPUT.',
  })
  async resumeTraining(
    @Input(() => ResumeTrainingInput) { jobId, learningRate }: ResumeTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.resume(jobId, learningRate ?? undefined));
  }

  @Needs('train')
  @Mutation(() => TrainingJob, {
    description:
      'Cancels a training that waits, runs, is paused or has failed. ' +
      'Errors: NOT_FOUND; CONFLICT if it has succeeded or was cancelled.',
  })
  async cancelTraining(
    @Input(() => CancelTrainingInput) { jobId }: CancelTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.cancel(jobId));
  }
}

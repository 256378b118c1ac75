/** A training is paused, resumed and cancelled. */
import { Arg, Ctx, Float, ID, Mutation, Resolver } from 'type-graphql';
import type { TrainingJobId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { TRAINING_COST, TrainingJob } from './training-job.js';
import { Needs } from '../scopes.js';

@Resolver()
export class TrainingControlResolver {
  @Needs('train')
  @Mutation(() => TrainingJob, {
    description:
      'Pauses a training until resumeTraining. A running training stops at once, and later goes on after its last ' +
      'finished epoch. ' +
      'Errors: NOT_FOUND; CONFLICT if it is paused already or has ended.',
  })
  async pauseTraining(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.pause(jobId as TrainingJobId));
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
    @Arg('jobId', () => ID) jobId: string,
    @Arg('learningRate', () => Float, {
      nullable: true,
      description: 'The highest learning rate from now on. Default: as before. A lower one can help after a failure.',
    })
    learningRate: number | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.resume(jobId as TrainingJobId, learningRate ?? undefined));
  }

  @Needs('train')
  @Mutation(() => TrainingJob, {
    description:
      'Cancels a training that waits, runs, is paused or has failed. ' +
      'Errors: NOT_FOUND; CONFLICT if it has succeeded or was cancelled.',
  })
  async cancelTraining(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.cancel(jobId as TrainingJobId));
  }
}

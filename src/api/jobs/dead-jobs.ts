import { Arg, Ctx, Field, GraphQLISODateTime, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { JobId } from '../../ids.js';
import type { DeadLetter } from '../../queue/queue-tables.js';
import { checkLimit } from '../../search/requests.js';
import { FIRST } from '../connections.js';
import type { ApiContext } from '../context.js';
import { timesFirst } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { withoutPaths } from '../without-paths.js';
import { Job, JobKind } from './job.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A job, or a part of one, that failed at every attempt. retryJob runs it again.' })
class DeadJob extends fieldsOf<DeadLetter>() {
  constructor(letter: DeadLetter) {
    super({ ...letter, message: withoutPaths(letter.message) });
  }

  @Field(() => JobKind)
  declare readonly kind: DeadLetter['kind'];

  @Field(() => String, { description: 'The error of the last attempt.' })
  declare readonly message: DeadLetter['message'];

  @Field(() => GraphQLISODateTime)
  declare readonly failedAt: DeadLetter['failedAt'];

  @Field(() => Job, { nullable: true, description: 'The job that it belongs to.' })
  async job(@Ctx() { services }: ApiContext): Promise<Job | undefined> {
    const record = await services.store.jobs.find(this.work.jobId as JobId);
    return record && new Job(record);
  }
}

@Resolver()
export class DeadJobsResolver {
  @Needs('admin')
  @Query(() => [DeadJob], {
    complexity: timesFirst,
    description: 'What failed at every attempt and was not retried, the latest first.',
  })
  async deadJobs(@Arg('first', () => Int, FIRST) first: number, @Ctx() { services }: ApiContext): Promise<DeadJob[]> {
    checkLimit(first);
    return (await services.jobs.deadLetters(first)).map((letter) => new DeadJob(letter));
  }
}

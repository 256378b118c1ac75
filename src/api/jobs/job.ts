import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  Float,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { checkScope } from '../../access/client.js';
import type { JobId } from '../../ids.js';
import { JOB_KINDS, jobKind } from '../../jobs/kinds/all.js';
import { photosPerSecond } from '../../jobs/throughput.js';
import { exactly } from '../../store/counts.js';
import type { JobFailure, JobRecord, JobState as State } from '../../store/jobs.js';
import { connectionOf, connectionOptions, PageArguments, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { enumName, enumOf } from '../enum-names.js';
import { type ApiCode, ErrorCodeName, storedCode } from '../error-codes.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { withoutPaths } from '../without-paths.js';
import { Model } from '../models/model.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** A job over the collection keeps the workers busy for a long time. */
export const JOB_COST = 5000;

export const JobKind = enumOf(JOB_KINDS.map(({ kind }) => kind));
registerEnumType(JobKind, {
  name: 'JobKind',
  description: 'What a job does. Trainings are separate: see TrainingJob.',
  valuesConfig: Object.fromEntries(JOB_KINDS.map(({ kind, description }) => [enumName(kind), { description }])),
});

export const JobState = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
registerEnumType(JobState, {
  name: 'JobState',
  valuesConfig: {
    QUEUED: { description: 'It waits for a worker.' },
    FAILED: { description: '`error` says why. retryJob runs what failed again.' },
  },
});

@ObjectType({ description: 'Why a job, or a part of one, failed.' })
export class JobError extends fieldsOf<Omit<JobFailure, 'code'> & { readonly code: ApiCode }>() {
  constructor({ code, message }: JobFailure) {
    super({ code: storedCode(code), message: withoutPaths(message) });
  }

  @Field(() => ErrorCodeName)
  declare readonly code: ApiCode;

  @Field(() => String)
  declare readonly message: JobFailure['message'];
}

@ObjectType({ description: 'Work on many photos, which workers share.', implements: Node })
export class Job extends fieldsOf<JobRecord>() {
  @Field(() => ID)
  declare readonly id: JobRecord['id'];

  @Field(() => JobKind)
  declare readonly kind: JobRecord['kind'];

  @Field(() => JobState)
  declare readonly state: JobRecord['state'];

  @Field(() => Int, { nullable: true, description: 'The number of photos in all. Null until they are counted.' })
  declare readonly total: JobRecord['total'];

  @Field(() => Int, { description: 'The number of photos that are done.' })
  declare readonly done: JobRecord['done'];

  @Field(() => Int, { description: 'The number of photos in parts that were given up.' })
  declare readonly failed: JobRecord['failed'];

  @Field(() => Float, { nullable: true, description: 'Photos per second since it began, of all workers together.' })
  get throughput(): number | undefined {
    return photosPerSecond(this);
  }

  @Field(() => JobError, { nullable: true })
  get error(): JobError | undefined {
    const { errorCode: code, errorMessage } = this;
    return code === null ? undefined : new JobError({ code, message: errorMessage ?? 'The job failed.' });
  }

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: JobRecord['createdAt'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When a worker began it.' })
  declare readonly startedAt: JobRecord['startedAt'];

  @Field(() => GraphQLISODateTime, { nullable: true })
  declare readonly finishedAt: JobRecord['finishedAt'];

  @Field(() => String, {
    nullable: true,
    description: 'The id of the request that started it, as in the log. Null where a command started it.',
  })
  declare readonly requestId: JobRecord['requestId'];

  @Field(() => Model, { nullable: true, description: 'The model that captions, or that is evaluated.' })
  async model(@Ctx() { loaders }: ApiContext): Promise<Model | undefined> {
    const kind = jobKind(this.kind);
    const id = kind.model?.(kind.settings.parse(this.settings));
    const record = id === undefined ? undefined : await loaders.models.load(id);
    return record && new Model(record);
  }
}

/** Of all kinds. */
const JOB_SCOPES = [...new Set(JOB_KINDS.map(({ scope }) => scope))];

/** The id of a job of a kind that the client may start itself. @throws NOT_FOUND, UNAUTHENTICATED, FORBIDDEN */
async function ofOwnScope(jobId: JobId, what: string, { client, services }: ApiContext): Promise<JobId> {
  const { id, kind } = await services.jobs.find(jobId);
  checkScope(client, [jobKind(kind).scope], `${what} of the kind ${enumName(kind)}`);
  return id;
}

const JobConnection = connectionOf('Job', () => Job);

@InputType({ description: 'Which jobs: those that fit everything that is given.' })
class JobFilter {
  @Field(() => JobKind, { nullable: true, description: 'Only jobs of this kind.' })
  declare readonly kind?: string | null;

  @Field(() => JobState, { nullable: true, description: 'Only those in this state.' })
  declare readonly state?: State | null;
}

@ArgsType()
class JobListArguments extends PageArguments {
  @Field(() => JobFilter, { nullable: true, description: 'Only these jobs. Default: all.' })
  declare readonly filter?: JobFilter | null;
}

@InputType()
class OneJobInput {
  @Field(() => ID)
  declare readonly jobId: JobId;
}

@InputType()
class CancelJobInput extends OneJobInput {}

@InputType()
class RetryJobInput extends OneJobInput {}

@ArgsType()
class JobProgressArguments {
  @Field(() => ID)
  declare readonly jobId: string;
}

@Resolver()
export class JobResolver {
  @Needs(...JOB_SCOPES)
  @Mutation(() => Job, {
    description:
      'Cancels a job. What waits is not begun; what runs stops within a few photos. It needs the scope that starting ' +
      'such a job needs. Errors: NOT_FOUND; CONFLICT when it has ended.',
  })
  async cancelJob(@Input(() => CancelJobInput) { jobId }: CancelJobInput, @Ctx() context: ApiContext): Promise<Job> {
    const id = await ofOwnScope(jobId, 'cancelJob', context);
    return new Job(await context.services.jobs.cancel(id));
  }

  @Needs(...JOB_SCOPES)
  @Mutation(() => Job, {
    description:
      'Runs what failed of a job again. It needs the scope that starting such a job needs. Errors: NOT_FOUND; ' +
      'CONFLICT if it has not failed.',
  })
  async retryJob(@Input(() => RetryJobInput) { jobId }: RetryJobInput, @Ctx() context: ApiContext): Promise<Job> {
    const id = await ofOwnScope(jobId, 'retryJob', context);
    return new Job(await context.services.jobs.retry(id));
  }

  @Needs('read')
  @Query(() => Job, { nullable: true, description: 'The job with this id. Errors: NOT_FOUND.' })
  async job(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.find(id as JobId));
  }

  @Needs('read')
  @Query(() => JobConnection, { ...connectionOptions, description: 'All jobs except trainings, newest first.' })
  async jobs(@Args(() => JobListArguments) args: JobListArguments, @Ctx() { services }: ApiContext) {
    const { jobs } = services.store;
    const filter = { kind: args.filter?.kind ?? undefined, state: args.filter?.state ?? undefined };
    const page = await jobs.list(toPageRequest<JobId>(args), filter);
    const count = async () => exactly(await jobs.count(filter));
    return new JobConnection(toContent(page, (record) => new Job(record), count));
  }

  @Needs('read')
  @Subscription(() => Job, {
    subscribe: async ({ args, context: { services } }: { args: JobProgressArguments; context: ApiContext }) =>
      services.jobs.progress((await services.jobs.find(args.jobId as JobId)).id),
    description:
      'Sends a job as it is now, again when it has progressed (at most four times a second), and last when it has ' +
      'ended. A client that ' +
      'is slow or was away gets the latest state, not the states it missed. Errors: NOT_FOUND.',
  })
  jobProgress(
    // Declares the arguments; `subscribe` is what reads them.
    @Args(() => JobProgressArguments) _args: JobProgressArguments,
    @Root() job: JobRecord,
  ): Job {
    return new Job(job);
  }
}

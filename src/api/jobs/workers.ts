/** Who works, and what each is at. */
import { Ctx, Field, GraphQLISODateTime, ID, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import type { JobId, TrainingJobId } from '../../ids.js';
import type { Lease } from '../../queue/queue-tables.js';
import type { LivingWorker } from '../../queue/workers.js';
import { QUEUE_NAMES } from '../../queues.js';
import { TRAINING_QUEUE } from '../../trainings/queue.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Needs } from '../scopes.js';
import { TrainingJob } from '../trainings/training-job.js';
import { Job } from './job.js';

/** Processes that a collection usually has, and leases of one. */
const USUAL_WORKERS = 10;
const USUAL_LEASES = 5;

const Queue = enumOf(QUEUE_NAMES);
registerEnumType(Queue, {
  name: 'Queue',
  description:
    'Where work waits: trainings in TRAIN, messages to webhooks in WEBHOOK, jobs in the queue of their kind.',
});

@ObjectType({
  description:
    'Work that a process has taken from a queue: a training, a job, a part of one, or what is due to a webhook.',
})
class WorkLease extends fieldsOf<Lease>() {
  @Field(() => Queue, { name: 'queue' })
  declare readonly kind: Lease['kind'];

  @Field(() => GraphQLISODateTime, {
    description: 'When another process may take it, unless this one gives a sign of life before.',
  })
  declare readonly until: Lease['until'];

  @Field(() => Boolean, { description: 'Whether it is a part of the job: about 16 photos.' })
  get isPart(): boolean {
    return this.work.partId !== undefined;
  }

  @Field(() => Job, { nullable: true, description: 'The job. Null for a training and for a webhook.' })
  async job(@Ctx() { services }: ApiContext): Promise<Job | undefined> {
    if (this.kind === TRAINING_QUEUE) return undefined;
    const record = await services.store.jobs.find(this.work.jobId as JobId);
    return record && new Job(record);
  }

  @Field(() => TrainingJob, { nullable: true, description: 'The training. Null for other jobs.' })
  async training(@Ctx() { services }: ApiContext): Promise<TrainingJob | undefined> {
    if (this.kind !== TRAINING_QUEUE) return undefined;
    const record = await services.store.trainingJobs.find(this.work.jobId as TrainingJobId);
    return record && new TrainingJob(record);
  }
}

@ObjectType({ description: 'A process that is alive: a server, a worker, or both.' })
class Worker extends fieldsOf<Omit<LivingWorker, 'leases'>>() {
  @Field(() => [WorkLease], { complexity: times(USUAL_LEASES), description: 'What it works on now.' })
  readonly leases: WorkLease[];

  constructor({ leases, queues, ...record }: LivingWorker) {
    // A process of a later version may know queues that this one has no name for.
    super({ ...record, queues: queues.filter((queue) => QUEUE_NAMES.includes(queue)) });
    this.leases = leases.filter(({ kind }) => QUEUE_NAMES.includes(kind)).map((lease) => new WorkLease(lease));
  }

  @Field(() => ID, { description: 'A new one at each start.' })
  declare readonly id: LivingWorker['id'];

  @Field(() => String, { description: 'The name of its machine or container.' })
  declare readonly host: LivingWorker['host'];

  @Field(() => Int)
  declare readonly pid: LivingWorker['pid'];

  @Field(() => String, { description: 'The version of Ekphrasis that it runs.' })
  declare readonly version: LivingWorker['version'];

  @Field(() => Boolean, { description: 'Whether it is a server, which answers requests.' })
  declare readonly serves: LivingWorker['serves'];

  @Field(() => [Queue], { description: 'The queues from which it takes work. A server with --no-worker has none.' })
  declare readonly queues: LivingWorker['queues'];

  @Field(() => String, { nullable: true, description: 'The encoder it sees with. Null until it has opened one.' })
  declare readonly encoder: LivingWorker['encoder'];

  @Field(() => String, {
    description:
      'What its trainings are computed on, as its DEVICE says: auto takes CUDA where it works, else the CPU.',
  })
  declare readonly device: LivingWorker['device'];

  @Field(() => GraphQLISODateTime)
  declare readonly startedAt: LivingWorker['startedAt'];

  @Field(() => GraphQLISODateTime, { description: 'Its last sign of life, by the clock of the database.' })
  declare readonly heartbeatAt: LivingWorker['heartbeatAt'];
}

@Resolver()
export class WorkersResolver {
  @Needs('admin')
  @Query(() => [Worker], {
    complexity: times(USUAL_WORKERS),
    description:
      'The servers and workers that are alive, the oldest first, and what they work on. One that ended without a word ' +
      'is missing as soon as it has given no sign of life for its JOB_LEASE_SECONDS.',
  })
  async workers(@Ctx() { services }: ApiContext): Promise<Worker[]> {
    return (await services.workers.list()).map((worker) => new Worker(worker));
  }
}

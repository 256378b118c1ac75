import { Arg, Args, ArgsType, Ctx, Field, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { parseColumns } from '../../datasets/columns.js';
import { checkFormat, FORMATS } from '../../datasets/formats/all.js';
import type { OpenOptions } from '../../datasets/open-dataset.js';
import type { JobId, ModelId } from '../../ids.js';
import { checkLimit } from '../../search/requests.js';
import type { JobRecord, JobState as State } from '../../store/jobs.js';
import { exactly } from '../../store/counts.js';
import type { ApiContext } from '../context.js';
import { timesFirst } from '../limits.js';
import { connectionOptions, PageArguments, toContent, toPageRequest } from '../pages.js';
import { JobKind, JobState } from '../types/enums.js';
import { DatasetPreview } from '../types/dataset-preview.js';
import { DeadJob, Job, JobConnection } from '../types/job.js';

/** A job over the collection keeps the workers busy for a long time. */
const JOB_COST = 5000;

@ArgsType()
class JobListArguments extends PageArguments {
  @Field(() => JobKind, { nullable: true, description: 'Only those of this kind.' })
  readonly kind?: string | null;

  @Field(() => JobState, { nullable: true, description: 'Only those in this state.' })
  readonly state?: State | null;
}

@ArgsType()
class JobProgressArguments {
  @Field(() => ID)
  readonly jobId: string = '';
}

@ArgsType()
class ReadingArguments {
  @Field(() => String, { nullable: true, description: `Format of the captions: ${FORMATS.join(', ')}. What the files contain decides by default.` })
  readonly format?: string | null;

  @Field(() => String, { nullable: true, description: 'Columns of a table, as file=NAME,caption=NAME or file=NAME,caption=NAME,split=NAME.' })
  readonly columns?: string | null;
}

function readingOf({ format, columns }: ReadingArguments): Pick<OpenOptions, 'format' | 'columns'> {
  return { format: checkFormat(format ?? undefined), columns: typeof columns === 'string' ? parseColumns(columns) : undefined };
}

@Resolver()
export class JobResolver {
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Has every photo seen that the encoder has not seen yet, and embedded that the search model has not. When all are done, searches ' +
      'are answered by what was made; until then by what was there. Errors: WEIGHTS_UNAVAILABLE.',
  })
  async embedCollection(@Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.embed());
  }

  @Mutation(() => Job, {
    complexity: JOB_COST,
    description: 'As embedCollection, and then removes what other encoders and search models made. Errors: WEIGHTS_UNAVAILABLE.',
  })
  async reindex(@Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.reindex());
  }

  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Has a model write a caption for the photos of the collection. What people wrote, and what other models wrote, stays. ' +
      'Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE.',
  })
  async captionCollection(
    @Arg('modelId', () => ID, { nullable: true, description: 'The current model without.' }) modelId: string | null | undefined,
    @Arg('onlyMissing', () => Boolean, { defaultValue: true, description: 'Leave out photos the model has written for before.' })
    onlyMissing: boolean,
    @Arg('onlyOfOthers', () => Boolean, { defaultValue: false, description: 'Only photos that other models have written for and this one has not.' })
    onlyOfOthers: boolean,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    return new Job(await services.jobs.caption({ modelId: (modelId ?? undefined) as ModelId | undefined, onlyMissing, onlyOfOthers }));
  }

  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Imports a data set from a folder on the server that its operator allows (IMPORT_ROOT), or `scenes` (in German `scenes-de`, in Chinese ' +
      '`scenes-zh`), which the program draws. ' +
      'Doing it again brings what is new and changes what was corrected; what people wrote stays. Errors: BAD_USER_INPUT.',
  })
  async importDataset(
    @Arg('path', () => String, { description: 'A folder, relative to the one the operator allows.' }) path: string,
    @Arg('prune', () => Boolean, { defaultValue: false, description: 'Remove what the data set had and its folder has no longer.' }) prune: boolean,
    @Args(() => ReadingArguments) reading: ReadingArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    return new Job(await services.jobs.importForClient(path, { prune, ...readingOf(reading) }));
  }

  @Query(() => DatasetPreview, {
    complexity: JOB_COST,
    description: 'What importDataset would find in a folder; nothing is imported. Errors: BAD_USER_INPUT, INVALID_DATASET.',
  })
  async previewDataset(
    @Arg('path', () => String, { description: 'As for importDataset.' }) path: string,
    @Args(() => ReadingArguments) reading: ReadingArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<DatasetPreview> {
    return new DatasetPreview(await services.jobs.previewForClient(path, readingOf(reading)));
  }

  @Mutation(() => Job, {
    description: 'Ends a job: what waits is not begun, what runs stops within a few photos. Errors: NOT_FOUND; CONFLICT when it has ended.',
  })
  async cancelJob(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.cancel(jobId as JobId));
  }

  @Mutation(() => Job, { description: 'Has what failed of a job done again. Errors: NOT_FOUND; CONFLICT when it has not failed.' })
  async retryJob(@Arg('jobId', () => ID) jobId: string, @Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.retry(jobId as JobId));
  }

  @Query(() => Job, { nullable: true, description: 'A job by its id. Errors: NOT_FOUND.' })
  async job(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.find(id as JobId));
  }

  @Query(() => JobConnection, { ...connectionOptions, description: 'The jobs over the collection, newest first.' })
  async jobs(@Args(() => JobListArguments) args: JobListArguments, @Ctx() { services }: ApiContext) {
    const { jobs } = services.store;
    const filter = { kind: args.kind ?? undefined, state: args.state ?? undefined };
    const page = await jobs.list(toPageRequest<JobId>(args), filter);
    return new JobConnection(toContent(page, (record) => new Job(record), async () => exactly(await jobs.count(filter))));
  }

  @Query(() => [DeadJob], { complexity: timesFirst, description: 'What failed for good and was not retried, the latest first.' })
  async deadJobs(
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, from 1 to 100.' }) first: number,
    @Ctx() { services }: ApiContext,
  ): Promise<DeadJob[]> {
    checkLimit(first);
    return (await services.jobs.deadLetters(first)).map((letter) => new DeadJob(letter));
  }

  @Subscription(() => Job, {
    subscribe: async ({ args, context: { services } }: { args: JobProgressArguments; context: ApiContext }) =>
      services.jobs.progress((await services.jobs.find(args.jobId as JobId)).id),
    description:
      'A job as it is, again when it has gone on (four times a second at most), and last when it has ended. A client that is slow ' +
      'or was away is told the latest, not what it missed. Errors: NOT_FOUND.',
  })
  jobProgress(
    // Declares the arguments; `subscribe` is what reads them.
    @Args(() => JobProgressArguments) _args: JobProgressArguments,
    @Root() job: JobRecord,
  ): Job {
    return new Job(job);
  }
}

import { Ctx, Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import { resultOf } from '../../jobs/kind.js';
import { jobKind } from '../../jobs/kinds/all.js';
import { importKind, type ImportResult } from '../../jobs/kinds/import.js';
import type { DeadLetter } from '../../jobs/queue-tables.js';
import { photosPerSecond } from '../../jobs/throughput.js';
import type { JobId } from '../../ids.js';
import type { JobFailure, JobRecord } from '../../store/jobs.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { JobKind, JobState } from './enums.js';
import { Model } from './model.js';

@ObjectType({ description: 'Why a job, or a part of one, failed.' })
export class JobError {
  constructor(private readonly failure: JobFailure) {}

  @Field(() => String)
  get code(): string {
    return this.failure.code;
  }

  @Field(() => String)
  get message(): string {
    return this.failure.message;
  }
}

@ObjectType({ description: 'Files that an import left out, or something odd about the data set: once for all places where it is so.' })
export class ImportProblem {
  @Field(() => String, { description: 'The same for equal problems.' })
  readonly kind: string;

  @Field(() => String, { description: 'A sentence that names the first few places.' })
  readonly message: string;

  @Field(() => Int, { description: 'How many files, lines or captions have it.' })
  readonly count: number;

  constructor({ kind, message, count }: ImportResult['problems'][number]) {
    this.kind = kind;
    this.message = message;
    this.count = count;
  }
}

@ObjectType({ description: 'What an import came to.' })
export class ImportReport {
  constructor(private readonly result: ImportResult) {}

  @Field(() => String, { description: 'Name of the data set.' })
  get dataset(): string {
    return this.result.dataset;
  }

  @Field(() => Int, { description: 'Photos that are new in the collection.' })
  get imported(): number {
    return this.result.imported;
  }

  @Field(() => Int, { description: 'Photos that were in it before.' })
  get alreadyThere(): number {
    return this.result.alreadyThere;
  }

  @Field(() => ID, { nullable: true, description: 'Of the data set; null for an import of an earlier version.' })
  get datasetId(): string | undefined {
    return this.result.datasetId;
  }

  @Field(() => Int, { description: 'Captions that are new.' })
  get captionsAdded(): number {
    return this.result.captionsAdded;
  }

  @Field(() => Int, { description: 'Corrected captions, put in place of the old.' })
  get captionsChanged(): number {
    return this.result.captionsChanged;
  }

  @Field(() => Int, { description: 'Photos whose split is another now.' })
  get splitsChanged(): number {
    return this.result.splitsChanged;
  }

  @Field(() => Int, { description: 'Photos that lie elsewhere in the folder, or are called otherwise, now.' })
  get moved(): number {
    return this.result.moved;
  }

  @Field(() => Int, { description: 'Photos that the folder has no longer.' })
  get gonePhotos(): number {
    return this.result.gonePhotos;
  }

  @Field(() => Int, { description: 'Captions that the folder has no longer, of photos that it has.' })
  get goneCaptions(): number {
    return this.result.goneCaptions;
  }

  @Field(() => Int, { description: 'Photos that were deleted: see prune.' })
  get deletedPhotos(): number {
    return this.result.deletedPhotos;
  }

  @Field(() => Int, { description: 'Kinds of problems.' })
  get problemCount(): number {
    return this.result.problemCount;
  }

  @Field(() => [ImportProblem], { description: 'The first hundred kinds of problems.' })
  get problems(): ImportProblem[] {
    return this.result.problems.map((problem) => new ImportProblem(problem));
  }
}

@ObjectType({ description: 'Work over the collection: waiting, shared by workers, or ended.' })
export class Job {
  constructor(private readonly record: JobRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => JobKind)
  get kind(): string {
    return this.record.kind;
  }

  @Field(() => JobState)
  get state(): string {
    return this.record.state;
  }

  @Field(() => Int, { nullable: true, description: 'Photos in all; null until they are counted.' })
  get total(): number | null {
    return this.record.total;
  }

  @Field(() => Int, { description: 'Photos that are done.' })
  get done(): number {
    return this.record.done;
  }

  @Field(() => Int, { description: 'Photos of parts that were given up.' })
  get failed(): number {
    return this.record.failed;
  }

  @Field(() => Float, { nullable: true, description: 'Photos a second since it was begun, of all workers together.' })
  get throughput(): number | undefined {
    return photosPerSecond(this.record);
  }

  @Field(() => JobError, { nullable: true })
  get error(): JobError | undefined {
    const { errorCode: code, errorMessage } = this.record;
    return code === null ? undefined : new JobError({ code, message: errorMessage ?? 'The job failed.' });
  }

  @Field(() => ImportReport, { nullable: true, description: 'Of an import that succeeded.' })
  get importReport(): ImportReport | undefined {
    const result = resultOf(importKind, this.record);
    return result && new ImportReport(result);
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When a worker first took it up.' })
  get startedAt(): Date | null {
    return this.record.startedAt;
  }

  @Field(() => GraphQLISODateTime, { nullable: true })
  get finishedAt(): Date | null {
    return this.record.finishedAt;
  }

  @Field(() => Model, { nullable: true, description: 'Which model captions, or is evaluated.' })
  async model(@Ctx() { loaders }: ApiContext): Promise<Model | undefined> {
    const kind = jobKind(this.record.kind);
    const id = kind.model?.(kind.settings.parse(this.record.settings));
    const record = id === undefined ? undefined : await loaders.models.load(id);
    return record && new Model(record);
  }
}

export const JobConnection = connectionOf('Job', () => Job);

@ObjectType({ description: 'A part of a job, or a whole one, that failed at every try. retryJob has it done again.' })
export class DeadJob {
  constructor(private readonly letter: DeadLetter) {}

  @Field(() => JobKind)
  get kind(): string {
    return this.letter.kind;
  }

  @Field(() => String, { description: 'What the last try failed with.' })
  get message(): string {
    return this.letter.message;
  }

  @Field(() => GraphQLISODateTime)
  get failedAt(): Date {
    return this.letter.failedAt;
  }

  @Field(() => Job, { nullable: true, description: 'What it belongs to.' })
  async job(@Ctx() { services }: ApiContext): Promise<Job | undefined> {
    const record = await services.store.jobs.find(this.letter.work.jobId as JobId);
    return record && new Job(record);
  }
}

/**
 * Jobs over the collection and their parts. A part ends once, however often it is delivered, and every change of a
 * job's state names the states it may come from, so that two workers cannot both have their way.
 */
import { Prisma } from '../generated/prisma/client.js';
import type { ErrorCode } from '../errors.js';
import type { ImageId, JobId, JobPartId } from '../ids.js';
import type { StoreClient } from './client.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export type JobState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface JobRecord {
  readonly id: JobId;
  /** The name of one of src/jobs/kinds. */
  readonly kind: string;
  readonly state: JobState;
  /** A JSON object, as it was given to `create`. */
  readonly settings: unknown;
  /** Photos in all; null until they are counted. */
  readonly total: number | null;
  /** Photos that are done. */
  readonly done: number;
  /** Photos of parts that were given up. */
  readonly failed: number;
  /** A JSON object: what came of it. */
  readonly result: unknown;
  /** Of the request that began it; null where none did. */
  readonly requestId: string | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Photos that one worker does in one go. */
export interface JobPartRecord {
  readonly id: JobPartId;
  readonly jobId: JobId;
  /** Counted from 0. */
  readonly part: number;
  readonly imageIds: readonly ImageId[];
  readonly state: 'WAITING' | 'DONE' | 'FAILED';
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
}

export interface JobFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type JobEnd =
  | { readonly state: 'SUCCEEDED'; readonly result?: object }
  | { readonly state: 'FAILED'; readonly error: JobFailure }
  | { readonly state: 'CANCELLED' };

export interface JobFilter {
  readonly kind?: string | undefined;
  readonly state?: JobState | undefined;
}

export class JobRepository {
  constructor(private readonly prisma: StoreClient) {}

  async create({
    kind,
    settings,
    requestId = null,
  }: Pick<JobRecord, 'kind'> &
    Partial<Pick<JobRecord, 'requestId'>> & { readonly settings: object }): Promise<JobRecord> {
    return toJobRecord(await this.prisma.job.create({ data: { kind, settings, requestId } }));
  }

  /** How many are not at their end, by kind and state. */
  async countOpen(): Promise<(Pick<JobRecord, 'kind' | 'state'> & { readonly count: number })[]> {
    const open: JobState[] = ['QUEUED', 'RUNNING'];
    const rows = await this.prisma.job.groupBy({
      by: ['kind', 'state'],
      where: { state: { in: open } },
      _count: { _all: true },
    });
    return rows.map(({ kind, state, _count }) => ({ kind, state, count: _count._all }));
  }

  /** A job that is the same and has not been begun, the oldest. */
  async findWaiting({
    kind,
    settings,
  }: Pick<JobRecord, 'kind'> & { readonly settings: object }): Promise<JobRecord | undefined> {
    const where = { kind, state: 'QUEUED', settings: { equals: toJson(settings) } } as const;
    const row = await this.prisma.job.findFirst({ where, orderBy: { id: 'asc' } });
    return row ? toJobRecord(row) : undefined;
  }

  async find(id: JobId): Promise<JobRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.job.findUnique({ where: { id } }) : null;
    return row ? toJobRecord(row) : undefined;
  }

  async list(request: PageRequest<JobId>, { kind, state }: JobFilter = {}): Promise<Page<JobRecord>> {
    const { where, ...rest } = pageQuery(request);
    return toPage(
      (await this.prisma.job.findMany({ where: { kind, state, id: where }, ...rest })).map(toJobRecord),
      request,
    );
  }

  count({ kind, state }: JobFilter = {}): Promise<number> {
    return this.prisma.job.count({ where: { kind, state } });
  }

  /** All jobs in this state, oldest first. */
  async inState(...states: JobState[]): Promise<JobRecord[]> {
    return (await this.prisma.job.findMany({ where: { state: { in: states } }, orderBy: { id: 'asc' } })).map(
      toJobRecord,
    );
  }

  /**
   * Begins a job, or goes on with one that was begun.
   *
   * @returns undefined when it has ended or does not exist
   */
  async begin(id: JobId): Promise<JobRecord | undefined> {
    const open = await this.prisma.job.updateManyAndReturn({
      where: { id, state: { in: ['QUEUED', 'RUNNING'] } },
      data: { state: 'RUNNING' },
    });
    await this.prisma.job.updateMany({ where: { id, startedAt: null }, data: { startedAt: new Date() } });
    return open[0] && toJobRecord(open[0]);
  }

  /** Notes how far a job without parts is. @returns false when it no longer runs */
  async progress(id: JobId, done: number, total: number): Promise<boolean> {
    return (await this.prisma.job.updateMany({ where: { id, state: 'RUNNING' }, data: { done, total } })).count > 0;
  }

  /** Whether a job has neither ended nor been cancelled. */
  async isOpen(id: JobId): Promise<boolean> {
    return (await this.prisma.job.count({ where: { id, state: { in: ['QUEUED', 'RUNNING'] } } })) > 0;
  }

  /** Ends a job. @returns undefined when it had ended already */
  async end(id: JobId, end: JobEnd): Promise<JobRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const error = end.state === 'FAILED' ? { errorCode: end.error.code, errorMessage: end.error.message } : {};
    const result = end.state === 'SUCCEEDED' ? (end.result as Prisma.InputJsonObject | undefined) : undefined;
    const rows = await this.prisma.job.updateManyAndReturn({
      where: { id, state: { in: ['QUEUED', 'RUNNING'] } },
      data: { state: end.state, ...error, result, finishedAt: new Date() },
    });
    return rows[0] && toJobRecord(rows[0]);
  }

  /**
   * Puts a failed job back to where it waits; its failed parts wait with it.
   *
   * @returns undefined when it has not failed
   */
  async reopen(id: JobId): Promise<JobRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const [rows] = await this.prisma.$transaction([
      this.prisma.job.updateManyAndReturn({
        where: { id, state: 'FAILED' },
        data: { state: 'QUEUED', failed: 0, errorCode: null, errorMessage: null, finishedAt: null },
      }),
      this.prisma.jobPart.updateMany({
        where: { jobId: id, state: 'FAILED', job: { state: 'QUEUED' } },
        data: { state: 'WAITING', errorCode: null, errorMessage: null },
      }),
    ]);
    return rows[0] && toJobRecord(rows[0]);
  }

  /** Adds parts, the first with this number. Numbers that are taken are left out. */
  async addParts(jobId: JobId, first: number, parts: readonly (readonly ImageId[])[]): Promise<void> {
    const data = parts.map((imageIds, index) => ({ jobId, part: first + index, imageIds: [...imageIds] }));
    await this.prisma.jobPart.createMany({ data, skipDuplicates: true });
  }

  async lastPart(jobId: JobId): Promise<JobPartRecord | undefined> {
    const row = await this.prisma.jobPart.findFirst({ where: { jobId }, orderBy: { part: 'desc' } });
    return row ? toPart(row) : undefined;
  }

  /** Says that all parts are there. From now on the job ends with its last. */
  async planned(jobId: JobId): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE "Job" SET "total" = (SELECT coalesce(sum(cardinality("imageIds")), 0) FROM "JobPart" WHERE "jobId" = ${jobId}::uuid)
      WHERE "id" = ${jobId}::uuid`;
  }

  async findPart(id: JobPartId): Promise<JobPartRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.jobPart.findUnique({ where: { id } }) : null;
    return row ? toPart(row) : undefined;
  }

  /** Parts that wait, with a number of `from` and more, in order. */
  async waitingParts(jobId: JobId, from: number, limit: number): Promise<JobPartRecord[]> {
    const where = { jobId, state: 'WAITING', part: { gte: from } } as const;
    return (await this.prisma.jobPart.findMany({ where, orderBy: { part: 'asc' }, take: limit })).map(toPart);
  }

  async failedParts(jobId: JobId): Promise<{ readonly count: number; readonly first: JobPartRecord | undefined }> {
    const where = { jobId, state: 'FAILED' } as const;
    const [count, first] = await Promise.all([
      this.prisma.jobPart.count({ where }),
      this.prisma.jobPart.findFirst({ where, orderBy: { part: 'asc' } }),
    ]);
    return { count, first: first ? toPart(first) : undefined };
  }

  /** Ends a part and counts its photos, in one statement. @returns false when it had ended already */
  async endPart(id: JobPartId, failure?: JobFailure): Promise<boolean> {
    const state = failure ? 'FAILED' : 'DONE';
    const column = Prisma.raw(failure ? '"failed"' : '"done"');
    const count = await this.prisma.$executeRaw`
      WITH ended AS (
        UPDATE "JobPart"
        SET "state" = ${state}::"JobPartState", "errorCode" = ${failure?.code ?? null}::text, "errorMessage" = ${failure?.message ?? null}::text
        WHERE "id" = ${id}::uuid AND "state" = 'WAITING'
        RETURNING "jobId", cardinality("imageIds") AS photos
      )
      UPDATE "Job" SET ${column} = ${column} + ended.photos FROM ended WHERE "Job"."id" = ended."jobId"`;
    return count > 0;
  }
}

/** Settings as they are stored: without what is undefined. */
export function toJson(settings: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(settings)) as Prisma.InputJsonObject;
}

export function toJobRecord(row: Prisma.JobGetPayload<object>): JobRecord {
  return { ...row, id: row.id as JobId, errorCode: row.errorCode as ErrorCode | null };
}

function toPart(row: Prisma.JobPartGetPayload<object>): JobPartRecord {
  return {
    ...row,
    id: row.id as JobPartId,
    jobId: row.jobId as JobId,
    imageIds: row.imageIds as ImageId[],
    errorCode: row.errorCode as ErrorCode | null,
  };
}

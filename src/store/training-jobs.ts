/**
 * Training jobs and their epochs. A job is begun by an attempt; what an earlier attempt still writes is refused by its
 * number, and every change of state names the states it may come from, so that two processes cannot both have their
 * way.
 */
import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.js';
import type { ErrorCode } from '../errors.js';
import type { TrainingJobId } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { toJson } from './jobs.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';
import { replaceTrainingFiles, type TrainingFile } from './training-files.js';

export type TrainingState = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface TrainingJobRecord {
  readonly id: TrainingJobId;
  readonly state: TrainingState;
  /** A JSON object, as it was given to `create`. */
  readonly settings: unknown;
  readonly seed: number;
  readonly engine: string;
  readonly device: string | null;
  /** How often it was begun. */
  readonly attempt: number;
  /** Attempts in a row, the one that runs among them, that finished no epoch. */
  readonly fruitlessAttempts: number;
  /** A JSON object: what the trainer told at its start. */
  readonly started: unknown;
  /** A JSON object: what it was made from and with; null before it has seen its photos. */
  readonly provenance: unknown;
  /** A JSON object: the trainer's last step. */
  readonly progress: unknown;
  /** A JSON object: what it is at, see `StageProgress`; of one that does not run, what it was at. */
  readonly stage: unknown;
  /** Sentences on what it learns from, such as that photos are left out; none before it has looked at them. */
  readonly notes: readonly string[];
  /** A JSON object: what became of its model beside the one in use; null until it has succeeded. */
  readonly outcome: unknown;
  /** Of the request that began it; null where none did. */
  readonly requestId: string | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** When its process last gave a sign of life. */
  readonly heartbeatAt: Date | null;
}

export interface EpochSample {
  readonly image: string;
  readonly caption: string;
}

const foundSchema = z.object({
  recall: z.tuple([z.number(), z.number(), z.number()]).readonly(),
  medianRank: z.number(),
});
const retrievalSchema = z.object({ textToImage: foundSchema, imageToText: foundSchema });

/**
 * How well photos are found by their captions, and captions by their photos: shares found among 1, 5 and 10, and the
 * median rank.
 */
export type Retrieval = z.infer<typeof retrievalSchema>;

const samplesSchema = z.array(z.object({ image: z.string(), caption: z.string() }));

export interface TrainingEpochRecord {
  readonly jobId: TrainingJobId;
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  /** Mean CIDEr-D of the captions drawn in a self-critical epoch, 0..10. */
  readonly reward: number | null;
  readonly learningRate: number;
  readonly seconds: number;
  readonly validationSeconds: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** BLEU-1 to BLEU-4, 0 to 1. This and CIDEr-D are a captioner's. */
  readonly bleu: readonly [number, number, number, number] | null;
  readonly cider: number | null;
  /** A search model's. */
  readonly retrieval: Retrieval | null;
  readonly best: boolean;
  readonly samples: readonly EpochSample[];
}

export interface TrainingUpdate {
  readonly engine?: string;
  readonly device?: string;
  readonly started?: object;
  readonly provenance?: object;
  readonly progress?: object;
  readonly stage?: object;
  readonly notes?: readonly string[];
}

/** Of a transaction that writes an epoch and its files, a hundred megabytes perhaps, to a server far away. */
const EPOCH_MILLISECONDS = 600_000;

export interface TrainingEnd {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
}

export class TrainingJobRepository {
  constructor(private readonly prisma: StoreClient) {}

  async create(job: {
    readonly settings: object;
    readonly seed: number;
    readonly engine: string;
    readonly requestId?: string | null;
  }): Promise<TrainingJobRecord> {
    const data = { ...job, settings: job.settings as Prisma.InputJsonObject };
    return toRecord(await this.prisma.trainingJob.create({ data }));
  }

  /** How many are not at their end, by state. */
  async countOpen(): Promise<{ readonly state: TrainingState; readonly count: number }[]> {
    const open: TrainingState[] = ['QUEUED', 'RUNNING', 'PAUSED'];
    const rows = await this.prisma.trainingJob.groupBy({
      by: ['state'],
      where: { state: { in: open } },
      _count: { _all: true },
    });
    return rows.map(({ state, _count }) => ({ state, count: _count._all }));
  }

  /** A training that is the same and has not been begun. */
  async findWaiting(settings: object): Promise<TrainingJobRecord | undefined> {
    const row = await this.prisma.trainingJob.findFirst({
      where: { state: 'QUEUED', attempt: 0, settings: { equals: toJson(settings) } },
      orderBy: { id: 'asc' },
    });
    return row ? toRecord(row) : undefined;
  }

  async find(id: TrainingJobId): Promise<TrainingJobRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.trainingJob.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  async list(
    request: PageRequest<TrainingJobId>,
    filter: { state?: TrainingState } = {},
  ): Promise<Page<TrainingJobRecord>> {
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.trainingJob.findMany({ where: { ...filter, id: where }, ...rest });
    return toPage(rows.map(toRecord), request);
  }

  count(filter: { state?: TrainingState } = {}): Promise<number> {
    return this.prisma.trainingJob.count({ where: filter });
  }

  /** All jobs in these states, oldest first. */
  async inState(...states: TrainingState[]): Promise<TrainingJobRecord[]> {
    return (await this.prisma.trainingJob.findMany({ where: { state: { in: states } }, orderBy: { id: 'asc' } })).map(
      toRecord,
    );
  }

  /**
   * Begins a queued job, or takes over a running one, as its next attempt.
   *
   * @returns undefined when the job has ended, is not in `from`, or does not exist
   */
  async begin(
    id: TrainingJobId,
    from: readonly ('QUEUED' | 'RUNNING')[] = ['QUEUED'],
  ): Promise<TrainingJobRecord | undefined> {
    const now = new Date();
    const rows = await this.prisma.trainingJob.updateManyAndReturn({
      where: { id, state: { in: [...from] } },
      data: {
        state: 'RUNNING',
        stage: Prisma.DbNull,
        startedAt: now,
        heartbeatAt: now,
        attempt: { increment: 1 },
        fruitlessAttempts: { increment: 1 },
      },
    });
    return rows[0] && toRecord(rows[0]);
  }

  /**
   * Notes how a running job fares, and that it lives.
   *
   * @returns false when this attempt no longer runs: it was cancelled or another took over
   */
  async update(
    id: TrainingJobId,
    attempt: number,
    { engine, device, started, provenance, progress, stage, notes }: TrainingUpdate = {},
  ): Promise<boolean> {
    const { count } = await this.prisma.trainingJob.updateMany({
      where: { id, attempt, state: 'RUNNING' },
      data: {
        engine,
        device,
        started,
        provenance,
        progress,
        stage,
        notes: notes && [...notes],
        heartbeatAt: new Date(),
      },
    });
    return count > 0;
  }

  /**
   * Puts a running job back into the queue.
   *
   * @param lost its process is gone; one that stopped in order breaks the row of fruitless attempts
   * @returns false when this attempt no longer runs
   */
  async requeue(id: TrainingJobId, attempt: number, { lost = false } = {}): Promise<boolean> {
    const { count } = await this.prisma.trainingJob.updateMany({
      where: { id, attempt, state: 'RUNNING' },
      data: { state: 'QUEUED', heartbeatAt: null, fruitlessAttempts: lost ? undefined : 0 },
    });
    return count > 0;
  }

  /** Has a waiting or running job wait until it is resumed. @returns undefined when it is neither */
  async pause(id: TrainingJobId): Promise<TrainingJobRecord | undefined> {
    return this.change(id, ['QUEUED', 'RUNNING'], { state: 'PAUSED', heartbeatAt: null });
  }

  /**
   * Puts a paused or failed job back into the queue.
   *
   * @param settings in place of those it has
   * @returns undefined when it is neither
   */
  async resume(id: TrainingJobId, settings: object): Promise<TrainingJobRecord | undefined> {
    return this.change(id, ['PAUSED', 'FAILED'], {
      state: 'QUEUED',
      settings,
      errorCode: null,
      errorMessage: null,
      finishedAt: null,
      fruitlessAttempts: 0,
    });
  }

  /**
   * Ends a job; one that has succeeded or was cancelled has no more use for its files.
   *
   * @param attempt the attempt that ends it, which must be running; without it whichever there is, as a person who
   *   cancels
   * @returns undefined when it had ended already, or another attempt took over
   */
  async end(
    id: TrainingJobId,
    { state, errorCode, errorMessage }: TrainingEnd,
    attempt?: number,
  ): Promise<TrainingJobRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const from: TrainingState[] = attempt === undefined ? ['QUEUED', 'RUNNING', 'PAUSED', 'FAILED'] : ['RUNNING'];
    const [rows] = await this.prisma.$transaction([
      this.prisma.trainingJob.updateManyAndReturn({
        where: { id, attempt, state: { in: from } },
        data: { state, errorCode, errorMessage, finishedAt: new Date() },
      }),
      this.prisma.trainingFile.deleteMany({ where: { jobId: id, job: { state: { in: ['SUCCEEDED', 'CANCELLED'] } } } }),
    ]);
    return rows[0] && toRecord(rows[0]);
  }

  /**
   * Stores an epoch of this attempt with the files to go on from, all or nothing; one that a broken attempt left is
   * replaced.
   *
   * @param files all that the job has from now on, see `replaceTrainingFiles`; without, those it has stay
   * @returns false when this attempt no longer runs; nothing of it is stored then
   */
  async putEpoch(
    { jobId, epoch, bleu, retrieval, samples, ...figures }: TrainingEpochRecord,
    attempt: number,
    files?: readonly TrainingFile[],
  ): Promise<boolean> {
    const [bleu1, bleu2, bleu3, bleu4] = bleu ?? [null, null, null, null];
    const data = {
      ...figures,
      bleu1,
      bleu2,
      bleu3,
      bleu4,
      retrieval: retrieval ?? Prisma.DbNull,
      samples: samples.map(({ image, caption }) => ({ image, caption })),
    };
    const store = async (transaction: StoreTransaction) => {
      if (files) await replaceTrainingFiles(transaction, jobId, files);
      await transaction.trainingEpoch.upsert({
        where: { jobId_epoch: { jobId, epoch } },
        create: { jobId, epoch, ...data },
        update: data,
      });
      // Last, as it holds the job's row to the end of the transaction: until then its heart beats on.
      const { count } = await transaction.trainingJob.updateMany({
        where: { id: jobId, attempt, state: 'RUNNING' },
        data: { heartbeatAt: new Date(), fruitlessAttempts: 0 },
      });
      if (count === 0) throw new Superseded();
    };
    try {
      await this.prisma.$transaction(store, { timeout: EPOCH_MILLISECONDS });
      return true;
    } catch (error) {
      if (error instanceof Superseded) return false;
      throw error;
    }
  }

  /** Keeps what became of a job's model, once: what was decided first stays. @returns whether this is it */
  async decide(id: TrainingJobId, outcome: object): Promise<boolean> {
    const where = { id, outcome: { equals: Prisma.DbNull } };
    return (await this.prisma.trainingJob.updateMany({ where, data: { outcome } })).count > 0;
  }

  /** The epochs after a given one, in order. */
  async epochs(jobId: TrainingJobId, after = 0): Promise<TrainingEpochRecord[]> {
    if (!isRecordId(jobId)) return [];
    const rows = await this.prisma.trainingEpoch.findMany({
      where: { jobId, epoch: { gt: after } },
      omit: { createdAt: true },
      orderBy: { epoch: 'asc' },
    });
    return rows.map(({ bleu1, bleu2, bleu3, bleu4, retrieval, samples, ...row }) => ({
      ...row,
      jobId,
      bleu: bleu1 === null || bleu2 === null || bleu3 === null || bleu4 === null ? null : [bleu1, bleu2, bleu3, bleu4],
      retrieval: retrieval === null ? null : retrievalSchema.parse(retrieval),
      samples: samplesSchema.parse(samples),
    }));
  }

  private async change(
    id: TrainingJobId,
    from: readonly TrainingState[],
    data: Prisma.TrainingJobUpdateManyMutationInput,
  ): Promise<TrainingJobRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const rows = await this.prisma.trainingJob.updateManyAndReturn({ where: { id, state: { in: [...from] } }, data });
    return rows[0] && toRecord(rows[0]);
  }
}

/** Rolls back what an attempt wrote that no longer runs. */
class Superseded extends Error {}

function toRecord(row: Prisma.TrainingJobGetPayload<object>): TrainingJobRecord {
  return { ...row, id: row.id as TrainingJobId, errorCode: row.errorCode as ErrorCode | null };
}

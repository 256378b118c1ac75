/**
 * Training jobs and their epochs. A job is begun by an attempt; what an earlier attempt still writes is refused by its
 * number, and every change of state names the states it may come from, so that two processes cannot both have their way.
 */
import { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.js';
import type { ErrorCode } from '../errors.js';
import type { TrainingJobId } from '../ids.js';
import type { StoreClient } from './client.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export type TrainingState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

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
  /** A JSON object: what the trainer told at its start. */
  readonly started: unknown;
  /** A JSON object: the trainer's last step. */
  readonly progress: unknown;
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

const samplesSchema = z.array(z.object({ image: z.string(), caption: z.string() }));

export interface TrainingEpochRecord {
  readonly jobId: TrainingJobId;
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly seconds: number;
  readonly validationSeconds: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
  /** BLEU-1 to BLEU-4, 0 to 1. */
  readonly bleu: readonly [number, number, number, number];
  readonly cider: number;
  readonly best: boolean;
  readonly checkpoint: string;
  readonly samples: readonly EpochSample[];
}

export interface TrainingUpdate {
  readonly engine?: string;
  readonly device?: string;
  readonly started?: object;
  readonly progress?: object;
}

export interface TrainingEnd {
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
}

export class TrainingJobRepository {
  constructor(private readonly prisma: StoreClient) {}

  async create(job: { readonly settings: object; readonly seed: number; readonly engine: string }): Promise<TrainingJobRecord> {
    const data = { ...job, settings: job.settings as Prisma.InputJsonObject };
    return toRecord(await this.prisma.trainingJob.create({ data }));
  }

  async find(id: TrainingJobId): Promise<TrainingJobRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.trainingJob.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  async list(request: PageRequest<TrainingJobId>, filter: { state?: TrainingState } = {}): Promise<Page<TrainingJobRecord>> {
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.trainingJob.findMany({ where: { ...filter, id: where }, ...rest });
    return toPage(rows.map(toRecord), request);
  }

  count(filter: { state?: TrainingState } = {}): Promise<number> {
    return this.prisma.trainingJob.count({ where: filter });
  }

  /** All jobs in these states, oldest first. */
  async inState(...states: TrainingState[]): Promise<TrainingJobRecord[]> {
    return (await this.prisma.trainingJob.findMany({ where: { state: { in: states } }, orderBy: { id: 'asc' } })).map(toRecord);
  }

  /**
   * Begins a queued job, or takes over a running one, as its next attempt.
   *
   * @returns undefined when the job has ended, is not in `from`, or does not exist
   */
  async begin(id: TrainingJobId, from: readonly ('QUEUED' | 'RUNNING')[] = ['QUEUED']): Promise<TrainingJobRecord | undefined> {
    const now = new Date();
    const rows = await this.prisma.trainingJob.updateManyAndReturn({
      where: { id, state: { in: [...from] } },
      data: { state: 'RUNNING', startedAt: now, heartbeatAt: now, attempt: { increment: 1 } },
    });
    return rows[0] && toRecord(rows[0]);
  }

  /**
   * Notes how a running job fares, and that it lives.
   *
   * @returns false when this attempt no longer runs: it was cancelled or another took over
   */
  async update(id: TrainingJobId, attempt: number, { engine, device, started, progress }: TrainingUpdate = {}): Promise<boolean> {
    const { count } = await this.prisma.trainingJob.updateMany({
      where: { id, attempt, state: 'RUNNING' },
      data: {
        engine,
        device,
        started,
        progress,
        heartbeatAt: new Date(),
      },
    });
    return count > 0;
  }

  /** Puts a running job back into the queue, as when the server stops. */
  async requeue(id: TrainingJobId, attempt: number): Promise<boolean> {
    const where = { id, attempt, state: 'RUNNING' } as const;
    return (await this.prisma.trainingJob.updateMany({ where, data: { state: 'QUEUED', heartbeatAt: null } })).count > 0;
  }

  /**
   * Ends a job that has not ended.
   *
   * @param attempt the attempt that ends it; without it whichever there is, as a person who cancels
   * @returns undefined when it had ended already, or another attempt took over
   */
  async end(id: TrainingJobId, end: TrainingEnd, attempt?: number): Promise<TrainingJobRecord | undefined> {
    const { state, errorCode, errorMessage } = end;
    if (!isRecordId(id)) return undefined;
    const rows = await this.prisma.trainingJob.updateManyAndReturn({
      where: { id, attempt, state: { in: ['QUEUED', 'RUNNING'] } },
      data: { state, errorCode, errorMessage, finishedAt: new Date() },
    });
    return rows[0] && toRecord(rows[0]);
  }

  /** Stores an epoch of this attempt; one that a broken attempt left is replaced. Of a refused attempt nothing is stored. */
  async putEpoch({ jobId, epoch, bleu, samples, ...figures }: TrainingEpochRecord, attempt: number): Promise<boolean> {
    if (!(await this.update(jobId, attempt))) return false;
    const [bleu1, bleu2, bleu3, bleu4] = bleu;
    const data = { ...figures, bleu1, bleu2, bleu3, bleu4, samples: samples.map(({ image, caption }) => ({ image, caption })) };
    await this.prisma.trainingEpoch.upsert({
      where: { jobId_epoch: { jobId, epoch } },
      create: { jobId, epoch, ...data },
      update: data,
    });
    return true;
  }

  /** The epochs after a given one, in order. */
  async epochs(jobId: TrainingJobId, after = 0): Promise<TrainingEpochRecord[]> {
    if (!isRecordId(jobId)) return [];
    const rows = await this.prisma.trainingEpoch.findMany({
      where: { jobId, epoch: { gt: after } },
      omit: { createdAt: true },
      orderBy: { epoch: 'asc' },
    });
    return rows.map(({ bleu1, bleu2, bleu3, bleu4, samples, ...row }) => ({
      ...row,
      jobId,
      bleu: [bleu1, bleu2, bleu3, bleu4],
      samples: samplesSchema.parse(samples),
    }));
  }
}

function toRecord(row: Prisma.TrainingJobGetPayload<object>): TrainingJobRecord {
  return { ...row, id: row.id as TrainingJobId, errorCode: row.errorCode as ErrorCode | null };
}

/** What a worker does with an entry of a queue: it divides a job into parts, does a part, or does a job in one go. */
import type { Logger } from 'pino';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, JobId, JobPartId } from '../ids.js';
import type { JobEnd, JobFailure, JobRecord } from '../store/jobs.js';
import type { Store } from '../store/store.js';
import type { JobNotifier } from './notifier.js';
import { photoWork, type SplitKind, type WholeJobContext, type WholeKind } from './kind.js';
import { jobKind } from './kinds/all.js';
import { withRequestId } from '../monitoring/request-id.js';
import { CHANGED } from '../queue/notifier.js';
import { performPart } from './part-work.js';
import type { JobQueue, WorkHandler } from '../queue/queue.js';
import { isOpen } from '../store/job-states.js';
import { beginWith } from '../store/needs.js';
import { needsOfJob } from './kinds/all.js';

export interface JobDependencies extends WholeJobContext {
  readonly store: Pick<
    Store,
    'jobs' | 'images' | 'captions' | 'owedCaptions' | 'features' | 'embeddings' | 'models' | 'datasets' | 'locks'
  >;
  readonly queue: JobQueue;
  readonly notifier: JobNotifier;
  readonly log: Logger;
}

/** Photos of a part: a second or two of work, so that little is done again when a worker is lost. */
export const PART_PHOTOS = 16;
/** Parts made at a time. */
const PARTS_AT_ONCE = 64;

/** The job was cancelled; nobody needs to be told. */
class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

export class JobRunner {
  constructor(private readonly dependencies: JobDependencies) {}

  handler(): WorkHandler {
    return {
      handle: async ({ jobId, partId }, signal, gotFurther) => {
        try {
          if (partId === undefined) await this.run(jobId as JobId, signal, gotFurther);
          else await this.runPart(jobId as JobId, partId as JobPartId, signal);
        } catch (error) {
          if (!(error instanceof Cancelled)) throw error;
        }
      },
      failed: async ({ jobId, partId }, error) => {
        const job = await this.dependencies.store.jobs.find(jobId as JobId);
        await withRequestId(job?.requestId ?? null, () =>
          this.fail(jobId as JobId, partId as JobPartId | undefined, toJobFailure(error)),
        );
      },
    };
  }

  /** Notes that a part, or a whole job, has been given up. Said again, it changes nothing. */
  async fail(jobId: JobId, partId: JobPartId | undefined, failure: JobFailure): Promise<void> {
    const { store, notifier, log } = this.dependencies;
    const whole = partId === undefined;
    const isNew = whole
      ? (await store.jobs.end(jobId, { state: 'FAILED', error: failure })) !== undefined
      : await store.jobs.endPart(partId, failure);
    if (isNew) log.warn({ jobId, partId, code: failure.code }, failure.message);
    if (whole) await notifier.tell(jobId, CHANGED);
    else await this.settle(jobId);
  }

  /** Ends a job whose last part has ended. */
  async settle(jobId: JobId): Promise<void> {
    const { jobs } = this.dependencies.store;
    const job = await jobs.find(jobId);
    if (!job || !isOpen(job.state)) return;
    if (job.total === null || job.done + job.failed < job.total) {
      await this.dependencies.notifier.tellInPassing(jobId, CHANGED);
      return;
    }
    await withRequestId(job.requestId, async () => {
      if (job.failed > 0) await this.end(job, { state: 'FAILED', error: await this.failureOf(job) });
      else await this.succeed(job);
    });
    await this.dependencies.notifier.tell(jobId, CHANGED);
  }

  private async succeed(job: JobRecord): Promise<void> {
    const { store, queue } = this.dependencies;
    const kind = jobKind(job.kind);
    const isFinished = !('photos' in kind) || (await photoWork(kind, job, store).finish());
    const ended = await this.end(job, { state: 'SUCCEEDED' });
    if (isFinished || !ended) return;
    // Photos came from a server that did not know of the job. What is left to do is a job of its own.
    const rest = await beginWith(needsOfJob(job), store, () =>
      store.jobs.create({
        kind: kind.kind,
        settings: kind.settings.parse(job.settings),
        requestId: job.requestId,
      }),
    );
    await queue.send(kind.kind, [{ id: rest.id, jobId: rest.id }]);
  }

  /** @returns false when it had ended already */
  private async end({ id, kind }: JobRecord, end: JobEnd): Promise<boolean> {
    const ended = await this.dependencies.store.jobs.end(id, end);
    if (ended) this.dependencies.log.info({ jobId: id, kind, state: end.state }, 'a job has ended');
    return ended !== undefined;
  }

  private async failureOf({ id, failed, total }: JobRecord): Promise<JobFailure> {
    const { count, first } = await this.dependencies.store.jobs.failedParts(id);
    const parts = count === 1 ? 'one part' : `${count} parts`;
    const reason = first?.errorMessage ?? '';
    const message = `${failed} of ${total ?? 0} photos lie in ${parts} that failed. ${reason} Retry what failed: retryJob, or ekphrasis jobs retry ${id}.`;
    return { code: first?.errorCode ?? ErrorCode.ProcessFailed, message };
  }

  private async run(jobId: JobId, signal: AbortSignal, gotFurther: () => Promise<void>): Promise<void> {
    const { store, notifier, log } = this.dependencies;
    const job = await beginWith({}, store, () => store.jobs.begin(jobId));
    // Cancelled while it waited, or done by the worker that had it before.
    if (!job) return;
    await withRequestId(job.requestId, async () => {
      log.info({ jobId, kind: job.kind }, 'a job is taken up');
      await notifier.tell(jobId, CHANGED);
      const kind = jobKind(job.kind);
      if ('photos' in kind) await this.divide(job, kind, signal, gotFurther);
      else await this.runWhole(job, kind, signal, gotFurther);
    });
  }

  /** Makes the parts, goes on behind the last where another worker was lost over it, and puts them into the queue. */
  private async divide(
    job: JobRecord,
    kind: SplitKind,
    signal: AbortSignal,
    gotFurther: () => Promise<void>,
  ): Promise<void> {
    const { store, queue } = this.dependencies;
    const work = photoWork(kind, job, store);
    await this.sendWaitingParts(job, 0);
    while (job.total === null) {
      await this.goOn(job.id, signal);
      const last = await store.jobs.lastPart(job.id);
      const ids = await work.idsAfter(last?.imageIds.at(-1), PARTS_AT_ONCE * PART_PHOTOS);
      if (ids.length === 0) break;
      const first = last ? last.part + 1 : 0;
      await store.jobs.addParts(job.id, first, inParts(ids));
      await gotFurther();
      await this.sendWaitingParts(job, first);
    }
    if (job.total === null) await store.jobs.planned(job.id);
    // One that was cancelled meanwhile leaves nothing in the queue.
    if (!(await store.jobs.isOpen(job.id))) await queue.withdraw(job.kind, job.id);
    await this.settle(job.id);
  }

  private async sendWaitingParts({ id: jobId, kind }: JobRecord, from: number): Promise<void> {
    const { store, queue } = this.dependencies;
    for (let next = from; ;) {
      const parts = await store.jobs.waitingParts(jobId, next, PARTS_AT_ONCE);
      if (parts.length > 0)
        await queue.sendAgain(
          kind,
          parts.map(({ id }) => ({ id, jobId, partId: id })),
        );
      const last = parts.at(-1);
      if (!last || parts.length < PARTS_AT_ONCE) return;
      next = last.part + 1;
    }
  }

  private async runPart(jobId: JobId, partId: JobPartId, signal: AbortSignal): Promise<void> {
    const { store, log } = this.dependencies;
    const [job, part] = await Promise.all([store.jobs.find(jobId), store.jobs.findPart(partId)]);
    if (!job || !isOpen(job.state) || part?.state !== 'WAITING') return;
    const kind = jobKind(job.kind);
    if (!('photos' in kind)) return;
    await withRequestId(job.requestId, async () => {
      await performPart(part.imageIds, photoWork(kind, job, store), await this.dependencies.collection(), () =>
        this.goOn(jobId, signal),
      );
      if (await store.jobs.endPart(partId))
        log.debug({ jobId, part: part.part, photos: part.imageIds.length }, 'a part of a job is done');
      await this.settle(jobId);
    });
  }

  private async runWhole(
    job: JobRecord,
    kind: WholeKind,
    signal: AbortSignal,
    gotFurther: () => Promise<void>,
  ): Promise<void> {
    const { store, notifier, log } = this.dependencies;
    const cancelled = new AbortController();
    const keepProgress = async (done: number, total: number) => {
      // Photos that are there already are passed in no time: what was kept before the worker was lost is soon behind.
      if (done > job.done) await gotFurther();
      if (await store.jobs.progress(job.id, done, total)) await notifier.tellInPassing(job.id, CHANGED);
      else cancelled.abort(new Cancelled('The job was cancelled.'));
    };
    // One after another, and the last before the end: else an older figure could stay.
    let kept = Promise.resolve();
    const onProgress = (done: number, total: number) => {
      kept = kept
        .then(() => keepProgress(done, total))
        .catch((error: unknown) => {
          log.warn({ err: error, jobId: job.id }, 'the progress of a job could not be written');
        });
    };
    const result = await kind.run(
      kind.settings.parse(job.settings),
      this.dependencies,
      onProgress,
      AbortSignal.any([signal, cancelled.signal]),
    );
    await kept;
    await this.end(job, { state: 'SUCCEEDED', result });
    await notifier.tell(job.id, CHANGED);
  }

  /** @throws when the worker ends or the job was cancelled */
  private async goOn(jobId: JobId, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(await this.dependencies.store.jobs.isOpen(jobId))) throw new Cancelled('The job was cancelled.');
  }
}

/** What a failure is kept as: an error meant for people with its own code, anything else as a defect. */
export function toJobFailure(error: unknown): JobFailure {
  if (error instanceof EkphrasisError) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: ErrorCode.ProcessFailed, message: `The work failed unexpectedly: ${reason}.` };
}

function inParts(ids: readonly ImageId[]): ImageId[][] {
  return Array.from({ length: Math.ceil(ids.length / PART_PHOTOS) }, (_, index) =>
    ids.slice(index * PART_PHOTOS, (index + 1) * PART_PHOTOS),
  );
}

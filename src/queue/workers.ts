/** Who works: each process that serves or takes up work says so again and again, and what it is at. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { EncoderId, WorkerId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { WorkerRecord } from '../store/workers.js';
import { PROGRAM_VERSION } from '../version.js';
import { BEATS, type JobQueue } from './queue.js';
import type { Lease } from './queue-tables.js';

export interface WorkersOptions {
  readonly store: Pick<Store, 'workers'>;
  readonly queue: Pick<JobQueue, 'entries' | 'onEntries' | 'leases'>;
  /** No other process can use the database: those that are known at the start are gone. */
  readonly alone: boolean;
  /** Seconds without a sign of life after which a process counts as lost. */
  readonly lease: number;
  /** What trainings are computed on, as DEVICE says. */
  readonly device: string;
  /** The encoder of this process, once it is open. */
  readonly encoder: () => EncoderId | undefined;
  /** Told of signs of life that could not be written. */
  readonly onError: (error: unknown) => void;
}

/** What a process does. */
export interface Duties {
  /** Whether it answers requests. */
  readonly serves: boolean;
  /** Names of the queues whose entries it takes up. */
  readonly queues: readonly string[];
}

export interface LivingWorker extends WorkerRecord {
  /** What it is at. */
  readonly leases: readonly Lease[];
}

/** What is begun and ended is told this often at most: parts of jobs take a second or two. */
const TELLING_MILLISECONDS = 1000;

export class Workers {
  private readonly id = randomUUID() as WorkerId;
  private duties: Duties | undefined;
  private heart: NodeJS.Timeout | undefined;
  private telling: NodeJS.Timeout | undefined;
  /** One after another: the last to be written is the last that is so. */
  private written: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: WorkersOptions) {}

  /** Says what this process does, besides what was said before, from now on until it closes. */
  async announce({ serves = false, queues = [] }: Partial<Duties>): Promise<void> {
    const { store, queue, alone, lease, onError } = this.options;
    const before = this.duties;
    this.duties = {
      serves: serves || (before?.serves ?? false),
      queues: [...new Set([...(before?.queues ?? []), ...queues])],
    };
    if (!before) {
      if (alone) await store.workers.clear().catch(onError);
      this.heart = setInterval(
        () => {
          this.beat().catch(onError);
        },
        (lease * 1000) / BEATS,
      );
      this.heart.unref();
      queue.onEntries(() => {
        this.tellSoon();
      });
    }
    // On a full disk it serves all the same, and is known when there is room.
    await this.beat().catch(onError);
  }

  /** All that live, with what they are at, those of other machines as well. */
  async list(): Promise<LivingWorker[]> {
    const { store, queue } = this.options;
    await this.beat();
    const living = await store.workers.living();
    const leases = await queue.leases(living.flatMap(({ entries }) => entries));
    return living.map((worker) => ({
      ...worker,
      leases: leases.filter(({ entry }) => worker.entries.includes(entry)),
    }));
  }

  /** Takes this process off the list. */
  async close(): Promise<void> {
    clearInterval(this.heart);
    clearTimeout(this.telling);
    this.closed = true;
    await this.written.catch(() => undefined);
    // Who cannot say so is missed soon.
    if (this.duties) await this.options.store.workers.remove(this.id).catch(this.options.onError);
  }

  private beat(): Promise<void> {
    const { duties } = this;
    if (!duties || this.closed) return Promise.resolve();
    const { store, queue, lease: leaseSeconds, device, encoder } = this.options;
    this.written = this.written
      .catch(() => undefined)
      .then(() =>
        store.workers.renew({
          id: this.id,
          host: hostname(),
          pid: process.pid,
          version: PROGRAM_VERSION,
          ...duties,
          encoder: encoder() ?? null,
          device,
          entries: queue.entries,
          leaseSeconds,
        }),
      );
    return this.written;
  }

  private tellSoon(): void {
    if (this.closed) return;
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.beat().catch(this.options.onError);
    }, TELLING_MILLISECONDS).unref();
  }
}

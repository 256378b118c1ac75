/**
 * The one door to pg-boss: a queue for each kind of work, kept in the database, so that waiting work survives a restart
 * and any number of processes share it. An entry is delivered at least once. Its worker gives a sign of life again and
 * again; without one pg-boss's expiry hands it to another.
 */
import PgBoss from 'pg-boss';
import { isDiskFull } from '../files/storage-failure.js';
import type { Store } from '../store/store.js';
import { under } from '../store/locks.js';
import { explainRefusal } from '../store/refusals.js';
import { WakeUp } from './wake-up.js';
import {
  deadLetterQueue,
  type DeadLetter,
  emptyQueue,
  type Lease,
  type Payload,
  payloadSchema,
  type QueueState,
  QueueTables,
} from './queue-tables.js';
import { isPermanent, type QueuePolicy } from './policy.js';

export type QueueDatabase = Pick<Store, 'executeSql' | 'listen' | 'locks' | 'notify' | 'space'>;

export interface QueueOptions {
  /** The queues by their names. */
  readonly queues: ReadonlyMap<string, QueuePolicy>;
  /** No other process can use the database: what runs at the start belongs to a process that is gone. */
  readonly alone: boolean;
  /** Seconds without a heartbeat after which a worker counts as lost. */
  readonly lease: number;
  /** Told of troubles with the database while there is nobody to throw to; the queue goes on trying. */
  readonly onError: (error: unknown) => void;
}

export interface Entry extends Payload {
  /** Of the entry; a second one with it is left out as long as the first is known. */
  readonly id?: string;
}

export interface WorkHandler {
  /**
   * Does what an entry asks for, perhaps again. It ends early, by an error, when the signal is aborted.
   *
   * @param gotFurther to be called when the work is further than any try before brought it: they count no longer, since
   *   an entry is given up for what it does to its workers, not for how often they are lost over hours of work
   */
  handle(work: Payload, signal: AbortSignal, gotFurther: () => Promise<void>): Promise<void>;
  /** Told that an entry has failed for good, before it is put among the dead letters. */
  failed(work: Payload, error: unknown): Promise<void>;
}

const CHANNEL = 'ekphrasis_work';

/** New work is told of; this is how soon it is found when that was not heard. */
const POLLING_MILLISECONDS = 30_000;

/** Another worker may be faster with an entry that is due. */
const LEAST_MILLISECONDS = 100;

/** Between two looks at a disk that is full. Nothing is begun there. */
const ROOM_MILLISECONDS = 2000;

/** Wait before the second try, in seconds; doubled each time, and stretched at random up to twice that. */
const RETRY_DELAY = 1;

/** Signs of life within a lease. */
export const BEATS = 4;

/** Waiting work is kept for ten years. */
const KEEP_DAYS = 3650;
const DAY = 86_400_000;

/** Held while tables and queues are made. */
const MAKING = 'queues';

/** A new queue may get in the way of what a server that runs does with the others. */
const START_ATTEMPTS = 10;

export class JobQueue {
  private readonly wakeUps = new Map<string, WakeUp>();
  private readonly loops = new Map<string, Promise<void>[]>();
  private readonly stopped = new Map<string, AbortController>();
  private readonly held = new Set<string>();
  private onHeld: () => void = () => undefined;
  private stopListening: (() => Promise<void>) | undefined;

  private constructor(
    private readonly boss: PgBoss,
    private readonly database: QueueDatabase,
    private readonly tables: QueueTables,
    private readonly options: QueueOptions,
  ) {}

  static async open(database: QueueDatabase, options: QueueOptions): Promise<JobQueue> {
    const boss = await under(database.locks.alone(MAKING), () => startBoss(database, options));
    const queue = new JobQueue(boss, database, new QueueTables(database), options);
    // It may have taken entries from workers that were lost.
    boss.on('maintenance', () => {
      for (const wakeUp of queue.wakeUps.values()) wakeUp.signal();
    });
    if (options.alone) {
      await queue.tables.expireAll();
      await boss.expire();
    }
    return queue;
  }

  /** Puts entries at the end of their queue. */
  async send(kind: string, entries: readonly Entry[]): Promise<void> {
    const { retriesOfLost, oncePerJob, deadLetters } = this.policyOf(kind);
    const keepUntil = new Date(Date.now() + KEEP_DAYS * DAY);
    const jobs = entries.map(({ id, ...data }): PgBoss.JobInsert => ({
      id,
      name: kind,
      data,
      singletonKey: oncePerJob ? data.jobId : undefined,
      retryLimit: retriesOfLost,
      retryDelay: RETRY_DELAY,
      retryBackoff: true,
      expireInSeconds: this.options.lease,
      deadLetter: deadLetters ? deadLetterQueue(kind) : undefined,
      keepUntil,
    }));
    await this.boss.insert(jobs);
    this.wakeUp(kind).signal();
    await this.database.notify(CHANNEL, kind);
  }

  /** Sends entries that may have been sent and ended before. */
  async sendAgain(kind: string, entries: readonly (Entry & { readonly id: string })[]): Promise<void> {
    await this.tables.forget(
      kind,
      entries.map(({ id }) => id),
    );
    await this.send(kind, entries);
  }

  /** Takes back what waits of a job. */
  withdraw(kind: string, jobId: string): Promise<void> {
    return this.tables.withdraw(kind, jobId);
  }

  /** See `QueueTables.deadLetters`. */
  deadLetters(limit: number, jobIds?: readonly string[]): Promise<DeadLetter[]> {
    return this.tables.deadLetters(limit, jobIds);
  }

  /** See `QueueTables.states`: one of every queue. */
  async states(): Promise<QueueState[]> {
    const states = new Map((await this.tables.states()).map((state) => [state.kind, state]));
    return [...this.options.queues.keys()].map((kind) => states.get(kind) ?? emptyQueue(kind));
  }

  /** Ids of the entries that this process is at. */
  get entries(): readonly string[] {
    return [...this.held];
  }

  /** Has one listener told when they have changed. */
  onEntries(listener: () => void): void {
    this.onHeld = listener;
  }

  /** See `QueueTables.leases`. */
  leases(entries: readonly string[]): Promise<Lease[]> {
    return this.tables.leases(entries);
  }

  removeDeadLetters(kind: string, jobId: string): Promise<void> {
    return this.tables.removeDeadLetters(kind, jobId);
  }

  /** Begins to handle entries of a queue, up to `concurrency` at a time. */
  async work(kind: string, concurrency: number, handler: WorkHandler): Promise<void> {
    this.stopListening ??= await this.database.listen(CHANNEL, (name) => this.wakeUps.get(name)?.signal());
    const controller = new AbortController();
    this.stopped.set(kind, controller);
    this.loops.set(
      kind,
      Array.from({ length: concurrency }, () => this.loop(kind, handler, controller.signal)),
    );
  }

  /** Ends the work on a queue: what runs is told to end, waited for, and given back if it was not done. */
  async stop(kind: string): Promise<void> {
    this.stopped.get(kind)?.abort();
    this.wakeUps.get(kind)?.signal();
    await Promise.all(this.loops.get(kind) ?? []);
  }

  async close(): Promise<void> {
    await Promise.all([...this.options.queues.keys()].map((kind) => this.stop(kind)));
    await this.stopListening?.();
    await this.boss.stop({ graceful: false });
  }

  private async loop(kind: string, handler: WorkHandler, stop: AbortSignal): Promise<void> {
    const wakeUp = this.wakeUp(kind);
    while (!stop.aborted) {
      const { signals } = wakeUp;
      if (await this.isFull()) {
        await wakeUp.wait(signals, ROOM_MILLISECONDS);
        continue;
      }
      // A lost database gives nothing, too: the next look is later.
      const [entry] = await this.boss.fetch<object>(kind, { includeMetadata: true, batchSize: 1 });
      if (entry) await this.deliver(kind, entry, handler, stop).catch(this.options.onError);
      else await wakeUp.wait(signals, await this.untilNext(kind));
    }
  }

  private async deliver(
    kind: string,
    entry: PgBoss.JobWithMetadata,
    handler: WorkHandler,
    stop: AbortSignal,
  ): Promise<void> {
    const { id, data } = entry;
    const { retries } = this.policyOf(kind);
    let { retryCount, retryLimit } = entry;
    const work = payloadSchema.parse(data);
    const gotFurther = async () => {
      if (retryCount > 0 || retryLimit > retries) await this.tables.forgetTries(kind, id, retries);
      [retryCount, retryLimit] = [0, retries];
    };
    const heart = setInterval(
      () => {
        this.tables.renew(kind, id).catch(this.options.onError);
      },
      (this.options.lease * 1000) / BEATS,
    );
    this.held.add(id);
    this.onHeld();
    try {
      await handler.handle(work, stop, gotFurther);
      await this.boss.complete(kind, id);
    } catch (error) {
      const wantsRoom = isDiskFull(error);
      if (wantsRoom) await this.waitForRoom(kind, stop);
      if (stop.aborted || wantsRoom) {
        await this.tables.grantTry(kind, id);
      } else if (isPermanent(error) || retryCount >= retryLimit) {
        await handler.failed(work, error);
        await this.tables.limitTries(kind, id, retryCount);
      } else if (retryCount + retries < retryLimit) {
        // There is something wrong with it: it is tried as often as other work that fails.
        await this.tables.limitTries(kind, id, retryCount + retries);
      }
      await this.boss.fail(kind, id, error instanceof Error ? error : new Error(String(error)));
      if (stop.aborted) await this.database.notify(CHANNEL, kind);
    } finally {
      clearInterval(heart);
      this.held.delete(id);
      this.onHeld();
    }
  }

  private async isFull(): Promise<boolean> {
    return (await this.database.space.state()).state === 'full';
  }

  /** The entry is kept meanwhile: no try is lost over a disk without room. */
  private async waitForRoom(kind: string, stop: AbortSignal): Promise<void> {
    const wakeUp = this.wakeUp(kind);
    while (!stop.aborted && (await this.isFull())) await wakeUp.wait(wakeUp.signals, ROOM_MILLISECONDS);
  }

  /** Until a waiting entry may be taken, be it one to try again, or until it is time to look once more. */
  private async untilNext(kind: string): Promise<number> {
    const next = await this.tables.untilNext(kind).catch((error: unknown) => {
      this.options.onError(error);
    });
    return Math.min(POLLING_MILLISECONDS, Math.max(LEAST_MILLISECONDS, next ?? POLLING_MILLISECONDS));
  }

  private policyOf(kind: string): QueuePolicy {
    const policy = this.options.queues.get(kind);
    if (!policy) throw new RangeError(`there is no queue ${kind}`);
    return policy;
  }

  private wakeUp(kind: string): WakeUp {
    const wakeUp = this.wakeUps.get(kind) ?? new WakeUp();
    this.wakeUps.set(kind, wakeUp);
    return wakeUp;
  }
}

/**
 * Starts pg-boss, which makes its tables and the queues where they are missing.
 */
async function startBoss(database: QueueDatabase, { queues, lease, onError }: QueueOptions): Promise<PgBoss> {
  const maintenanceIntervalSeconds = Math.max(1, Math.round(lease / 2));
  for (let attempt = 1; ; attempt += 1) {
    const boss = new PgBoss({ db: database, schedule: false, supervise: true, maintenanceIntervalSeconds });
    boss.on('error', onError);
    try {
      await boss.start();
      await createQueues(boss, queues);
      return boss;
    } catch (error) {
      await boss.stop({ graceful: false }).catch(() => undefined);
      if (attempt === START_ATTEMPTS || !isRace(error)) throw explainRefusal(error);
    }
  }
}

async function createQueues(boss: PgBoss, queues: QueueOptions['queues']): Promise<void> {
  const known = new Set((await boss.getQueues()).map(({ name }) => name));
  for (const [kind, { deadLetters, oncePerJob }] of queues) {
    const deadLetter = deadLetters ? deadLetterQueue(kind) : undefined;
    if (deadLetter !== undefined && !known.has(deadLetter)) await boss.createQueue(deadLetter);
    if (!known.has(kind)) await boss.createQueue(kind, { name: kind, policy: oncePerJob ? 'short' : 'standard' });
  }
}

/** PostgreSQL's deadlock_detected and unique_violation: what servers that use the same tables at once can meet. */
function isRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '23505');
}

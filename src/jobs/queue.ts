/**
 * The queue of training jobs, kept in the database by pg-boss, so that a waiting job survives a restart and several servers
 * share one queue. The queue decides who trains what and when; how a job fares is told by its TrainingJob row alone.
 */
import PgBoss from 'pg-boss';
import type { TrainingJobId } from '../ids.js';
import type { Store } from '../store/store.js';

/** The one thing that is asked of a database: run SQL. */
export type SqlRunner = Pick<Store, 'executeSql'>;

const QUEUE = 'training';

/** pg-boss's upper limit is below 24 hours; its default of 15 minutes would expire every real training. */
const EXPIRE_IN_HOURS = 23;

/** A job sent by this process is fetched at once; this is only how soon a job of another server is noticed. */
const POLLING_SECONDS = 30;

/** Finished entries are of no further use: moved and dropped by an hourly sweep. */
const MAINTENANCE_SECONDS = 3600;

interface Payload {
  readonly jobId: TrainingJobId;
}

export class TrainingQueue {
  private worker: string | undefined;

  private constructor(
    private readonly boss: PgBoss,
    private readonly sql: TrackedSql,
  ) {}

  /** @param onError told of errors of the polling itself, such as a lost database; the queue goes on trying */
  static async open(database: SqlRunner, onError: (error: Error) => void): Promise<TrainingQueue> {
    const sql = new TrackedSql(database);
    const boss = new PgBoss({ db: sql, schedule: false, supervise: true, maintenanceIntervalSeconds: MAINTENANCE_SECONDS });
    boss.on('error', onError);
    await boss.start();
    // The policy `short` with the job's id as key: a job waits in the queue once, however often it is sent.
    await boss.createQueue(QUEUE, { name: QUEUE, policy: 'short', retryLimit: 0, expireInHours: EXPIRE_IN_HOURS });
    return new TrainingQueue(boss, sql);
  }

  /** Puts a job at the end of the queue, unless it waits there already. */
  async send(jobId: TrainingJobId): Promise<void> {
    const payload: Payload = { jobId };
    await this.boss.send(QUEUE, payload, { singletonKey: jobId, expireInHours: EXPIRE_IN_HOURS });
    this.lookAgain();
  }

  /** Handles jobs of the queue, one at a time. `handler` must not throw: it owns what becomes of the job. */
  async work(handler: (jobId: TrainingJobId) => Promise<void>): Promise<void> {
    const options = { pollingIntervalSeconds: POLLING_SECONDS, batchSize: 1 };
    this.worker = await this.boss.work<Payload>(QUEUE, options, async (jobs) => {
      for (const { data } of jobs) await handler(data.jobId);
      // Several jobs may have come while this one ran, and pg-boss remembers one notification only.
      this.lookAgain();
    });
  }

  /** Stops fetching and waits for the handler that runs; the caller makes that one end. */
  async close(): Promise<void> {
    await this.boss.stop({ graceful: true, wait: true });
    await this.sql.settled();
  }

  private lookAgain(): void {
    if (this.worker !== undefined) this.boss.notifyWorker(this.worker);
  }
}

/** Remembers the statements under way: pg-boss completes a job without waiting, and the database is closed after the queue. */
class TrackedSql implements PgBoss.Db {
  private readonly pending = new Set<Promise<unknown>>();

  constructor(private readonly database: SqlRunner) {}

  async executeSql(text: string, values?: unknown[]) {
    const running = this.database.executeSql(text, values);
    this.pending.add(running);
    try {
      return await running;
    } finally {
      this.pending.delete(running);
    }
  }

  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending);
  }
}

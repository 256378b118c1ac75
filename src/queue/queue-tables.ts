/** What the queues need of pg-boss's table that pg-boss 10 has no function for. */
import { z } from 'zod';
import type { Store } from '../store/store.js';

/** What an entry is about: a job, or one part of it. */
export const payloadSchema = z.object({ jobId: z.string(), partId: z.string().optional() });
export type Payload = z.infer<typeof payloadSchema>;

/** An entry that failed for good. */
export interface DeadLetter {
  readonly kind: string;
  readonly work: Payload;
  /** What the last try failed with. */
  readonly message: string;
  readonly code: string | undefined;
  readonly failedAt: Date;
}

/** What is in a queue. */
export interface QueueState {
  readonly kind: string;
  /** Entries that wait, those to be tried again among them. */
  readonly waiting: number;
  /** Entries that workers have. */
  readonly leased: number;
  /** Entries that failed for good. */
  readonly dead: number;
  /** Seconds since the oldest entry that waits was put there; 0 where none waits. */
  readonly oldestSeconds: number;
  /** Seconds since the worker of an entry gave its last sign of life, of the one that is silent longest. */
  readonly silentSeconds: number;
}

/** What a worker is at. */
export interface Lease {
  /** The entry's id. */
  readonly entry: string;
  readonly kind: string;
  readonly work: Payload;
  /** When another may have it, unless its worker gives a sign of life before. */
  readonly until: Date;
}

const DEAD = '-dead';

export function deadLetterQueue(kind: string): string {
  return `${kind}${DEAD}`;
}

const deadRowSchema = z.object({
  name: z.string(),
  data: payloadSchema,
  output: z.object({ message: z.string().optional(), code: z.string().optional() }).nullable(),
  created_on: z.coerce.date(),
});

const stateRowSchema = z.object({
  kind: z.string(),
  waiting: z.number(),
  leased: z.number(),
  dead: z.number(),
  oldestSeconds: z.number(),
  silentSeconds: z.number(),
});

const leaseRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  data: payloadSchema,
  until: z.coerce.date(),
});

export function emptyQueue(kind: string): QueueState {
  return { kind, waiting: 0, leased: 0, dead: 0, oldestSeconds: 0, silentSeconds: 0 };
}

/** pg-boss's own words for an entry whose worker gave no sign of life. */
const LOST = 'The worker was lost: it ended, or gave no sign of life.';

export class QueueTables {
  constructor(private readonly database: Pick<Store, 'executeSql'>) {}

  /** Says that the worker of an entry lives: its time begins anew. */
  async renew(kind: string, id: string): Promise<void> {
    await this.run(`UPDATE pgboss.job SET started_on = now() WHERE name = $1 AND id = $2::uuid AND state = 'active'`, [
      kind,
      id,
    ]);
  }

  /** Has an entry that a worker has be tried so often after the first try, and no more. */
  async limitTries(kind: string, id: string, retries: number): Promise<void> {
    await this.run(`UPDATE pgboss.job SET retry_limit = $3 WHERE name = $1 AND id = $2::uuid AND state = 'active'`, [
      kind,
      id,
      retries,
    ]);
  }

  /** Has the try that fails now not count. */
  async grantTry(kind: string, id: string): Promise<void> {
    await this.run(
      `UPDATE pgboss.job SET retry_limit = retry_limit + 1 WHERE name = $1 AND id = $2::uuid AND state = 'active'`,
      [kind, id],
    );
  }

  /**
   * Has the tries before this one not count, even where its worker was slow to give a sign of life and the next try is
   * due; as many as `retries` may follow.
   */
  async forgetTries(kind: string, id: string, retries: number): Promise<void> {
    await this.run(
      `UPDATE pgboss.job SET retry_count = 0, retry_limit = $3 WHERE name = $1 AND id = $2::uuid AND state <= 'active'`,
      [kind, id, retries],
    );
  }

  /** Counts all running entries as lost. */
  async expireAll(): Promise<void> {
    await this.run(`UPDATE pgboss.job SET started_on = to_timestamp(0) WHERE state = $1::pgboss.job_state`, ['active']);
  }

  /** Milliseconds until the next waiting entry may be taken; undefined when none waits. */
  async untilNext(kind: string): Promise<number | undefined> {
    const rows = await this.run(
      `SELECT (1000 * extract(epoch FROM min(start_after) - now()))::float8 AS milliseconds FROM pgboss.job WHERE name = $1 AND state < 'active'`,
      [kind],
    );
    return z.array(z.object({ milliseconds: z.number().nullable() })).parse(rows)[0]?.milliseconds ?? undefined;
  }

  /** Removes what waits of a job. */
  async withdraw(kind: string, jobId: string): Promise<void> {
    await this.run(`DELETE FROM pgboss.job WHERE name = $1 AND data->>'jobId' = $2 AND state < 'active'`, [
      kind,
      jobId,
    ]);
  }

  /** Removes entries that have ended, so that others may be sent under their ids. */
  async forget(kind: string, ids: readonly string[]): Promise<void> {
    await this.run(`DELETE FROM pgboss.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state > 'active'`, [
      kind,
      [...ids],
    ]);
  }

  /** Entries that failed for good, the latest first; with `jobIds` only theirs. */
  async deadLetters(limit: number, jobIds?: readonly string[]): Promise<DeadLetter[]> {
    const rows = await this.run(
      `SELECT name, data, output, created_on FROM pgboss.job
       WHERE name LIKE $1 AND ($2::text[] IS NULL OR data->>'jobId' = ANY($2::text[])) ORDER BY created_on DESC, id LIMIT $3`,
      [`%${DEAD}`, jobIds ? [...jobIds] : null, limit],
    );
    return z
      .array(deadRowSchema)
      .parse(rows)
      .map(({ name, data, output, created_on }) => ({
        kind: name.slice(0, -DEAD.length),
        work: data,
        message: output?.message ?? LOST,
        code: output?.code,
        failedAt: created_on,
      }));
  }

  /** Of the queues that have entries which wait, are leased, or are dead. */
  async states(): Promise<QueueState[]> {
    const rows = await this.run(
      `SELECT regexp_replace(name, $1, '') AS kind,
         count(*) FILTER (WHERE state < 'active' AND NOT name ~ $1)::int AS waiting,
         count(*) FILTER (WHERE state = 'active')::int AS leased,
         count(*) FILTER (WHERE name ~ $1)::int AS dead,
         coalesce(extract(epoch FROM now() - min(created_on) FILTER (WHERE state < 'active' AND NOT name ~ $1)), 0)::float8
           AS "oldestSeconds",
         coalesce(extract(epoch FROM now() - min(started_on) FILTER (WHERE state = 'active')), 0)::float8 AS "silentSeconds"
       FROM pgboss.job WHERE state <= 'active' GROUP BY 1`,
      [`${DEAD}$`],
    );
    return z.array(stateRowSchema).parse(rows);
  }

  /** Those of these entries that workers have. */
  async leases(entries: readonly string[]): Promise<Lease[]> {
    if (entries.length === 0) return [];
    const rows = await this.run(
      `SELECT id, name, data, started_on + expire_in AS until FROM pgboss.job
       WHERE state = 'active' AND id = ANY($1::uuid[]) ORDER BY name, started_on, id`,
      [[...entries]],
    );
    return z
      .array(leaseRowSchema)
      .parse(rows)
      .map(({ id, name, data, until }) => ({ entry: id, kind: name, work: data, until }));
  }

  async removeDeadLetters(kind: string, jobId: string): Promise<void> {
    await this.run(`DELETE FROM pgboss.job WHERE name = $1 AND data->>'jobId' = $2`, [deadLetterQueue(kind), jobId]);
  }

  private async run(text: string, values: unknown[]): Promise<unknown[]> {
    return (await this.database.executeSql(text, values)).rows;
  }
}

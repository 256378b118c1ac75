/**
 * Which processes live. Each writes its own row again and again; all times are the database's, so that no two clocks are
 * compared. A row that its process has not renewed within its lease counts for nothing, and is removed by the next
 * process that writes its own.
 */
import { z } from 'zod';
import type { EncoderId, WorkerId } from '../ids.js';
import type { ExecuteSql } from './database.js';

const recordSchema = z.object({
  id: z.string().transform((id) => id as WorkerId),
  /** Of its machine, or its container. */
  host: z.string(),
  pid: z.number(),
  /** Of the program. */
  version: z.string(),
  /** Whether it answers requests. */
  serves: z.boolean(),
  /** Names of the queues whose entries it takes up. */
  queues: z.array(z.string()).readonly(),
  /** That it sees with; null while it has none open. */
  encoder: z
    .string()
    .transform((id) => id as EncoderId)
    .nullable(),
  /** What its trainings are computed on, as DEVICE says. */
  device: z.string(),
  /** Ids of the entries of queues that it is at. */
  entries: z.array(z.string()).readonly(),
  startedAt: z.coerce.date(),
  heartbeatAt: z.coerce.date(),
});

export type WorkerRecord = Readonly<z.infer<typeof recordSchema>>;

export interface SignOfLife extends Omit<WorkerRecord, 'startedAt' | 'heartbeatAt'> {
  /** How long it counts as living without another. */
  readonly leaseSeconds: number;
}

export class WorkerRepository {
  /** @param executeSql of upkeep: a process lives on a full disk, too */
  constructor(private readonly executeSql: ExecuteSql) {}

  /** Says that a process lives, and removes those that do not. */
  async renew({ leaseSeconds, queues, entries, ...worker }: SignOfLife): Promise<void> {
    const { id, host, pid, version, serves, encoder, device } = worker;
    await this.executeSql(
      `WITH gone AS (
         DELETE FROM "Worker" WHERE "id" <> $1::uuid AND "heartbeatAt" < now() - make_interval(secs => "leaseSeconds")
       )
       INSERT INTO "Worker" ("id", "host", "pid", "version", "serves", "queues", "encoder", "device", "entries", "leaseSeconds")
       VALUES ($1::uuid, $2, $3, $4, $5, $6::text[], $7, $8, $9::uuid[], $10)
       ON CONFLICT ("id") DO UPDATE SET "serves" = excluded."serves", "queues" = excluded."queues",
         "encoder" = excluded."encoder", "entries" = excluded."entries", "heartbeatAt" = now()`,
      [id, host, pid, version, serves, [...queues], encoder, device, [...entries], leaseSeconds],
    );
  }

  /** Those that live, the first to start first. */
  async living(): Promise<WorkerRecord[]> {
    const { rows } = await this.executeSql(
      `SELECT * FROM "Worker" WHERE "heartbeatAt" >= now() - make_interval(secs => "leaseSeconds") ORDER BY "startedAt", "id"`,
      [],
    );
    return z.array(recordSchema).parse(rows);
  }

  async remove(id: WorkerId): Promise<void> {
    await this.executeSql('DELETE FROM "Worker" WHERE "id" = $1::uuid', [id]);
  }

  /** Removes all: none of them can live where the database is one process's. */
  async clear(): Promise<void> {
    await this.executeSql('DELETE FROM "Worker"', []);
  }
}

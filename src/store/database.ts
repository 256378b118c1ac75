/** What the store asks of a database, the same for the embedded one and for a Postgres server. */
import type { FreeSpace } from '../files/free-space.js';
import type { StoreClient } from './client.js';
import type { Locks } from './locks.js';

/**
 * Runs SQL. Text without values may hold several statements; the rows are then those of the statement that has some.
 */
export type ExecuteSql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

export interface Database {
  readonly prisma: StoreClient;
  /** Of the disk that this process writes to. Writes to the database ask it for room, whoever makes them. */
  readonly space: FreeSpace;
  readonly executeSql: ExecuteSql;
  /** The same for notes of what is being done, which are written when there is no room for anything new. */
  readonly upkeepSql: ExecuteSql;
  /**
   * Runs the action's SQL on one connection, all or nothing. The embedded database does nothing else meanwhile: be
   * quick.
   */
  transaction<T>(action: (executeSql: ExecuteSql) => Promise<T>): Promise<T>;
  /**
   * Hears what is said on a channel from now on, by any process.
   *
   * @param channel lower-case letters, digits and underscores
   * @returns a function that stops listening
   */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>;
  readonly locks: Locks;
  /**
   * What the database holds at this moment, as a database of its own, to be read for as long as it takes: nobody waits
   * meanwhile. To be closed by whoever asked for it.
   *
   * @throws STORAGE_FAILED where it is a copy, and there is no room for it
   */
  snapshot(): Promise<Database>;
  /** Waits for statements under way, then lets go of everything. */
  close(): Promise<void>;
}

/**
 * For every connection. Vector searches keep 320 candidates instead of 40, and go on behind those whose row is filtered
 * out, so that a filter costs no results.
 */
export const SESSION_SETTINGS = "SET hnsw.ef_search = 320; SET hnsw.iterative_scan = 'strict_order'";

/** Of several statements' results the one that has rows, as pg-boss wants it. */
export function rowsOf(results: readonly { rows: unknown[] }[]): { rows: unknown[] } {
  return results.find(({ rows }) => rows.length > 0) ?? { rows: [] };
}

/** @returns the channel, when it can stand in LISTEN as it is */
export function checkChannel(channel: string): string {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(channel)) throw new RangeError(`${channel} cannot be the name of a channel`);
  return channel;
}

/** What the server's thread and the thread of the embedded database say to each other. */
import type { IsolationLevel, SqlQuery, SqlResultSet } from '@prisma/driver-adapter-utils';
import type { SharedBeats } from '../watch/heartbeat.js';

/** Where the database lies: in a folder, or in memory, empty or from an archive that PGlite wrote. */
export type DatabasePlace = { readonly folder: string } | { readonly archive: string } | 'memory';

/** A `WebAssembly.Module`, which TypeScript knows by the library of browsers only. */
export interface CompiledProgram {
  readonly [Symbol.toStringTag]?: 'WebAssembly.Module';
}

/** What the database is made of, compiled. */
export interface DatabasePrograms {
  readonly pglite: CompiledProgram;
  /** Makes a new database. */
  readonly initdb: CompiledProgram;
}

export interface ThreadData {
  readonly place: DatabasePlace;
  readonly programs: DatabasePrograms;
  /** How the server's thread sees whether this one stands. */
  readonly beats: SharedBeats;
}

/** A transaction that is open in the thread; undefined: outside of any. */
export type TransactionNumber = number | undefined;

/** What can be asked of the thread. What is asked and answered is copied from one to the other. */
export interface ThreadCalls {
  query(transaction: TransactionNumber, text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
  /** Several statements, without values. */
  exec(transaction: TransactionNumber, text: string): Promise<{ rows: unknown[] }>;
  /** Waits until the transaction before has ended. */
  begin(): Promise<number>;
  /** Prisma's, whose statements go through `queryRaw` and `executeRaw`. */
  beginForPrisma(isolation: IsolationLevel | undefined): Promise<number>;
  queryRaw(transaction: TransactionNumber, query: SqlQuery): Promise<SqlResultSet>;
  executeRaw(transaction: TransactionNumber, query: SqlQuery): Promise<number>;
  commit(transaction: number): Promise<void>;
  rollback(transaction: number): Promise<void>;
  listen(channel: string): Promise<void>;
  unlisten(channel: string): Promise<void>;
  /** Waits for statements under way, and closes the database. */
  close(): Promise<void>;
}

export type CallName = keyof ThreadCalls;

export interface ThreadRequest {
  readonly id: number;
  readonly name: CallName;
  readonly parameters: readonly unknown[];
}

export type ThreadMessage =
  | { readonly type: 'opened' }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: ThreadFailure }
  | { readonly type: 'notification'; readonly channel: string; readonly payload: string };

/** What Prisma calls the errors of a driver, which tell what went wrong by their `cause`. */
export const PRISMA_ERROR = 'DriverAdapterError';

/** An error as it is copied: of its class only the name is left, but all its fields, such as PostgreSQL's code. */
export interface ThreadFailure {
  readonly name: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

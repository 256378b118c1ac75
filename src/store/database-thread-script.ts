/**
 * The thread of the embedded database: PGlite, a Postgres that occupies its thread while it works, and for ever where it
 * meets a full disk.
 */
import { openAsBlob } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { SqlQueryable } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { beat } from '../watch/heartbeat.js';
import { rowsOf, SESSION_SETTINGS } from './database.js';
import { PrivateFolder } from './private-folder.js';
import {
  PRISMA_ERROR,
  type ThreadCalls,
  type ThreadData,
  type ThreadFailure,
  type ThreadMessage,
  type ThreadRequest,
  type TransactionNumber,
} from './thread-calls.js';

/**
 * The log of changes keeps files for so much, not for a gigabyte as PostgreSQL has it. They have 1 MB each, not 16, as a
 * disk must have room for a whole one.
 */
const START = [...PGlite.defaultStartParams, '-c', 'max_wal_size=32MB'];
const INITIAL = ['--wal-segsize=1'];

/**
 * Nobody but this thread sees to checkpoints: a PostgreSQL of one process makes none while it runs, whatever
 * `max_wal_size` says, and its log would grow by all that is ever written.
 */
const CHECKPOINT_BYTES = 16 * 2 ** 20;
const LOOK_MILLISECONDS = 2000;

type Connection = Pick<PGlite, 'query' | 'exec'>;

interface OpenTransaction {
  readonly connection?: Connection;
  readonly prisma?: SqlQueryable;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

const { place, beats, programs } = workerData as ThreadData;
beat(beats);
const pglite = await open();
const prisma = await new PrismaPGlite(pglite).connect();
const transactions = new Map<number, OpenTransaction>();
const listening = new Map<string, () => Promise<void>>();
let begun = 0;
/** Of the log, at the last checkpoint. */
let checkpointAt = await logPosition();
/** Whether something was asked for since the log was looked at. */
let isAsked = false;
const looking = setInterval(() => {
  if (!isAsked) return;
  isAsked = false;
  // On a disk without room it fails, and is tried again after the next request.
  void checkpoint().catch(() => undefined);
}, LOOK_MILLISECONDS);

async function open(): Promise<PGlite> {
  const options = {
    extensions: { vector },
    startParams: START,
    initDbStartParams: INITIAL,
    pgliteWasmModule: programs.pglite,
    initdbWasmModule: programs.initdb,
  };
  const opened = await PGlite.create(
    place === 'memory'
      ? options
      : 'folder' in place
        ? { ...options, fs: new PrivateFolder(place.folder) }
        : { ...options, loadDataDir: await openAsBlob(place.archive) },
  );
  await opened.exec(SESSION_SETTINGS);
  return opened;
}

/** Bytes that were ever written to the log. */
async function logPosition(): Promise<number> {
  const { rows } = await pglite.query<{ bytes: number }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
  );
  return rows[0]?.bytes ?? 0;
}

/** Has the log let go of what the tables have. It waits for a transaction that runs. */
async function checkpoint(): Promise<void> {
  const position = await logPosition();
  if (position - checkpointAt < CHECKPOINT_BYTES) return;
  await pglite.exec('CHECKPOINT');
  checkpointAt = position;
}

function keep(transaction: OpenTransaction): number {
  begun += 1;
  transactions.set(begun, transaction);
  return begun;
}

function find(number: number): OpenTransaction {
  const transaction = transactions.get(number);
  if (!transaction) throw new Error('the transaction has ended');
  return transaction;
}

function end(number: number): OpenTransaction {
  const transaction = find(number);
  transactions.delete(number);
  return transaction;
}

function connectionOf(number: TransactionNumber): Connection {
  const connection = number === undefined ? pglite : find(number).connection;
  if (!connection) throw new Error("the transaction is Prisma's");
  return connection;
}

function prismaOf(number: TransactionNumber): SqlQueryable {
  const queryable = number === undefined ? prisma : find(number).prisma;
  if (!queryable) throw new Error("the transaction is not Prisma's");
  return queryable;
}

const calls: ThreadCalls = {
  async query(transaction, text, values) {
    const { rows } = await connectionOf(transaction).query(text, values);
    return { rows };
  },
  async exec(transaction, text) {
    const { rows } = rowsOf(await connectionOf(transaction).exec(text));
    return { rows };
  },
  begin() {
    return new Promise<number>((resolve, reject) => {
      const ended = pglite.transaction(
        (connection) =>
          new Promise<void>((finish) => {
            const commit = async () => {
              finish();
              await ended;
            };
            const rollback = async () => {
              await connection.rollback();
              await commit();
            };
            resolve(keep({ connection, commit, rollback }));
          }),
      );
      ended.catch(reject);
    });
  },
  async beginForPrisma(isolation) {
    const transaction = await prisma.startTransaction(isolation);
    return keep({
      prisma: transaction,
      commit: () => transaction.commit(),
      rollback: () => transaction.rollback(),
    });
  },
  queryRaw: (transaction, query) => prismaOf(transaction).queryRaw(query),
  executeRaw: (transaction, query) => prismaOf(transaction).executeRaw(query),
  commit: (transaction) => end(transaction).commit(),
  rollback: (transaction) => end(transaction).rollback(),
  async listen(channel) {
    const stop = await pglite.listen(channel, (payload) => {
      tell({ type: 'notification', channel, payload });
    });
    listening.set(channel, stop);
  },
  async unlisten(channel) {
    await listening.get(channel)?.();
    listening.delete(channel);
  },
  async close() {
    clearInterval(looking);
    await pglite.close();
  },
};

async function answer({ id, name, parameters }: ThreadRequest): Promise<void> {
  try {
    const call = calls[name] as (...given: readonly unknown[]) => Promise<unknown>;
    tell({ type: 'value', id, value: await call(...parameters) });
  } catch (error) {
    tell({ type: 'failure', id, failure: toFailure(error) });
  }
}

function toFailure(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const { name, message } = error;
  // What is copied has no functions, and what was asked need not go back.
  const fields = Object.entries(error).filter(
    ([key, value]) => typeof value !== 'object' && typeof value !== 'function' && key !== 'query',
  );
  const cause = name === PRISMA_ERROR ? { cause: error.cause } : {};
  return { name, message, fields: { ...Object.fromEntries(fields), ...cause } };
}

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (request: ThreadRequest) => {
  isAsked = true;
  void answer(request);
});
tell({ type: 'opened' });

/**
 * The one way that writes take to a database, be it through Prisma or as SQL: before one the disk is asked for room, and
 * a database that cannot be reached or has no room says so by a code.
 */
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils';
import { EkphrasisError } from '../errors.js';
import type { FreeSpace, SpaceUse } from '../files/free-space.js';
import { CarriedFailure } from './carried-failure.js';
import type { ExecuteSql } from './database.js';
import { toDatabaseFailure } from './database-loss.js';

/** A row that is stored is written twice, once into the log of changes; and something for its indexes. */
const WRITTEN_TWICE = 2;
const LEAST_BYTES = 64 * 2 ** 10;
/** A change that brings more is no upkeep: the bytes of a photo come by UPDATE. */
const UPKEEP_BYTES = 2 ** 20;

/** Whatever is made of it, these only read; EXPLAIN of ours has no ANALYZE. */
const READS = /^\s*(?:SELECT|EXPLAIN|SHOW|SET|BEGIN|COMMIT|ROLLBACK|DECLARE|FETCH|CLOSE|LISTEN|UNLISTEN|WITH)\b/i;
/** Values are parameters: what stands in a text is SQL. The functions make indexes. */
const GROWS = /\b(?:INSERT\s+INTO|MERGE\s+INTO|COPY)\b|"createVectorIndex"/i;
const CHANGES = /\b(?:UPDATE|DELETE\s+FROM|CREATE|ALTER|DROP|TRUNCATE)\b/i;

/** What a statement, or several, need of the disk; undefined: nothing. */
export function useOf(sql: string): SpaceUse | undefined {
  if (GROWS.test(sql)) return 'growth';
  return READS.test(sql) && !CHANGES.test(sql) ? undefined : 'upkeep';
}

/** @param most what writes count as at most: the notes of a queue are upkeep though they are rows */
export function guardSql(executeSql: ExecuteSql, space: FreeSpace, most: SpaceUse = 'growth'): ExecuteSql {
  return (text, values) => guarded(space, text, values ?? [], () => executeSql(text, values), most);
}

/** The same database for Prisma, with its writes guarded. */
export function guardAdapter(factory: SqlDriverAdapterFactory, space: FreeSpace): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    async connect() {
      return new GuardedAdapter(await factory.connect(), space);
    },
  };
}

class GuardedQueryable<Inner extends SqlQueryable> implements SqlQueryable {
  readonly provider: SqlQueryable['provider'];
  readonly adapterName: string;

  constructor(
    protected readonly inner: Inner,
    protected readonly space: FreeSpace,
  ) {
    this.provider = inner.provider;
    this.adapterName = inner.adapterName;
  }

  queryRaw({ sql, args, ...query }: SqlQuery): Promise<SqlResultSet> {
    return carried(guarded(this.space, sql, args, () => this.inner.queryRaw({ sql, args, ...query })));
  }

  executeRaw({ sql, args, ...query }: SqlQuery): Promise<number> {
    return carried(guarded(this.space, sql, args, () => this.inner.executeRaw({ sql, args, ...query })));
  }
}

class GuardedTransaction extends GuardedQueryable<Transaction> implements Transaction {
  get options(): Transaction['options'] {
    return this.inner.options;
  }

  commit(): Promise<void> {
    return carried(translated(() => this.inner.commit()));
  }

  rollback(): Promise<void> {
    return carried(translated(() => this.inner.rollback()));
  }
}

class GuardedAdapter extends GuardedQueryable<SqlDriverAdapter> implements SqlDriverAdapter {
  executeScript(script: string): Promise<void> {
    return carried(guarded(this.space, script, [], () => this.inner.executeScript(script)));
  }

  startTransaction(isolation?: IsolationLevel): Promise<Transaction> {
    const start = async () => new GuardedTransaction(await this.inner.startTransaction(isolation), this.space);
    return carried(translated(start));
  }

  getConnectionInfo(): ReturnType<NonNullable<SqlDriverAdapter['getConnectionInfo']>> {
    return this.inner.getConnectionInfo?.() ?? { supportsRelationJoins: true };
  }

  dispose(): Promise<void> {
    return this.inner.dispose();
  }
}

async function carried<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof EkphrasisError ? new CarriedFailure(error) : error;
  }
}

async function guarded<T>(
  space: FreeSpace,
  sql: string,
  values: readonly unknown[],
  action: () => Promise<T>,
  most: SpaceUse = 'growth',
): Promise<T> {
  const use = useOf(sql);
  if (use === undefined) return translated(action);
  const bytes = LEAST_BYTES + WRITTEN_TWICE * bytesOf(values);
  const counted = most === 'upkeep' ? most : bytes > UPKEEP_BYTES ? 'growth' : use;
  return space.within(bytes, () => translated(action), counted);
}

async function translated<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw toDatabaseFailure(error);
  }
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return Array.isArray(value) ? value.reduce((sum: number, item) => sum + bytesOf(item), 0) : 8;
}

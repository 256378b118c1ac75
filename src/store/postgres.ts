/** A Postgres server, reached through DATABASE_URL. */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { FreeSpace } from '../files/free-space.js';
import { createClient } from './client.js';
import { type Database, type ExecuteSql, rowsOf, SESSION_SETTINGS } from './database.js';
import { guardAdapter, guardSql } from './guarded-writes.js';
import { PostgresListener } from './postgres-listener.js';
import { PostgresLocks } from './postgres-locks.js';

const CONNECTIONS = 10;
const CONNECT_MILLISECONDS = 10_000;

/**
 * @param space of the disk that this process writes to; the server looks after its own
 * @throws EkphrasisError DATABASE_UNAVAILABLE when the server does not answer or refuses
 */
export async function openPostgres(url: string, space: FreeSpace): Promise<Database> {
  const address = { connectionString: url, connectionTimeoutMillis: CONNECT_MILLISECONDS };
  // A connection is handed out when this is done; the types do not tell that it is waited for.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => client.query(SESSION_SETTINGS);
  const pool = new pg.Pool({ ...address, max: CONNECTIONS, onConnect });
  // A connection that breaks while idle is replaced by the pool at the next query.
  pool.on('error', () => undefined);
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    throw unavailable(url, cause);
  }
  const prisma = createClient(guardAdapter(new PrismaPg(pool), space));
  const createOwn = () => new pg.Client({ ...address, keepAlive: true });
  const [listener, locks] = [new PostgresListener(createOwn), new PostgresLocks(createOwn)];
  const executeSql = executeSqlInPool(pool);
  const database: Database = {
    prisma,
    space,
    executeSql: guardSql(executeSql, space),
    upkeepSql: guardSql(executeSql, space, 'upkeep'),
    async transaction(action) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await action(guardSql(executeSqlOn(client), space));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        client.release();
      }
    },
    listen: (channel, handler) => listener.listen(channel, handler),
    locks,
    // A transaction of its own sees one moment, beside all others.
    snapshot: () => Promise.resolve({ ...database, close: () => Promise.resolve() }),
    async close() {
      await listener.close();
      await locks.close();
      await prisma.$disconnect();
      await pool.end();
    },
  };
  return database;
}

function executeSqlInPool(pool: pg.Pool): ExecuteSql {
  return async (text, values) => {
    if (values) return executeSqlOn(pool)(text, values);
    const client = await pool.connect();
    try {
      const result = await executeSqlOn(client)(text);
      client.release();
      return result;
    } catch (error) {
      // The text may have begun a transaction, which nobody would end: the connection is of no use to the next.
      client.release(true);
      throw error;
    }
  };
}

function executeSqlOn(connection: Pick<pg.Pool, 'query'>): ExecuteSql {
  return async (text, values) => {
    if (values) return connection.query<Record<string, unknown>>(text, values);
    // For several statements pg answers with a list, which its types do not tell.
    const results: pg.QueryResult | pg.QueryResult[] = await connection.query(text);
    return rowsOf(Array.isArray(results) ? results : [results]);
  };
}

function unavailable(url: string, cause: unknown): EkphrasisError {
  const { hostname, port, pathname } = new URL(url);
  const place = `${hostname}:${port || '5432'}${pathname}`;
  const reason = cause instanceof Error && cause.message ? `: ${cause.message}` : '';
  const message = `The database at ${place} does not answer${reason}. Check DATABASE_URL and that the server runs.`;
  return new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause });
}

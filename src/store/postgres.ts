/** A Postgres server, reached through DATABASE_URL. */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { createClient } from './client.js';
import { type Database, type ExecuteSql, rowsOf, SESSION_SETTINGS } from './database.js';
import { PostgresListener } from './postgres-listener.js';
import { PostgresLocks } from './postgres-locks.js';

const CONNECTIONS = 10;
const CONNECT_MILLISECONDS = 10_000;

/** @throws EkphrasisError DATABASE_UNAVAILABLE when the server does not answer or refuses */
export async function openPostgres(url: string): Promise<Database> {
  const address = { connectionString: url, connectionTimeoutMillis: CONNECT_MILLISECONDS };
  const pool = new pg.Pool({ ...address, max: CONNECTIONS });
  // A connection that breaks while idle is replaced by the pool at the next query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    // Queued before the connection's first query; where it fails, so does that one.
    client.query(SESSION_SETTINGS).catch(() => undefined);
  });
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    throw unavailable(url, cause);
  }
  const prisma = createClient(new PrismaPg(pool));
  const createOwn = () => new pg.Client({ ...address, keepAlive: true });
  const [listener, locks] = [new PostgresListener(createOwn), new PostgresLocks(createOwn)];
  return {
    prisma,
    async executeSql(text, values) {
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
    },
    async transaction(action) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await action(executeSqlOn(client));
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
    async close() {
      await listener.close();
      await locks.close();
      await prisma.$disconnect();
      await pool.end();
    },
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

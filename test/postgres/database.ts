/** Databases of their own on a Postgres server, for tests and benches that connect more than once. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface PostgresDatabase {
  readonly url: string;
  /** @param options.force also while somebody is connected, as a process that was killed may seem to be */
  drop(options?: { readonly force?: boolean }): Promise<void>;
}

/** @param server address of a database whose user may create others */
export async function createPostgresDatabase(server: string): Promise<PostgresDatabase> {
  const name = `ekphrasis_test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const address = new URL(server);
  address.pathname = `/${name}`;
  return {
    url: address.href,
    drop: ({ force = false } = {}) => administer(server, `DROP DATABASE ${name}${force ? ' WITH (FORCE)' : ''}`),
  };
}

/** Does something with a database that is gone afterwards, whoever is connected to it. */
export async function withPostgresDatabase<T>(server: string, action: (databaseUrl: string) => Promise<T>): Promise<T> {
  const database = await createPostgresDatabase(server);
  try {
    return await action(database.url);
  } finally {
    await database.drop({ force: true });
  }
}

/** Runs SQL on a connection of its own. */
export async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

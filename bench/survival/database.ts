/** A database of its own on a Postgres server, gone afterwards. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** @param server address of a database whose user may create others */
export async function withDatabase<T>(server: string, action: (databaseUrl: string) => Promise<T>): Promise<T> {
  const name = `ekphrasis_survival_${randomUUID().replaceAll('-', '')}`;
  const administer = async (sql: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await administer(`CREATE DATABASE ${name}`);
  try {
    const address = new URL(server);
    address.pathname = `/${name}`;
    return await action(address.href);
  } finally {
    await administer(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

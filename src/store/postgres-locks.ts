/** Locks of a Postgres server: advisory ones, each on a connection of its own, with which they end. */
import type pg from 'pg';
import type { Locks, Release } from './locks.js';

/** Tells these names from those of other programs that lock in the same database. */
const KEY = "hashtextextended('ekphrasis ' || name, 0)";

/** A lock whose connection breaks is lost: what was done under it goes on without. */
export class PostgresLocks implements Locks {
  private readonly open = new Set<pg.Client>();

  constructor(private readonly createClient: () => pg.Client) {}

  share(names: readonly string[]): Promise<Release> {
    return this.hold(`SELECT pg_advisory_lock_shared(${KEY}) FROM unnest($1::text[]) AS name`, names);
  }

  alone(name: string): Promise<Release> {
    return this.hold(`SELECT pg_advisory_lock(${KEY}) FROM unnest($1::text[]) AS name`, [name]);
  }

  async held(names: readonly string[]): Promise<string[]> {
    const client = await this.connect();
    try {
      const text = `SELECT name FROM unnest($1::text[]) AS name WHERE NOT pg_try_advisory_lock(${KEY})`;
      return (await client.query<{ name: string }>(text, [[...names]])).rows.map(({ name }) => name);
    } finally {
      await this.end(client);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map((client) => this.end(client)));
  }

  private async hold(text: string, names: readonly string[]): Promise<Release> {
    const client = await this.connect();
    try {
      await client.query(text, [[...names]]);
    } catch (error) {
      await this.end(client);
      throw error;
    }
    return () => this.end(client);
  }

  private async connect(): Promise<pg.Client> {
    const client = this.createClient();
    client.on('error', () => undefined);
    await client.connect();
    this.open.add(client);
    return client;
  }

  private async end(client: pg.Client): Promise<void> {
    if (this.open.delete(client)) await client.end();
  }
}

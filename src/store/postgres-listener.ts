/** Hears the notifications of a Postgres server on a connection of its own, and connects again when that breaks. */
import type pg from 'pg';
import { checkChannel } from './database.js';

type Handler = (payload: string) => void;

const RECONNECT_MILLISECONDS = 1000;

export class PostgresListener {
  private readonly handlers = new Map<string, Set<Handler>>();
  private connection: Promise<pg.Client> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly createClient: () => pg.Client) {}

  /** What is said while the connection is broken (about a second) is not heard. */
  async listen(channel: string, handler: Handler): Promise<() => Promise<void>> {
    const handlers = this.handlers.get(checkChannel(channel)) ?? new Set();
    this.handlers.set(channel, handlers.add(handler));
    await (await this.connect()).query(`LISTEN ${channel}`);
    return async () => {
      handlers.delete(handler);
      if (handlers.size > 0 || this.closed) return;
      this.handlers.delete(channel);
      await (await this.connect()).query(`UNLISTEN ${channel}`);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await (await this.connection?.catch(() => undefined))?.end();
  }

  private connect(): Promise<pg.Client> {
    this.connection ??= this.open();
    return this.connection;
  }

  private async open(): Promise<pg.Client> {
    const client = this.createClient();
    client.on('error', () => undefined);
    client.on('end', () => {
      this.reconnect();
    });
    client.on('notification', ({ channel, payload = '' }) => {
      for (const handler of this.handlers.get(channel) ?? []) handler(payload);
    });
    try {
      await client.connect();
      for (const channel of this.handlers.keys()) await client.query(`LISTEN ${channel}`);
      return client;
    } catch (error) {
      this.reconnect();
      throw error;
    }
  }

  private reconnect(): void {
    this.connection = undefined;
    if (this.closed || this.handlers.size === 0) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      // A failed attempt has already planned the next.
      this.connect().catch(() => undefined);
    }, RECONNECT_MILLISECONDS);
  }
}

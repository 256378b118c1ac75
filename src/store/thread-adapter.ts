/** How Prisma reaches the embedded database in its thread. */
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils';
import type { DatabaseThread } from './database-thread.js';

type CurrentThread = () => Promise<DatabaseThread>;

const ADAPTER = 'ekphrasis-pglite-thread';

class ThreadQueryable implements SqlQueryable {
  readonly provider = 'postgres';
  readonly adapterName = ADAPTER;

  constructor(
    protected readonly thread: CurrentThread,
    protected readonly transaction?: number,
  ) {}

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return (await this.thread()).call('queryRaw', this.transaction, query);
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    return (await this.thread()).call('executeRaw', this.transaction, query);
  }
}

class ThreadTransaction extends ThreadQueryable implements Transaction {
  /** Prisma leaves BEGIN, COMMIT and ROLLBACK to the adapter. */
  readonly options = { usePhantomQuery: true };

  constructor(
    private readonly begunIn: DatabaseThread,
    private readonly number: number,
  ) {
    super(() => Promise.resolve(begunIn), number);
  }

  commit(): Promise<void> {
    return this.begunIn.call('commit', this.number);
  }

  rollback(): Promise<void> {
    return this.begunIn.call('rollback', this.number);
  }
}

class ThreadAdapter extends ThreadQueryable implements SqlDriverAdapter {
  async executeScript(script: string): Promise<void> {
    await (await this.thread()).call('exec', undefined, script);
  }

  async startTransaction(isolation?: IsolationLevel): Promise<Transaction> {
    const thread = await this.thread();
    return new ThreadTransaction(thread, await thread.call('beginForPrisma', isolation));
  }

  getConnectionInfo() {
    return { supportsRelationJoins: true };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

export class ThreadAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = ADAPTER;

  /** @param thread the one that runs, or one that is started in place of one that has ended */
  constructor(private readonly thread: CurrentThread) {}

  connect(): Promise<SqlDriverAdapter> {
    return Promise.resolve(new ThreadAdapter(this.thread));
  }
}

/** The Prisma client of the store: the bytes of photos, models and trainings are read only where they are asked for. */
import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaClient } from '../generated/prisma/client.js';
import { CarriedFailure } from './carried-failure.js';
import { toDatabaseFailure } from './database-loss.js';

export type StoreClient = ReturnType<typeof createPlainClient>;

/** What an action inside `StoreClient.$transaction` is given. */
export type StoreTransaction = Omit<StoreClient, ITXClientDenyList>;

/** @param adapter of `guardAdapter`, whose errors are thrown as they are */
export function createClient(adapter: SqlDriverAdapterFactory): StoreClient {
  const each = createPlainClient(adapter).$extends({
    query: { $allOperations: ({ args, query }) => uncarried(query(args)) },
  });
  const together = each.$transaction.bind(each) as (...given: readonly unknown[]) => Promise<unknown>;
  const extended = each.$extends({
    client: { $transaction: (...given: readonly unknown[]) => uncarried(together(...given)) },
  });
  // Its operations are those of a plain client. It has no `$on`, which the store has no use for.
  return extended as unknown as StoreClient;
}

async function uncarried<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    // Prisma itself gives up on a transaction that the database is too busy to begin.
    throw error instanceof CarriedFailure ? error.failure : toDatabaseFailure(error);
  }
}

/**
 * How long a transaction waits to begin, and lasts. Prisma's own 2 s and 5 s are short on a machine whose processors
 * all train or encode; a statement that stands for longer than this is lost.
 */
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 60_000 };

function createPlainClient(adapter: SqlDriverAdapterFactory) {
  return new PrismaClient({
    adapter,
    transactionOptions: TRANSACTION_LIMITS,
    omit: {
      image: { bytes: true },
      imagePart: { bytes: true },
      model: { checkpoint: true },
      trainingFile: { bytes: true },
    },
  });
}

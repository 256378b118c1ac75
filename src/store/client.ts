/** The Prisma client of the store: the bytes of photos, models and trainings are read only where they are asked for. */
import type { PrismaPg } from '@prisma/adapter-pg';
import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import { PrismaClient } from '../generated/prisma/client.js';

export type StoreClient = ReturnType<typeof createClient>;

/** What an action inside `StoreClient.$transaction` is given. */
export type StoreTransaction = Omit<StoreClient, ITXClientDenyList>;

export function createClient(adapter: PrismaPg | PrismaPGlite) {
  return new PrismaClient({ adapter, omit: { image: { bytes: true }, model: { checkpoint: true }, trainingFile: { bytes: true } } });
}

/** The Prisma client of the store: the bytes of photos and models are read only where they are asked for. */
import type { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import { PrismaClient } from '../generated/prisma/client.js';

export type StoreClient = ReturnType<typeof createClient>;

export function createClient(adapter: PrismaPg | PrismaPGlite) {
  return new PrismaClient({ adapter, omit: { image: { bytes: true }, model: { checkpoint: true } } });
}

/** The Prisma client of the store: a photo's bytes are read only where they are asked for. */
import type { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import { PrismaClient } from '../generated/prisma/client.js';

export type StoreClient = ReturnType<typeof createClient>;

export function createClient(adapter: PrismaPg | PrismaPGlite) {
  return new PrismaClient({ adapter, omit: { image: { bytes: true } } });
}

/** How long a list is: counted where that is cheap, estimated by the database's planner where it is dear. */
import { Prisma } from '../generated/prisma/client.js';
import type { StoreClient } from './client.js';

export interface Count {
  readonly count: number;
  /** The planner's estimate from its statistics of the tables, not a count. */
  readonly isEstimate: boolean;
}

/** Lists that the planner believes longer are not counted. Counting this many takes a few milliseconds. */
export const COUNTED_EXACTLY = 20_000;

/** @param query a SELECT whose rows are to be counted */
export async function countRows(prisma: StoreClient, query: Prisma.Sql): Promise<Count> {
  const plans = await prisma.$queryRaw<
    Record<'QUERY PLAN', [{ Plan: { 'Plan Rows': number } }]>[]
  >`EXPLAIN (FORMAT JSON) ${query}`;
  const expected = plans[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  if (expected > COUNTED_EXACTLY) return { count: Math.round(expected), isEstimate: true };
  return exactly(await countEachRow(prisma, query));
}

/** The same without an estimate, whatever it takes. */
export async function countEachRow(prisma: StoreClient, query: Prisma.Sql): Promise<number> {
  const rows = await prisma.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM (${query}) AS counted`;
  return rows[0]?.count ?? 0;
}

export function exactly(count: number): Count {
  return { count, isEstimate: false };
}

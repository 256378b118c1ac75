/** Loading, searching and adding, each timed. */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { SESSION_SETTINGS } from '../../src/store/database.js';
import { DIMENSIONS, Nearest, type Pattern, product, unit } from './pattern.js';
import { imageId, numberOf, type VectorTables } from './tables.js';

export const NEIGHBOURS = 10;
const ROWS_A_STATEMENT = 2000;
/** Photos added to an index that is there, in parts as large as the jobs' parts. */
const ADDED = 1024;
const PART = 16;
export const CONNECTIONS = 8;
const SECONDS_OF_LOAD = 10;
const SMALL_MEMORY = '16MB';

/** As what a search compares the column: in single precision, as the program does, or in half. */
export type Kind = 'vector' | 'halfvec';

export interface Searches {
  /** Milliseconds each. */
  readonly times: number[];
  /** Numbers of the images found, nearest first. */
  readonly found: number[][];
}

/**
 * Draws vectors and stores them with their photos.
 *
 * @param truth for each query of the pattern what collects its nearest: the exact search
 * @returns seconds spent by the database on each
 */
export async function load(
  tables: VectorTables,
  pattern: Pattern,
  count: number,
  truth: readonly Nearest[],
): Promise<{ photos: number; features: number }> {
  const spent = { photos: 0, features: 0 };
  await draw(pattern, count, truth, async (numbers, vectors) => {
    spent.photos += await seconds(() => tables.addPhotos(numbers));
    spent.features += await seconds(() => tables.addFeatures(numbers, vectors, pattern));
  });
  return spent;
}

type Take = (numbers: readonly number[], vectors: readonly Float32Array[]) => Promise<void>;

/** Draws vectors and compares each with every query. @param take is given them, a statement's worth at a time */
export async function draw(pattern: Pattern, count: number, truth: readonly Nearest[], take?: Take): Promise<void> {
  const queries = pattern.queries.map(unit);
  for (let start = 0; start < count; start += ROWS_A_STATEMENT) {
    const numbers = Array.from({ length: Math.min(ROWS_A_STATEMENT, count - start) }, (_, place) => start + place);
    const vectors = numbers.map((number) => pattern.draw(number));
    vectors.map(unit).forEach((vector, row) => {
      queries.forEach((query, place) => truth[place]?.add(start + row, product(query, vector)));
    });
    await take?.(numbers, vectors);
  }
}

/** One after another on one connection, with the statement of `FeatureRepository.nearest`. */
export async function search(
  client: pg.Client,
  pattern: Pattern,
  queries = pattern.queries,
  kind: Kind = 'vector',
): Promise<Searches> {
  const times: number[] = [];
  const found: number[][] = [];
  for (const query of queries) {
    const values = [`[${query.join(',')}]`, imageId(0xffff_ffff)];
    const started = performance.now();
    const { rows } = await client.query<{ id: string }>(statement(kind, pattern), values);
    times.push(performance.now() - started);
    found.push(rows.map(({ id }) => numberOf(id)));
  }
  return { times, found };
}

/** Milliseconds of processor that a connection's server process has had; not a number when it is on another machine. */
export async function processorTime(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const stat = await readFile(`/proc/${rows[0]?.pid ?? 0}/stat`, 'utf8').catch(() => '');
  if (!stat.includes('(postgres)')) return NaN;
  // Fields 14 and 15, in hundredths of a second (proc(5)); the name before them may hold spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return 10 * ((user ?? 0) + (system ?? 0));
}

/** Whether the planner takes the index; with many candidates among few vectors it compares them all instead. */
export async function usesIndex(client: pg.Client, pattern: Pattern, kind: Kind, index: string): Promise<boolean> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement(kind, pattern)}`, [
    `[${pattern.queries[0]?.join(',') ?? ''}]`,
    imageId(0),
  ]);
  return rows.some((row) => row['QUERY PLAN'].includes(index));
}

/** How many of the true neighbours were found. */
export function recall(found: readonly (readonly number[])[], truth: readonly Pick<Nearest, 'places'>[]): number {
  const hits = found.map((numbers, query) => numbers.filter((number) => truth[query]?.places.includes(number)).length);
  return hits.reduce((sum, own) => sum + own, 0) / (found.length * NEIGHBOURS);
}

/** @returns queries/s of several connections that ask without a pause */
export async function throughput(url: string, pattern: Pattern, kind: Kind): Promise<number> {
  const clients = Array.from({ length: CONNECTIONS }, () => new pg.Client({ connectionString: url }));
  try {
    await Promise.all(
      clients.map(async (client) => {
        await client.connect();
        await client.query(SESSION_SETTINGS);
      }),
    );
    const started = performance.now();
    const end = started + 1000 * SECONDS_OF_LOAD;
    const asked = await Promise.all(
      clients.map(async (client, place) => {
        let done = 0;
        for (; performance.now() < end; done++) {
          await search(
            client,
            pattern,
            pattern.queries.slice((place + done) % pattern.queries.length).slice(0, 1),
            kind,
          );
        }
        return done;
      }),
    );
    return asked.reduce((sum, own) => sum + own, 0) / ((performance.now() - started) / 1000);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/** @returns features/s of more photos behind the first `count`, stored by the program's own repository */
export async function additions(tables: VectorTables, pattern: Pattern, count: number): Promise<number> {
  const numbers = Array.from({ length: ADDED }, (_, place) => count + place);
  await tables.addPhotos(numbers);
  const features = numbers.map((number) => ({
    imageId: imageId(number),
    encoder: pattern.encoder,
    vector: pattern.draw(number),
  }));
  const spent = await seconds(async () => {
    for (let start = 0; start < ADDED; start += PART)
      await tables.store.features.put(features.slice(start, start + PART));
  });
  return ADDED / spent;
}

/** @returns bytes of memory a vector takes while an index is built, from how many fit into little */
export async function graphBytes(tables: VectorTables): Promise<number> {
  let fitted: number | undefined;
  const listen = ({ message }: { readonly message?: string | undefined }) => {
    const tuples = /no longer fits into maintenance_work_mem after (\d+) tuples/.exec(message ?? '')?.[1];
    if (tuples !== undefined) fitted = Number(tuples);
  };
  tables.client.on('notice', listen);
  await tables.client.query(`SET maintenance_work_mem = '${SMALL_MEMORY}'; SET max_parallel_maintenance_workers = 0`);
  await tables.client.query(tables.indexStatement);
  await tables.client.query(
    `RESET maintenance_work_mem; RESET max_parallel_maintenance_workers; DROP INDEX "${tables.index}"`,
  );
  tables.client.off('notice', listen);
  if (fitted === undefined) throw new Error(`the index was built in ${SMALL_MEMORY}: take more vectors`);
  return (Number.parseInt(SMALL_MEMORY) * 2 ** 20) / fitted;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** @param share 0.5 for the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

function statement(kind: Kind, { encoder }: Pattern): string {
  const distance = `"vector"::${kind}(${DIMENSIONS}) <=> $1::${kind}(${DIMENSIONS})`;
  return `SELECT "imageId"::text AS id, ${distance} AS distance FROM "ImageFeature"
    WHERE "encoder" = '${encoder}' AND "imageId" <> $2::uuid ORDER BY ${distance} LIMIT ${NEIGHBOURS}`;
}

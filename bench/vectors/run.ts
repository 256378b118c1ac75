/**
 * What pgvector's HNSW index costs and finds as a collection grows: build time, size, latency and recall against the exact
 * search, on vectors that resemble the real ones.
 *
 *     npx tsc -p bench/vectors
 *     EKPHRASIS_DATA=… DATABASE_URL=… node dist/bench/bench/vectors/run.js [COUNT …]
 *
 * The pooled features of the collection in EKPHRASIS_DATA are the pattern: each vector is a random mixture of two of them
 * with a tenth of the features' spread as noise. Uniform random vectors would have no neighbours to find. The vectors are
 * drawn inside the Postgres of DATABASE_URL, in a schema of their own that is dropped in the end.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { openEmbedded } from '../../src/store/embedded.js';

const DIMENSIONS = 512;
const NEIGHBOURS = 20;
const QUERIES = 100;
/** Candidates kept by a search; the server's connections use 200. */
const CANDIDATES = [40, 200, 400];
const ROWS_AT_ONCE = 10_000;

const { dataDirectory, databaseUrl } = loadConfig(process.env);
if (databaseUrl === undefined) throw new Error('DATABASE_URL names no Postgres');
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100_000];
const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();
try {
  await prepare(await realFeatures());
  const { rows } = await client.query<{ version: string }>("SELECT split_part(version(), ' ', 2) || ', pgvector ' || extversion AS version FROM pg_extension WHERE extname = 'vector'");
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, PostgreSQL ${rows[0]?.version ?? '?'}`);
  console.log('| vectors | inserted | index built | index | ef_search | p50 | p95 | recall@20 | exact p50 |\n|---|---|---|---|---|---|---|---|---|');
  for (const count of counts) await measure(count);
} finally {
  await client.query('DROP SCHEMA IF EXISTS bench_vectors CASCADE');
  await client.end();
}

/** The pooled features of a collection, as pgvector writes them. */
async function realFeatures(): Promise<string[]> {
  const database = await openEmbedded(join(dataDirectory, 'database'));
  try {
    const { rows } = await database.executeSql('SELECT "vector"::text AS vector FROM "ImageFeature"', []);
    if (rows.length < 100) throw new Error(`${dataDirectory} has ${rows.length} features: import a data set first`);
    return (rows as { vector: string }[]).map(({ vector }) => vector);
  } finally {
    await database.close();
  }
}

async function prepare(features: readonly string[]): Promise<void> {
  await client.query('CREATE EXTENSION IF NOT EXISTS vector; DROP SCHEMA IF EXISTS bench_vectors CASCADE; CREATE SCHEMA bench_vectors');
  await client.query(`SET search_path = bench_vectors, public; SELECT setseed(0.5); SET maintenance_work_mem = '6GB'`);
  await client.query(`CREATE TABLE real (id int PRIMARY KEY, vector vector(${DIMENSIONS}))`);
  await client.query('INSERT INTO real SELECT place, vector::vector FROM unnest($1::text[]) WITH ORDINALITY AS given (vector, place)', [features]);
  await client.query(`CREATE TABLE spread AS SELECT
    (SELECT avg(deviation) FROM (
      SELECT stddev(value) AS deviation FROM real, unnest(vector::real[]) WITH ORDINALITY AS v (value, place) GROUP BY place
    ) AS deviations) AS deviation, (SELECT count(*)::int FROM real) AS count`);
}

async function measure(count: number): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS drawn; CREATE TABLE drawn (id bigint, vector vector(${DIMENSIONS}))`);
  const inserted = await seconds(async () => {
    for (let start = 0; start < count; start += ROWS_AT_ONCE) await draw(start, Math.min(ROWS_AT_ONCE, count - start));
  });
  await client.query('ANALYZE drawn');
  const queries = (await client.query<{ vector: string }>('SELECT vector::text FROM drawn ORDER BY random() LIMIT $1', [QUERIES])).rows;
  const exact = await search(queries);
  const built = await seconds(() => client.query('CREATE INDEX ON drawn USING hnsw (vector vector_cosine_ops)'));
  const { rows } = await client.query<{ size: string }>("SELECT pg_size_pretty(pg_relation_size('drawn_vector_idx')) AS size");
  for (const candidates of CANDIDATES) {
    await client.query(`SET hnsw.ef_search = ${candidates}`);
    await search(queries);
    const { times, found } = await search(queries);
    const hits = found.reduce((sum, own, query) => sum + own.filter((id) => exact.found[query]?.includes(id)).length, 0);
    const recall = hits / (QUERIES * NEIGHBOURS);
    const cells = [count, `${inserted.toFixed(0)} s`, `${built.toFixed(0)} s`, rows[0]?.size ?? '?', candidates, ms(times, 0.5), ms(times, 0.95), recall.toFixed(3), ms(exact.times, 0.5)];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

async function draw(start: number, count: number): Promise<void> {
  await client.query(
    `INSERT INTO drawn
     SELECT place, a.vector * array_fill(share::real, ARRAY[${DIMENSIONS}])::vector
       + b.vector * array_fill((1 - share)::real, ARRAY[${DIMENSIONS}])::vector + noise.vector
     FROM (SELECT place, random() AS share, 1 + floor(random() * count)::int AS one, 1 + floor(random() * count)::int AS other, deviation
           FROM spread, generate_series($1::bigint, $1::bigint + $2::bigint - 1) AS place) AS choice
     JOIN real a ON a.id = one JOIN real b ON b.id = other
     CROSS JOIN LATERAL (SELECT array_agg((random_normal() * deviation / 10 + 0 * place)::real)::vector AS vector FROM generate_series(1, ${DIMENSIONS})) AS noise`,
    [start, count],
  );
}

async function search(queries: readonly { readonly vector: string }[]): Promise<{ times: number[]; found: string[][] }> {
  const times: number[] = [];
  const found: string[][] = [];
  for (const { vector } of queries) {
    const started = performance.now();
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM drawn ORDER BY vector <=> $1::vector LIMIT ${NEIGHBOURS}`, [vector]);
    times.push(performance.now() - started);
    found.push(rows.map(({ id }) => id));
  }
  return { times, found };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function ms(times: readonly number[], share: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `${(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1)} ms`;
}

/**
 * What pgvector's HNSW index costs and finds as a collection grows; README.md says what is measured, and how.
 *
 *     npx tsc -p bench/vectors
 *     EKPHRASIS_DATA=… DATABASE_URL=… node dist/bench/bench/vectors/run.js [--keep] [--half] [COUNT …]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { additions, CONNECTIONS, graphBytes, type Kind, load, NEIGHBOURS, quantile, recall, search, seconds, throughput, usesIndex } from './measures.js';
import { Nearest, Pattern } from './pattern.js';
import { databaseName, dropDatabase, INDEX, VectorTables } from './tables.js';

/** hnsw.ef_search: 40 is pgvector's default, 200 the server's. */
const CANDIDATES = [40, 100, 200, 400, 800];
const SERVER_CANDIDATES = 200;
const EXACT_QUERIES = 5;
const HALF_INDEX = 'half_idx';

const { values: options, positionals } = parseArgs({ options: { keep: { type: 'boolean' }, half: { type: 'boolean' } }, allowPositionals: true });
const { dataDirectory, databaseUrl } = loadConfig(process.env);
if (databaseUrl === undefined) throw new Error('DATABASE_URL names no Postgres');
const counts = positionals.length > 0 ? positionals.map(Number) : [10_000, 100_000];

const pattern = await Pattern.read(dataDirectory);
const { real, drawn } = pattern.likeness();
const shown = (distances: readonly number[]) => distances.map((distance) => distance.toFixed(4)).join(' and ');
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`);
console.log(`A photo's nearest and tenth neighbour: ${shown(real)} away among ${pattern.size} real vectors, ${shown(drawn)} among as many drawn ones`);
for (const count of counts) await measure(databaseUrl, count);

async function measure(server: string, count: number): Promise<void> {
  const name = databaseName(count);
  const tables = await VectorTables.create(server, name);
  const { client } = tables;
  try {
    console.log(`\n## ${count} vectors\n\n${await describeServer(client)}`);
    const truth = pattern.queries.map(() => new Nearest(NEIGHBOURS));
    const spent = await load(tables, pattern, count, truth);
    console.log(`Stored without an index: ${(count / spent.photos).toFixed(0)} photos' rows/s, ${(count / spent.features).toFixed(0)} features/s.`);
    await client.query('VACUUM ANALYZE "Image"');
    await client.query('VACUUM ANALYZE "ImageFeature"');
    const exact = await search(client, pattern, pattern.queries.slice(0, EXACT_QUERIES));
    console.log(`Exact search: ${quantile(exact.times, 0.5).toFixed(0)} ms.`);
    if (recall(exact.found, truth) < 0.98) throw new Error('Postgres and this program find other neighbours by exact search');
    if (count <= 10_000) console.log(`Memory of a build: ${(await graphBytes(tables)).toFixed(0)} bytes a vector.`);
    await measureIndex(tables, truth, 'vector', INDEX, tables.indexStatement);
    console.log(`${CONNECTIONS} connections at once, ef_search ${SERVER_CANDIDATES}: ${(await throughput(tables.url, pattern)).toFixed(0)} queries/s.`);
    if (options.half) {
      await measureIndex(tables, truth, 'halfvec', HALF_INDEX, `CREATE INDEX "${HALF_INDEX}" ON "ImageFeature" USING hnsw (("vector"::halfvec(512)) halfvec_cosine_ops)`);
      await client.query(`DROP INDEX "${HALF_INDEX}"`);
    }
    // Last: from here on the true neighbours are others.
    console.log(`Stored with the index: ${(await additions(tables, pattern, count)).toFixed(0)} features/s.`);
    const table = await bytes(client, `pg_table_size('"ImageFeature"')`);
    console.log(`Features: table ${table} with TOAST, primary key ${await bytes(client, `pg_relation_size('"ImageFeature_pkey"')`)}.`);
  } finally {
    await tables.close();
    if (!options.keep) await dropDatabase(server, name);
  }
}

async function measureIndex({ client }: VectorTables, truth: readonly Nearest[], kind: Kind, index: string, statement: string): Promise<void> {
  const built = await seconds(() => client.query(statement));
  console.log(`Index over ${kind}(512): ${await bytes(client, `pg_relation_size('"${index}"')`)}, built in ${built.toFixed(1)} s.`);
  console.log(`\n| ef_search | p50 | p95 | recall@${NEIGHBOURS} |\n|---|---|---|---|`);
  for (const candidates of CANDIDATES) {
    await client.query(`SET hnsw.ef_search = ${candidates}`);
    await search(client, pattern, pattern.queries, kind);
    const { times, found } = await search(client, pattern, pattern.queries, kind);
    const way = (await usesIndex(client, pattern, kind, index)) ? '' : ' (all compared)';
    console.log(`| ${candidates}${way} | ${quantile(times, 0.5).toFixed(1)} ms | ${quantile(times, 0.95).toFixed(1)} ms | ${recall(found, truth).toFixed(3)} |`);
  }
  console.log('');
}

async function describeServer(client: pg.Client): Promise<string> {
  const settings = ['shared_buffers', 'maintenance_work_mem', 'max_parallel_maintenance_workers', 'max_wal_size', 'fsync'];
  const { rows } = await client.query<{ version: string; settings: string }>(
    `SELECT 'PostgreSQL ' || current_setting('server_version') || ', pgvector ' || extversion AS version,
       (SELECT string_agg(name || ' ' || current_setting(name), ', ') FROM unnest($1::text[]) AS name) AS settings
     FROM pg_extension WHERE extname = 'vector'`,
    [settings],
  );
  return `${rows[0]?.version ?? 'unknown'}; ${rows[0]?.settings ?? ''}.`;
}

async function bytes(client: pg.Client, size: string): Promise<string> {
  const { rows } = await client.query<{ bytes: string }>(`SELECT ${size} AS bytes`);
  return `${(Number(rows[0]?.bytes) / 2 ** 20).toFixed(0)} MiB`;
}

/**
 * What pgvector's HNSW index costs and finds as a collection grows; README.md says what is measured, and how.
 *
 *     npx tsc -p bench/vectors
 *     EKPHRASIS_DATA=… DATABASE_URL=… node dist/bench/bench/vectors/run.js [--keep] [--half] [--again] [COUNT …]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { loadConfig } from '../../src/config.js';
import {
  additions,
  CONNECTIONS,
  draw,
  graphBytes,
  type Kind,
  load,
  NEIGHBOURS,
  processorTime,
  quantile,
  recall,
  search,
  seconds,
  throughput,
  usesIndex,
} from './measures.js';
import { Nearest, Pattern } from './pattern.js';
import { databaseName, dropDatabase, VectorTables } from './tables.js';

/** hnsw.ef_search: 40 is pgvector's default, 200 the server's. */
const CANDIDATES = [40, 100, 200, 400, 800];
const SERVER_CANDIDATES = 200;
const EXACT_QUERIES = 5;
const HALF_INDEX = 'half_idx';

const { values: options, positionals } = parseArgs({
  options: { keep: { type: 'boolean' }, half: { type: 'boolean' }, again: { type: 'boolean' } },
  allowPositionals: true,
});
const { dataDirectory, databaseUrl } = loadConfig(process.env);
if (databaseUrl === undefined) throw new Error('DATABASE_URL names no Postgres');
const counts = positionals.length > 0 ? positionals.map(Number) : [10_000, 100_000];

const pattern = await Pattern.read(dataDirectory);
const { real, drawn } = pattern.likeness();
const shown = (distances: readonly number[]) => distances.map((distance) => distance.toFixed(4)).join(' and ');
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(
  `A photo's nearest and tenth neighbour: ${shown(real)} away among ${pattern.size} real vectors, ${shown(drawn)} among as many drawn ones`,
);
for (const count of counts) await (options.again ? measureAgain : measure)(databaseUrl, count);

async function measure(server: string, count: number): Promise<void> {
  const name = databaseName(count);
  const tables = await VectorTables.create(server, name, pattern.encoder);
  const { client } = tables;
  try {
    console.log(`\n## ${count} vectors\n\n${await describeServer(client)}`);
    const truth = pattern.queries.map(() => new Nearest(NEIGHBOURS));
    const spent = await load(tables, pattern, count, truth);
    console.log(
      `Stored without an index: ${(count / spent.photos).toFixed(0)} photos' rows/s, ${(count / spent.features).toFixed(0)} features/s.`,
    );
    await client.query('VACUUM ANALYZE "Image"');
    await client.query('VACUUM ANALYZE "ImageFeature"');
    const exact = await search(client, pattern, pattern.queries.slice(0, EXACT_QUERIES));
    console.log(`Exact search: ${quantile(exact.times, 0.5).toFixed(0)} ms.`);
    if (recall(exact.found, truth) < 0.98)
      throw new Error('Postgres and this program find other neighbours by exact search');
    if (count <= 10_000) console.log(`Memory of a build: ${(await graphBytes(tables)).toFixed(0)} bytes a vector.`);
    await build(client, 'vector', tables.index, tables.indexStatement);
    await measureSearches(tables, truth, 'vector', tables.index);
    if (options.half) {
      await build(
        client,
        'halfvec',
        HALF_INDEX,
        `CREATE INDEX "${HALF_INDEX}" ON "ImageFeature" USING hnsw (("vector"::halfvec(512)) halfvec_cosine_ops) WHERE "encoder" = '${pattern.encoder}'`,
      );
      await measureSearches(tables, truth, 'halfvec', HALF_INDEX);
      await client.query(`DROP INDEX "${HALF_INDEX}"`);
    }
    // Last: from here on the true neighbours are others.
    console.log(`Stored with the index: ${(await additions(tables, pattern, count)).toFixed(0)} features/s.`);
    const table = await bytes(client, `pg_table_size('"ImageFeature"')`);
    console.log(
      `Features: table ${table} with TOAST, primary key ${await bytes(client, `pg_relation_size('"ImageFeature_pkey"')`)}.`,
    );
  } finally {
    await tables.close();
    if (!options.keep) await dropDatabase(server, name);
  }
}

/** The searches once more, in a database that was kept: on another day, or with other settings of the server. */
async function measureAgain(server: string, count: number): Promise<void> {
  const tables = await VectorTables.open(server, databaseName(count), pattern.encoder);
  try {
    const { rows } = await tables.client.query<{ count: number }>('SELECT count(*)::int AS count FROM "ImageFeature"');
    const stored = rows[0]?.count ?? 0;
    console.log(`\n## ${stored} vectors, again\n\n${await describeServer(tables.client)}\n`);
    const truth = pattern.queries.map(() => new Nearest(NEIGHBOURS));
    await draw(pattern, stored, truth);
    await measureSearches(tables, truth, 'vector', tables.index);
  } finally {
    await tables.close();
  }
}

async function build(client: pg.Client, kind: Kind, index: string, statement: string): Promise<void> {
  const built = await seconds(() => client.query(statement));
  console.log(
    `Index over ${kind}(512): ${await bytes(client, `pg_relation_size('"${index}"')`)}, built in ${built.toFixed(1)} s.\n`,
  );
}

async function measureSearches(
  { client, url }: VectorTables,
  truth: readonly Nearest[],
  kind: Kind,
  index: string,
): Promise<void> {
  console.log(`| ef_search | p50 | p95 | server's processor | recall@${NEIGHBOURS} |\n|---|---|---|---|---|`);
  for (const candidates of CANDIDATES) {
    await client.query(`SET hnsw.ef_search = ${candidates}`);
    const way = (await usesIndex(client, pattern, kind, index)) ? '' : ' (all compared)';
    await search(client, pattern, pattern.queries, kind);
    const before = await processorTime(client);
    const { times, found } = await search(client, pattern, pattern.queries, kind);
    const processor = ((await processorTime(client)) - before) / found.length;
    const cells = [
      `${candidates}${way}`,
      ms(quantile(times, 0.5)),
      ms(quantile(times, 0.95)),
      ms(processor),
      recall(found, truth).toFixed(3),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(
    `\n${CONNECTIONS} connections at once, ef_search ${SERVER_CANDIDATES}: ${(await throughput(url, pattern, kind)).toFixed(0)} queries/s.`,
  );
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

async function describeServer(client: pg.Client): Promise<string> {
  const settings = [
    'shared_buffers',
    'maintenance_work_mem',
    'max_parallel_maintenance_workers',
    'max_wal_size',
    'fsync',
  ];
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

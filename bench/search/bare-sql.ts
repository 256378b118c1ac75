/** The statements at the heart of a search, alone. */
import type { ExecuteSql } from '../../src/store/database.js';

/** @returns milliseconds of each query, after a first round that fills caches */
export function bareNearest(
  executeSql: ExecuteSql,
  table: 'ImageFeature' | 'ImageEmbedding',
  owner: string,
  vectors: readonly Float32Array[],
  limit: number,
): Promise<number[]> {
  const column = table === 'ImageFeature' ? `"encoder" = '${owner}'` : `"modelId" = '${owner}'::uuid`;
  const distance = '"vector"::vector(512) <=> $1::vector(512)';
  const statement = `SELECT "imageId"::text, ${distance} AS distance FROM "${table}" WHERE ${column} ORDER BY ${distance} LIMIT ${limit}`;
  return timed(
    executeSql,
    statement,
    vectors.map((vector) => [`[${vector.join(',')}]`]),
  );
}

export function bareWords(executeSql: ExecuteSql, texts: readonly string[], limit: number): Promise<number[]> {
  const statement = `
    WITH query AS (SELECT websearch_to_tsquery('english', $1) AS terms),
    hits AS (
      SELECT "imageId", ts_rank_cd("search", terms, 1) AS rank FROM "ReferenceCaption", query WHERE "search" @@ terms
      UNION ALL SELECT "imageId", ts_rank_cd("search", terms, 1) FROM "GeneratedCaption", query WHERE "search" @@ terms
    )
    SELECT "imageId"::text, max(rank) AS rank FROM hits GROUP BY "imageId" ORDER BY rank DESC, "imageId" LIMIT ${limit}`;
  return timed(
    executeSql,
    statement,
    texts.map((text) => [text]),
  );
}

async function timed(executeSql: ExecuteSql, statement: string, parameters: readonly unknown[][]): Promise<number[]> {
  const round = async () => {
    const times: number[] = [];
    for (const values of parameters) {
      const started = performance.now();
      await executeSql(statement, values);
      times.push(performance.now() - started);
    }
    return times;
  };
  await round();
  return round();
}

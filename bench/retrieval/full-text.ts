/** Postgres's own full-text search over one generated caption a photo, in the embedded database. */
import { join } from 'node:path';
import { FreeSpace } from '../../src/files/free-space.js';
import { openEmbedded } from '../../src/store/embedded.js';

/** As the product ranks: cover density over the logarithm of the length. */
const NORMALISATION = 1;

/**
 * @param directory an empty folder
 * @param captions one a photo
 * @param queries websearch syntax
 * @returns scores [queries, photos], row by row; 0 where a caption does not match
 */
export async function fullTextScores(
  directory: string,
  captions: readonly string[],
  queries: readonly string[],
): Promise<Float32Array> {
  const database = await openEmbedded(join(directory, 'database'), new FreeSpace(directory));
  try {
    const sql = (text: string, values: unknown[] = []) => database.executeSql(text, values);
    await sql(`CREATE TABLE caption (photo int PRIMARY KEY, search tsvector NOT NULL)`);
    await sql(
      `INSERT INTO caption SELECT ordinality - 1, to_tsvector('english', text) FROM unnest($1::text[]) WITH ORDINALITY AS given (text)`,
      [captions],
    );
    const scores = new Float32Array(queries.length * captions.length);
    for (const [place, query] of queries.entries()) {
      const { rows } = await sql(
        `SELECT photo, ts_rank_cd(search, terms, ${NORMALISATION})::float8 AS rank FROM caption, websearch_to_tsquery('english', $1) AS terms WHERE search @@ terms`,
        [query],
      );
      for (const { photo, rank } of rows as { photo: number; rank: number }[])
        scores[place * captions.length + photo] = rank;
    }
    return scores;
  } finally {
    await database.close();
  }
}

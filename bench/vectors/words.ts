/**
 * What the search by words costs as a collection grows: every caption that matches is ranked before the first is shown.
 *
 *     EKPHRASIS_DATA=… DATABASE_URL=… node dist/bench/bench/vectors/words.js COUNT …
 *
 * Works on the databases that `run.js --keep` has left. Each photo there gets one caption: a real one, of the photo
 * around which its vector was drawn.
 */
import { loadConfig } from '../../src/config.js';
import { quantile, seconds } from './measures.js';
import { Pattern } from './pattern.js';
import { databaseName, VectorTables } from './tables.js';

const QUERIES = ['dog', 'dog running', 'man', 'girl in a pink dress', 'surfer', '"brown dog" -grass', 'unicycle'];
const TIMES = 7;
const ROWS_A_STATEMENT = 5000;
const FIRST = 10;

const { dataDirectory, databaseUrl } = loadConfig(process.env);
if (databaseUrl === undefined) throw new Error('DATABASE_URL names no Postgres');
const pattern = await Pattern.read(dataDirectory);
for (const count of process.argv.slice(2).map(Number)) await measure(databaseUrl, count);

async function measure(server: string, count: number): Promise<void> {
  const tables = await VectorTables.open(server, databaseName(count), pattern.encoder);
  try {
    await tables.client.query('TRUNCATE "ReferenceCaption"');
    const stored = await seconds(async () => {
      for (let start = 0; start < count; start += ROWS_A_STATEMENT) {
        await tables.addCaptions(
          Array.from({ length: Math.min(ROWS_A_STATEMENT, count - start) }, (_, place) => start + place),
          pattern,
        );
      }
    });
    await tables.client.query('VACUUM ANALYZE "ReferenceCaption"');
    console.log(
      `\n${count} captions, stored in ${stored.toFixed(0)} s\n\n| search | match | first ${FIRST}, p50 | counted, p50 |\n|---|---|---|---|`,
    );
    for (const text of QUERIES) {
      const { count: matches, isEstimate } = await tables.store.captionSearch.count({ text });
      const searching = await timesOf(() => tables.store.captionSearch.search({ text, limit: FIRST }));
      const counting = await timesOf(() => tables.store.captionSearch.count({ text }));
      console.log(
        `| ${text} | ${isEstimate ? `about ${matches}` : matches} | ${(1000 * quantile(searching, 0.5)).toFixed(0)} ms | ${(1000 * quantile(counting, 0.5)).toFixed(0)} ms |`,
      );
    }
  } finally {
    await tables.close();
  }
}

async function timesOf(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) times.push(await seconds(work));
  return times;
}

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FreeSpace } from '../../src/files/free-space.js';
import { openEmbedded } from '../../src/store/embedded.js';

/** Files of the log have a megabyte each. */
const LOG_MEGABYTES = 50;
const WRITTEN_MEGABYTES = 80;

test('the log of the embedded database does not grow with all that was ever written', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-log-'));
  const folder = join(directory, 'database');
  const database = await openEmbedded(folder, new FreeSpace(directory, 0));
  const files = async () =>
    (await readdir(join(folder, 'pg_wal'))).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;
  try {
    await database.executeSql('CREATE TABLE filler (text text)', []);
    await database.executeSql('ALTER TABLE filler ALTER text SET STORAGE EXTERNAL', []);
    for (let count = 0; count < WRITTEN_MEGABYTES; count += 1) {
      await database.executeSql(
        "INSERT INTO filler SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 32768)",
        [],
      );
    }
    await expect
      .poll(
        async () => {
          await database.executeSql('SELECT 1', []);
          return files();
        },
        { interval: 500 },
      )
      .toBeLessThan(LOG_MEGABYTES);
  } finally {
    await database.close();
    await rm(directory, { recursive: true });
  }
});

/** Servers of one Postgres that start at the same moment, which only a real Postgres has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Application, openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { readMigrations } from '../../src/store/migrations.js';
import { createPostgresDatabase } from '../postgres/database.js';
import { testUrl } from './open-test-store.js';

const SERVERS = 4;

test.skipIf(testUrl() === undefined)(
  'servers that open the same empty Postgres at once agree on its tables, its queue and its models',
  async () => {
    const database = await createPostgresDatabase(testUrl() ?? '');
    const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-start-'));
    const config = loadConfig({ DATABASE_URL: database.url, EKPHRASIS_DATA: directory, LOG_LEVEL: 'silent' });
    const open = () => openApplication(config, { log: pino({ level: 'silent' }) });
    const started = await Promise.allSettled(Array.from({ length: SERVERS }, open));
    const applications = started.flatMap((result): Application[] =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    try {
      const reasons = started.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
      expect(reasons.map(String)).toEqual([]);
      const { rows } = (await applications[0]?.store.executeSql(
        'SELECT migration_name AS name FROM _prisma_migrations ORDER BY migration_name',
        [],
      )) ?? { rows: [] };
      expect(rows).toEqual((await readMigrations()).map(({ name }) => ({ name })));
      const shipped = await applications[0]?.store.executeSql(
        'SELECT "task"::text AS task FROM "Model" WHERE "current" ORDER BY task',
        [],
      );
      expect(shipped?.rows).toEqual([{ task: 'CAPTION' }, { task: 'SEARCH' }]);
    } finally {
      await Promise.all(applications.map((application) => application.close()));
      await database.drop();
      await rm(directory, { recursive: true });
    }
  },
);

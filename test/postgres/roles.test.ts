/** Roles that are no superusers, as those of hosted databases are. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { testUrl } from '../store/open-test-store.js';
import { administer, createPostgresDatabase, type PostgresDatabase } from './database.js';

const server = testUrl();

describe.skipIf(server === undefined)('a role that is no superuser', () => {
  const role = `ekphrasis_role_${randomUUID().replaceAll('-', '')}`;
  const password = 'p@ss/w#rd?%41 :"\'ü';
  let directory: string;
  let database: PostgresDatabase;
  let url: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ekphrasis-role-'));
    database = await createPostgresDatabase(server ?? '');
    await administer(database.url, `CREATE ROLE ${role} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    const address = new URL(database.url);
    address.username = role;
    url = address.href;
  });
  afterAll(async () => {
    await database.drop({ force: true });
    await administer(server ?? '', `DROP ROLE ${role}`);
    await rm(directory, { recursive: true });
  });

  const open = async () => {
    const config = loadConfig({ DATABASE_URL: url, DATABASE_PASSWORD: password, EKPHRASIS_DATA: directory });
    await (await openApplication(config, { log: pino({ level: 'silent' }) })).close();
  };

  test('is told which extension a superuser has to create, then which rights it lacks, and then works', async () => {
    await administer(database.url, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await expect(open()).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(/lacks a right.*permission denied for schema public.*GRANT/) as string,
    });
    await administer(database.url, `GRANT CREATE ON SCHEMA public TO ${role}`);
    await expect(open()).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('CREATE EXTENSION vector;') as string,
    });
    await administer(database.url, 'CREATE EXTENSION vector');
    // The queue has a schema of its own.
    await expect(open()).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringMatching(/permission denied for database.*GRANT CREATE ON DATABASE/) as string,
    });
    await administer(database.url, `GRANT CREATE ON DATABASE "${new URL(database.url).pathname.slice(1)}" TO ${role}`);
    await open();
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.js';
import { applyMigrations, type Migration, readMigrations } from '../../src/store/migrations.js';
import { openEmptyTestDatabase } from './open-test-store.js';
import { sha256Of } from './records.js';

let database: Database;
let migrations: Migration[];
beforeAll(async () => {
  [database, migrations] = await Promise.all([openEmptyTestDatabase(), readMigrations()]);
});
afterAll(() => database.close());

async function records() {
  return (await database.executeSql('SELECT migration_name, checksum, finished_at FROM _prisma_migrations', [])).rows;
}

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: sha256Of(sql) };
}

test('an empty database gets every migration, in order, recorded as Prisma does; applying again does nothing', async () => {
  expect(await applyMigrations(database, migrations)).toEqual(migrations.map(({ name }) => name));
  expect(await records()).toEqual(
    migrations.map(({ name, checksum }) => ({ migration_name: name, checksum, finished_at: expect.any(Date) as Date })),
  );
  expect(await applyMigrations(database, migrations)).toEqual([]);
});

test('a migration that fails leaves neither its tables nor its record', async () => {
  const broken = migration('29990101000000_broken', 'CREATE TABLE "Halfway" (id INT); SELECT 1/0;');
  await expect(applyMigrations(database, [...migrations, broken])).rejects.toThrow('division by zero');
  expect((await database.executeSql(`SELECT to_regclass('"Halfway"')::text AS found`, [])).rows).toEqual([
    { found: null },
  ]);
  expect(await records()).toHaveLength(migrations.length);
});

test('a database of a newer program is refused', async () => {
  const newer = migration('29990101000000_newer', 'CREATE TABLE "Newer" (id INT)');
  await applyMigrations(database, [...migrations, newer]);
  await expect(applyMigrations(database, migrations)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining('29990101000000_newer') as string,
  });
  await database.executeSql(`DELETE FROM _prisma_migrations WHERE migration_name = '${newer.name}'`);
});

test('a database whose migrations were other ones is refused', async () => {
  const changed = migrations.map((one) => migration(one.name, `${one.sql}\n-- changed`));
  await expect(applyMigrations(database, changed)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('captions have a GIN index, which Prisma knows nothing of', async () => {
  const { rows } = await database.executeSql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'", []);
  const indexes = rows.map((row) => (row as { indexdef: string }).indexdef).join('\n');
  expect(indexes).toMatch(/ON public\."ReferenceCaption" USING gin \(search\)/);
  expect(indexes).toMatch(/ON public\."GeneratedCaption" USING gin \(search\)/);
});

/** schema.prisma and the migrations are written by hand: they must tell of the same tables and columns. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import type { Database } from '../../src/store/database.js';
import { applyMigrations, readMigrations } from '../../src/store/migrations.js';
import { openTestDatabase } from './open-test-store.js';

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await applyMigrations(database, await readMigrations());
});
afterAll(() => database.close());

const SCHEMA = new URL('../../prisma/schema.prisma', import.meta.url);

/** Tables with their columns, and whether each may be null, from the text of schema.prisma. */
function describedTables(schema: string): Map<string, Record<string, boolean>> {
  const models = [...schema.matchAll(/^model (\w+) \{\n([^]*?)^\}/gm)];
  const names = new Set(models.map(([, name]) => name));
  return new Map(
    models.map(([, name = '', body = '']) => {
      const lines = [...body.matchAll(/^ {2}(\w+)\s+(\w+)(?:\("[^"]+"\))?(\?|\[\])?/gm)];
      const fields = lines.filter(([, , type]) => !names.has(type));
      return [name, Object.fromEntries(fields.map(([, field = '', , mark]) => [field, mark === '?']))];
    }),
  );
}

test('schema.prisma describes the tables that the migrations make', async () => {
  const { rows } = await database.executeSql(
    `SELECT table_name AS "table", column_name AS "column", is_nullable = 'YES' AS nullable FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name NOT LIKE E'\\\\_%' ORDER BY 1`,
    [],
  );
  const made = new Map<string, Record<string, boolean>>();
  for (const { table, column, nullable } of rows as { table: string; column: string; nullable: boolean }[]) {
    made.set(table, { ...made.get(table), [column]: nullable });
  }
  const described = describedTables(await readFile(SCHEMA, 'utf8'));
  expect([...described.keys()].sort()).toEqual([...made.keys()]);
  for (const [table, columns] of described) expect(made.get(table), table).toEqual(columns);
});

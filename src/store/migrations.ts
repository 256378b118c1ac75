/**
 * Brings a database to the schema this program knows: applies prisma/migrations/<name>/migration.sql in the order of
 * their names, each with its record in one transaction. The records are Prisma's own, so its tools see the same state.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { PROGRAM_FOLDER } from '../program-folder.js';
import type { Database, ExecuteSql } from './database.js';
import { explainRefusal } from './refusals.js';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** Lower-case hexadecimal SHA-256 of the file. */
  readonly checksum: string;
}

const FOLDER = join(PROGRAM_FOLDER, 'prisma', 'migrations');

/** Prisma's own lock number: its tools and several servers that start at once wait for each other. */
const ADVISORY_LOCK = 72_707_369;

const CREATE_RECORDS = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

/** The migrations of this program, in order. */
export async function readMigrations(folder = FOLDER): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(`${folder}/${name}/migration.sql`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing.
 *
 * @returns the names of the migrations that were applied now
 * @throws EkphrasisError DATABASE_UNAVAILABLE when the database was written by a newer program or by another history;
 *   INVALID_CONFIGURATION when our role may not change it
 */
export async function applyMigrations(
  database: Pick<Database, 'transaction'>,
  migrations: readonly Migration[],
): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await database
      .transaction((executeSql) => applyNext(executeSql, migrations))
      .catch((error: unknown) => {
        throw explainRefusal(error);
      });
    if (name === undefined) return applied;
    applied.push(name);
  }
}

/** How many migrations a database has; 0 where it has no tables yet. */
export async function appliedMigrations(executeSql: ExecuteSql): Promise<number> {
  const { rows } = await executeSql(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`, []);
  if (!(rows as { found: boolean }[])[0]?.found) return 0;
  const counted = await executeSql(
    'SELECT count(*)::int AS count FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    [],
  );
  return (counted.rows as { count: number }[])[0]?.count ?? 0;
}

async function applyNext(executeSql: ExecuteSql, migrations: readonly Migration[]): Promise<string | undefined> {
  await executeSql(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
  await executeSql(CREATE_RECORDS);
  const { rows } = await executeSql(
    'SELECT migration_name AS name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const records = rows as { name: string; checksum: string; finished_at: unknown }[];
  for (const record of records) checkRecord(record, migrations);
  const next = migrations.find(({ name }) => !records.some((record) => record.name === name));
  if (!next) return undefined;
  await executeSql(next.sql);
  await executeSql(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
    [randomUUID(), next.checksum, next.name],
  );
  return next.name;
}

function checkRecord(
  record: { name: string; checksum: string; finished_at: unknown },
  migrations: readonly Migration[],
): void {
  const known = migrations.find(({ name }) => name === record.name);
  if (!known) {
    throw unusable(
      `was written by a newer Ekphrasis (it has ${record.name}): update this program, or use another database`,
    );
  }
  if (known.checksum !== record.checksum) {
    throw unusable(
      `does not fit this program (${record.name} differs): use the Ekphrasis that made it, or another database`,
    );
  }
  if (record.finished_at === null) throw unusable(`was left half-changed by ${record.name}: restore it from a backup`);
}

function unusable(reason: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.DatabaseUnavailable, `The database ${reason}.`);
}

/**
 * The tables of a collection as the database itself describes them, so that a migration needs no list kept beside it.
 */
import type { ExecuteSql } from './database.js';

export interface Column {
  readonly name: string;
  /** As SQL writes it, such as `character(64)` or `"Split"`. */
  readonly type: string;
}

export interface Table {
  readonly name: string;
  /** Those that hold data of their own; generated ones are left out. */
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  /** Tables that its foreign keys point to, itself left out. */
  readonly references: readonly string[];
}

/**
 * Webhooks belong to a server: a copy of its collection tells nobody what it does, and their secrets stay where they are.
 * Prisma's records of migrations belong to a database, not to the collection, and what is unlogged to the processes that
 * run; pg-boss has a schema of its own.
 */
const DESCRIBE = `
  SELECT class.relname AS name,
    (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns,
    (SELECT json_agg(attname ORDER BY array_position(conkey, attnum))
     FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
     WHERE conrelid = class.oid AND contype = 'p') AS "primaryKey",
    (SELECT coalesce(json_agg(DISTINCT other.relname), '[]')
     FROM pg_constraint JOIN pg_class other ON other.oid = confrelid
     WHERE conrelid = class.oid AND contype = 'f' AND other.oid <> class.oid) AS references
  FROM pg_class class
  WHERE class.relkind = 'r' AND class.relpersistence = 'p' AND class.relnamespace = current_schema()::regnamespace
    AND class.relname <> '_prisma_migrations' AND class.relname NOT LIKE 'Webhook%'
  ORDER BY class.relname COLLATE "C"`;

/** Every table of the collection, those that others point to first. */
export async function describeTables(executeSql: ExecuteSql): Promise<Table[]> {
  const { rows } = await executeSql(DESCRIBE, []);
  return inOrderOfReferences(rows as Table[]);
}

/** @throws Error when tables refer to each other in a circle, or one has no primary key to read it by */
export function inOrderOfReferences(tables: readonly Table[]): Table[] {
  const ordered: Table[] = [];
  const waiting = new Set(tables);
  while (waiting.size > 0) {
    const placed = new Set(ordered.map(({ name }) => name));
    const next = [...waiting].find(({ references }) => references.every((name) => placed.has(name)));
    if (!next)
      throw new Error(`the tables ${[...waiting].map(({ name }) => name).join(', ')} refer to each other in a circle`);
    ordered.push(next);
    waiting.delete(next);
  }
  return ordered;
}

/** @returns the name as it stands in SQL */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

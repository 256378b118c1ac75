/**
 * HNSW indexes of vectors: one for each encoder and search model, as an index holds vectors of one length. The function
 * "createVectorIndex" of the database makes them.
 */
import { Prisma } from '../generated/prisma/client.js';
import type { ExecuteSql } from './database.js';
import { quoted } from './tables.js';

/** Where vectors lie, and which column says whose they are. */
export interface VectorColumns {
  readonly table: 'ImageFeature' | 'ImageEmbedding';
  readonly owner: 'encoder' | 'modelId';
  readonly ownerType: 'text' | 'uuid';
}

export const FEATURE_COLUMNS: VectorColumns = { table: 'ImageFeature', owner: 'encoder', ownerType: 'text' };
export const EMBEDDING_COLUMNS: VectorColumns = { table: 'ImageEmbedding', owner: 'modelId', ownerType: 'uuid' };

/** A table with columns `imageId` and `vector`. */
export interface VectorTable {
  readonly table: Prisma.Sql;
  /** The condition that chooses the vectors of one encoder or model, as their index has it: without parameters. */
  readonly owner: Prisma.Sql;
}

/**
 * The vectors of one owner, as its index has them: a parameter in the place of the name would hide from the planner
 * that the index serves.
 */
export function vectorsOf({ table, owner: column, ownerType }: VectorColumns, owner: string): VectorTable {
  if (!/^[\w.-]+$/.test(owner)) throw new RangeError(`${owner} cannot be the name of an encoder or a model`);
  return { table: Prisma.raw(quoted(table)), owner: Prisma.raw(`${quoted(column)} = '${owner}'::${ownerType}`) };
}

/** The longest vectors that pgvector has an index of: in single precision, and in half. */
const LONGEST = { vector: 2000, halfvec: 4000 } as const;

/** As what vectors of a length are compared. */
export interface ComparedType {
  /** As SQL writes it, such as `vector(512)`. */
  readonly name: string;
  /** Longer ones are compared one by one. */
  readonly hasIndex: boolean;
}

export function comparedType(length: number): ComparedType {
  const half = length > LONGEST.vector && length <= LONGEST.halfvec;
  return { name: `${half ? 'halfvec' : 'vector'}(${length})`, hasIndex: length <= LONGEST.halfvec };
}

/** Makes the index of an owner's vectors where there is none. @param length numbers of each */
export async function createVectorIndex(
  executeSql: ExecuteSql,
  { table, owner: column }: VectorColumns,
  owner: string,
  length: number,
): Promise<void> {
  const { name, hasIndex } = comparedType(length);
  if (hasIndex) await executeSql('SELECT "createVectorIndex"($1, $2, $3, $4)', [table, column, owner, name]);
}

/** Removes the index of an owner that is gone for ever. */
export async function dropVectorIndex(executeSql: ExecuteSql, { table }: VectorColumns, owner: string): Promise<void> {
  const { rows } = await executeSql('SELECT "vectorIndexName"($1, $2) AS name', [table, owner]);
  for (const { name } of rows as { name: string }[]) await executeSql(`DROP INDEX IF EXISTS ${quoted(name)}`, []);
}

/** Makes the indexes of all vectors that are stored: of a collection that was moved as rows. */
export async function createVectorIndexes(executeSql: ExecuteSql): Promise<void> {
  for (const columns of [FEATURE_COLUMNS, EMBEDDING_COLUMNS]) {
    const { rows } = await executeSql(
      `SELECT "${columns.owner}"::text AS owner, max(vector_dims("vector"))::int AS length FROM "${columns.table}" GROUP BY "${columns.owner}"`,
      [],
    );
    for (const { owner, length } of rows as { owner: string; length: number }[])
      await createVectorIndex(executeSql, columns, owner, length);
  }
}

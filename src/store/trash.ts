/**
 * What people deleted, until it is restored or deleted for good: rows that a trigger of the database keeps as they go
 * (`keepDeletedRow`), by cascades too. They are in no other table, so that no search and no training meets them.
 */
import { Prisma } from '../generated/prisma/client.js';
import { found } from '../errors.js';
import type { TrashId } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import type { ExecuteSql } from './database.js';
import { isRecordId } from './pages.js';
import { describeTables, quoted, type Table } from './tables.js';

export type TrashKind = 'images' | 'dataset' | 'library' | 'model';

export interface TrashRecord {
  readonly id: TrashId;
  readonly kind: TrashKind;
  /** What was deleted, in the words of people. */
  readonly name: string;
  readonly deletedAt: Date;
  readonly images: number;
  /** Sentences of people, data sets and models. */
  readonly captions: number;
  /** What it takes of the disk, about. */
  readonly bytes: number;
}

export interface Restored {
  readonly images: number;
  readonly captions: number;
  /** Rows that stay away, as what they belong to is gone, or something else has taken their place. */
  readonly leftOut: number;
}

/** Of a transaction that writes many photos, to a server far away. */
const RESTORE_MILLISECONDS = 600_000;

/** By what a row is the same as one that has come meanwhile, with another id. */
const IDENTITIES: Readonly<Record<string, string>> = { Image: 'sha256', Dataset: 'origin', Library: 'root' };
/** Rows that stayed, without what they were of. */
const MENDED: Readonly<Record<string, string>> = {
  LibraryFile: `("libraryId", "path") DO UPDATE SET "imageId" = EXCLUDED."imageId" WHERE "LibraryFile"."imageId" IS NULL`,
};
/** The column of a table whose bytes are kept as bytes. */
const LARGE: Readonly<Record<string, string>> = { Image: 'bytes', ImagePart: 'bytes', Model: 'checkpoint' };
/** A column that is unique and may be empty: something else may have its value by now. */
const UNIQUE: Readonly<Record<string, string>> = { Image: 'externalId' };
const CAPTION_TABLES: readonly string[] = ['ReferenceCaption', 'GeneratedCaption'];

/** Statement of a transaction, before others: what they delete is kept in this entry; without one it is gone. */
export function keepingIn(prisma: StoreClient, trash: TrashId | undefined): Prisma.PrismaPromise<number> {
  return prisma.$executeRaw`SELECT set_config('ekphrasis.trash', ${trash ?? ''}, true)`;
}

export class TrashRepository {
  constructor(
    private readonly prisma: StoreClient,
    private readonly executeSql: ExecuteSql,
  ) {}

  /** An entry with nothing in it yet. */
  async open(kind: TrashKind, name: string): Promise<TrashId> {
    return (await this.prisma.trashEntry.create({ data: { kind, name }, select: { id: true } })).id as TrashId;
  }

  /** All there are, newest first. */
  list(): Promise<TrashRecord[]> {
    return this.read(Prisma.empty);
  }

  /** @throws NOT_FOUND */
  async find(id: TrashId): Promise<TrashRecord> {
    const [record] = isRecordId(id) ? await this.read(Prisma.sql`WHERE entry."id" = ${id}::uuid`) : [];
    return found(record, `entry ${id} of the trash`);
  }

  private read(where: Prisma.Sql): Promise<TrashRecord[]> {
    return this.prisma.$queryRaw<TrashRecord[]>`
      SELECT entry."id"::text AS id, entry."kind", entry."name", entry."deletedAt",
        count(*) FILTER (WHERE kept."table" = 'Image')::int AS images,
        count(*) FILTER (WHERE kept."table" = ANY (${CAPTION_TABLES}::text[]))::int AS captions,
        coalesce(sum(coalesce(octet_length(kept."bytes"), 0) + pg_column_size(kept."row")), 0)::float8 AS bytes
      FROM "TrashEntry" AS entry LEFT JOIN "TrashRow" AS kept ON kept."entryId" = entry."id"
      ${where} GROUP BY entry."id" ORDER BY entry."id" DESC`;
  }

  /**
   * Puts everything of an entry back. A photo or data set that has come again meanwhile gets what belonged to the one
   * that was deleted.
   *
   * @throws NOT_FOUND
   */
  async restore(id: TrashId): Promise<Restored> {
    const tables = await describeTables(this.executeSql);
    const keys = await this.foreignKeys();
    return this.prisma.$transaction(
      async (transaction) => {
        await lockEntry(transaction, id);
        // Webhooks were told of it when it was new.
        await transaction.$executeRaw`SELECT set_config('ekphrasis.restoring', 'on', true)`;
        for (const [table, column] of Object.entries(IDENTITIES)) await takePlaceOf(transaction, id, table, column);
        const restored = { images: 0, captions: 0, leftOut: await countRows(transaction, id) };
        for (const table of tables) {
          const count = await putBack(transaction, id, table, keys.get(table.name) ?? []);
          if (table.name === 'Image') restored.images += count;
          if (CAPTION_TABLES.includes(table.name)) restored.captions += count;
          restored.leftOut -= count;
        }
        await transaction.trashEntry.delete({ where: { id } });
        return restored;
      },
      { timeout: RESTORE_MILLISECONDS },
    );
  }

  /**
   * Deletes entries for good.
   *
   * @param ids Default: all
   * @returns how many there were
   */
  async empty(ids?: readonly TrashId[]): Promise<number> {
    const { count } = await this.prisma.trashEntry.deleteMany({ where: ids && { id: { in: ids.filter(isRecordId) } } });
    return count;
  }

  /** Deletes for good what was deleted before a moment. */
  async emptyBefore(moment: Date): Promise<number> {
    return (await this.prisma.trashEntry.deleteMany({ where: { deletedAt: { lt: moment } } })).count;
  }

  private async foreignKeys(): Promise<Map<string, ForeignKey[]>> {
    const { rows } = await this.executeSql(
      `SELECT own.relname AS "table", NOT attribute.attnotnull AS "isNullable", attribute.attname AS column, other.relname AS "otherTable", key.attname AS "otherColumn"
       FROM pg_constraint
       JOIN pg_class AS own ON own.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid
       JOIN pg_attribute AS attribute ON attribute.attrelid = conrelid AND attribute.attnum = conkey[1]
       JOIN pg_attribute AS key ON key.attrelid = confrelid AND key.attnum = confkey[1]
       WHERE contype = 'f' AND own.relnamespace = current_schema()::regnamespace`,
      [],
    );
    const keys = new Map<string, ForeignKey[]>();
    for (const key of rows as ForeignKey[]) keys.set(key.table, [...(keys.get(key.table) ?? []), key]);
    return keys;
  }
}

interface ForeignKey {
  readonly table: string;
  readonly isNullable: boolean;
  readonly column: string;
  readonly otherTable: string;
  readonly otherColumn: string;
}

/** Two who restore the same do it once. */
async function lockEntry(transaction: StoreTransaction, id: TrashId): Promise<void> {
  const rows = isRecordId(id)
    ? await transaction.$queryRaw<unknown[]>`SELECT 1 FROM "TrashEntry" WHERE "id" = ${id}::uuid FOR UPDATE`
    : [];
  found(rows[0], `entry ${id} of the trash`);
}

async function countRows(transaction: StoreTransaction, id: TrashId): Promise<number> {
  return transaction.trashRow.count({ where: { entryId: id } });
}

/** Writes into the rows of an entry the ids of what has come meanwhile: ids are unlike anything else that is written. */
async function takePlaceOf(transaction: StoreTransaction, id: TrashId, table: string, column: string): Promise<void> {
  const taken = await transaction.$queryRaw<{ old: string; current: string }[]>(Prisma.sql`
    SELECT kept."row"->>'id' AS old, present."id"::text AS current FROM "TrashRow" AS kept
    JOIN ${Prisma.raw(quoted(table))} AS present ON present.${Prisma.raw(quoted(column))}::text = kept."row"->>${column}
    WHERE kept."entryId" = ${id}::uuid AND kept."table" = ${table} AND present."id"::text <> kept."row"->>'id'`);
  for (const { old, current } of taken) {
    await transaction.$executeRaw`
      UPDATE "TrashRow" SET "row" = replace("row"::text, ${old}, ${current})::jsonb
      WHERE "entryId" = ${id}::uuid AND "row"::text LIKE ${`%${old}%`}`;
  }
}

/** @returns how many rows were put back: those whose parents are there and whose place is free */
async function putBack(
  transaction: StoreTransaction,
  id: TrashId,
  { name, columns }: Table,
  keys: readonly ForeignKey[],
): Promise<number> {
  const large = LARGE[name];
  const names = columns.map((column) => quoted(column.name));
  const parentOf = ({ column, otherTable, otherColumn }: ForeignKey) =>
    `EXISTS (SELECT 1 FROM ${quoted(otherTable)} AS parent WHERE parent.${quoted(otherColumn)} = given.${quoted(column)})`;
  const values = columns.map((column) => {
    if (column.name === large) return 'kept."bytes"';
    if (column.name === UNIQUE[name]) return unlessTaken(name, column.name);
    const key = keys.find((one) => one.isNullable && one.column === column.name);
    const value = `given.${quoted(column.name)}`;
    return key ? `CASE WHEN ${parentOf(key)} THEN ${value} END` : value;
  });
  const parents = keys.filter(({ isNullable }) => !isNullable).map(parentOf);
  return transaction.$executeRawUnsafe(
    `INSERT INTO ${quoted(name)} (${names.join(', ')})
     SELECT ${values.join(', ')} FROM "TrashRow" AS kept, jsonb_populate_record(NULL::${quoted(name)}, kept."row") AS given
     WHERE ${['kept."entryId" = $1::uuid', 'kept."table" = $2', ...parents].join(' AND ')}
     ON CONFLICT ${MENDED[name] ?? 'DO NOTHING'}`,
    id,
    name,
  );
}

/** A value of a row that is put back, or nothing where another row has it. */
function unlessTaken(table: string, column: string): string {
  const value = `given.${quoted(column)}`;
  return `CASE WHEN NOT EXISTS (SELECT 1 FROM ${quoted(table)} AS other WHERE other.${quoted(column)} = ${value}) THEN ${value} END`;
}

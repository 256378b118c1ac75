/** Which record an id is of: ids are unique over all tables (UUID version 7). */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import { isRecordId } from './pages.js';

/** Tables whose records can be asked for by nothing but their ids. */
export const IDENTIFIED_TABLES = [
  'ApiKey',
  'CaptionRating',
  'Dataset',
  'GeneratedCaption',
  'Image',
  'Job',
  'Library',
  'Model',
  'ReferenceCaption',
  'TrainingJob',
  'TrashEntry',
] as const;
export type IdentifiedTable = (typeof IDENTIFIED_TABLES)[number];

/** The tables whose records belong to a photo. */
const OF_IMAGES: readonly IdentifiedTable[] = ['CaptionRating', 'GeneratedCaption', 'ReferenceCaption'];

export interface OwnerOfId {
  readonly table: IdentifiedTable;
  readonly id: string;
  /** The photo that a caption or a rating is of. */
  readonly imageId: ImageId | null;
}

/** By id; those that no record has are missing. */
export async function ownersOfIds(prisma: StoreClient, ids: readonly string[]): Promise<Map<string, OwnerOfId>> {
  const possible = ids.filter(isRecordId);
  if (possible.length === 0) return new Map();
  const selects = IDENTIFIED_TABLES.map((table) => {
    const imageId = Prisma.raw(OF_IMAGES.includes(table) ? '"imageId"::text' : 'NULL');
    return Prisma.sql`SELECT ${table} AS "table", "id"::text AS id, ${imageId} AS "imageId" FROM ${Prisma.raw(`"${table}"`)} WHERE "id" = ANY (${possible}::uuid[])`;
  });
  const rows = await prisma.$queryRaw<OwnerOfId[]>(Prisma.join(selects, ' UNION ALL '));
  const found = new Map(rows.map((row) => [row.id, row]));
  // Whoever writes an id in capitals means the same one.
  return new Map(
    possible.flatMap((id) => {
      const owner = found.get(id.toLowerCase());
      return owner ? [[id, owner]] : [];
    }),
  );
}

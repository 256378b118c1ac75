/**
 * The bytes of photos in pieces: the first megabyte in the photo's row, what follows in rows of their own. So that
 * neither a statement nor the memory of the embedded database, which is never given back, grows with a photo.
 */
import type { ImageId } from '../ids.js';
import { fromBase64, toBase64 } from '../files/base64.js';
import type { StoreClient, StoreTransaction } from './client.js';

export const HEAD_BYTES = 2 ** 20;
/** As text below the size from which V8 keeps what it will soon throw away among what stays. */
const PART_BYTES = 2 ** 16;
/** Parts that are read at once. */
const PARTS = 16;

export interface PhotoBytes {
  readonly id: ImageId;
  readonly bytes: Uint8Array;
}

/** Writes the bytes of photos that have none; those of two who do so at once are the same. */
export async function writePhotoBytes(transaction: StoreTransaction, photos: readonly PhotoBytes[]): Promise<void> {
  for (const heads of statements(photos)) {
    await transaction.$executeRaw`
      UPDATE "Image" SET "bytes" = decode(given.base64, 'base64')
      FROM unnest(${heads.map(({ id }) => id)}::uuid[], ${heads.map(({ base64 }) => base64)}::text[]) AS given (id, base64)
      WHERE "Image"."id" = given.id`;
  }
  for (const { id, bytes } of photos) {
    for (let start = HEAD_BYTES; start < bytes.length; start += PART_BYTES) {
      const base64 = toBase64(bytes.subarray(start, start + PART_BYTES));
      await transaction.$executeRaw`
        INSERT INTO "ImagePart" ("imageId", "start", "bytes")
        VALUES (${id}::uuid, ${start}::int, decode(${base64}, 'base64')) ON CONFLICT DO NOTHING`;
    }
  }
}

/** A photo's bytes, piece by piece; nothing when there is none, or the database has none of it. */
export async function* readPhotoBytes(prisma: StoreClient, id: ImageId): AsyncGenerator<Uint8Array> {
  let start = 0;
  // Once, but for long photos that an earlier version stored whole in their rows.
  for (let isWhole = false; !isWhole;) {
    const [row] = await prisma.$queryRaw<{ base64: string; isWhole: boolean }[]>`
      SELECT encode(substring("bytes" FROM ${start + 1}::int FOR ${HEAD_BYTES}::int), 'base64') AS base64,
        octet_length("bytes") <= ${start + HEAD_BYTES}::int AS "isWhole"
      FROM "Image" WHERE "id" = ${id}::uuid`;
    if (!row) return;
    const piece = fromBase64(row.base64);
    if (piece.length > 0) yield piece;
    start += piece.length;
    ({ isWhole } = row);
  }
  for (let read = start % HEAD_BYTES === 0 ? PARTS : 0; read === PARTS;) {
    const rows = await prisma.$queryRaw<{ base64: string }[]>`
      SELECT encode("bytes", 'base64') AS base64 FROM "ImagePart"
      WHERE "imageId" = ${id}::uuid AND "start" >= ${start}::int ORDER BY "start" LIMIT ${PARTS}::int`;
    for (const { base64 } of rows) {
      const piece = fromBase64(base64);
      yield piece;
      start += piece.length;
    }
    read = rows.length;
  }
}

/** The first pieces of photos, as many together as are about as long as the longest one may be. */
function* statements(photos: readonly PhotoBytes[]): Generator<{ readonly id: ImageId; readonly base64: string }[]> {
  let heads: { id: ImageId; base64: string }[] = [];
  let length = 0;
  for (const { id, bytes } of photos) {
    const head = bytes.subarray(0, HEAD_BYTES);
    if (length > 0 && length + head.length > HEAD_BYTES) {
      yield heads;
      [heads, length] = [[], 0];
    }
    heads.push({ id, base64: toBase64(head) });
    length += head.length;
  }
  if (heads.length > 0) yield heads;
}

/** Photos of libraries whose files were changed in place and show the same picture still: they stay what they are. */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, LibraryId, Sha256 } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { writePhotoBytes } from './photo-bytes.js';

/** A file of a library. */
export interface FilePlace {
  readonly libraryId: LibraryId;
  readonly path: string;
  /** Where it lies: the library's root and its path. */
  readonly absolute: string;
  /** Other files of the library that are not what they were: what was in them is not there any more. */
  readonly changed: readonly string[];
}

/** What a file has become that shows the picture of its photo still. */
export interface EditedPhoto {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** Its pixels are the same: only what it says of itself is new. */
  readonly looksSame: boolean;
}

/** Of a transaction that writes a photo of many megabytes, to a server far away. */
const WRITE_MILLISECONDS = 120_000;

export class EditedPhotoRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Whether the bytes of a photo are in this one place, and in others at most that are named or missing. */
  async isOnlyPlace(place: FilePlace, imageId: ImageId): Promise<boolean> {
    const rows = await this.prisma.$queryRaw<unknown[]>`
      SELECT 1 FROM "Image" AS image WHERE image."id" = ${imageId}::uuid AND ${liesNowhereElse(place)}`;
    return rows.length > 0;
  }

  /**
   * Gives a photo that lies in this one file, and nowhere else, the file's new bytes: those of the same picture. People's
   * words stay. What was computed of another look of it goes: features, embeddings and what models wrote, which the
   * photo is owed from then on.
   *
   * @returns false where it lies elsewhere too, or the new bytes are a photo already
   */
  async rewrite(
    place: FilePlace,
    imageId: ImageId,
    { sha256, bytes, mediaType, width, height, looksSame }: EditedPhoto,
  ): Promise<boolean> {
    return this.prisma.$transaction(
      async (transaction) => {
        const rows = await transaction.$queryRaw<{ isStored: boolean }[]>`
          UPDATE "Image" AS image SET "originalSha256" = coalesce("originalSha256", "sha256"), "sha256" = ${sha256},
            "byteSize" = ${bytes.length}::int, "mediaType" = ${mediaType}, "width" = ${width}::int, "height" = ${height}::int
          WHERE image."id" = ${imageId}::uuid AND ${liesNowhereElse(place)}
            AND NOT EXISTS (SELECT 1 FROM "Image" AS same WHERE same."sha256" = ${sha256})
          RETURNING octet_length(image."bytes") > 0 AS "isStored"`;
        const [row] = rows;
        if (!row) return false;
        if (row.isStored) {
          await transaction.imagePart.deleteMany({ where: { imageId } });
          await writePhotoBytes(transaction, [{ id: imageId, bytes }]);
        }
        // Files of it that come back one day have the bytes it had before: they are read again then.
        await transaction.libraryFile.updateMany({
          where: { imageId, missingSince: { not: null } },
          data: { modified: null },
        });
        if (!looksSame) await forgetLook(transaction, imageId);
        return true;
      },
      { timeout: WRITE_MILLISECONDS },
    );
  }
}

/**
 * Of a row of `image` whose bytes nobody else has: no other file that is there, no upload, and no data set but one whose
 * photo is this very file.
 */
function liesNowhereElse({ libraryId, path, absolute, changed }: FilePlace): Prisma.Sql {
  return Prisma.sql`NOT EXISTS (
      SELECT 1 FROM "LibraryFile" AS other WHERE other."imageId" = image."id" AND other."missingSince" IS NULL
        AND NOT (other."libraryId" = ${libraryId}::uuid AND other."path" = ANY (${[path, ...changed]}::text[])))
    AND (octet_length(image."bytes") = 0 OR (NOT image."uploaded" AND NOT EXISTS (
      SELECT 1 FROM "DatasetImage" AS member JOIN "Dataset" AS dataset ON dataset."id" = member."datasetId"
      WHERE member."imageId" = image."id" AND dataset."origin" || '/' || member."path" <> ${absolute})))`;
}

async function forgetLook(transaction: StoreTransaction, imageId: ImageId): Promise<void> {
  const where = { imageId };
  await transaction.imageFeature.deleteMany({ where });
  await transaction.imageEmbedding.deleteMany({ where });
  const { count } = await transaction.generatedCaption.deleteMany({ where });
  if (count === 0) return;
  await transaction.owedCaption.upsert({ where, create: where, update: { since: new Date(), jobId: null } });
}

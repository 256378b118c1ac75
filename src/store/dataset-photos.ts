/** The photos of data sets: where each lies in it, its split, and what the data set says of it. */
import { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, ImageId, LibraryId, Sha256, TrashId } from '../ids.js';
import { searchText } from './caption-words.js';
import { groupByImage } from './group-by-image.js';
import type { StoreClient } from './client.js';
import { isRecordId } from './pages.js';
import type { Split } from '../splits.js';
import { OF_PEOPLE } from './split-rules.js';
import { keepingIn } from './trash.js';

export interface DatasetPhoto {
  readonly imageId: ImageId;
  /** Below the data set's folder. */
  readonly path: string;
  readonly split: Split | null;
  /** The data set's own. */
  readonly captions: readonly string[];
}

/** Photos read at once. */
const PAGE = 200;

/** Where a photo lies in a data set. */
export interface DatasetPlace {
  readonly imageId: ImageId;
  readonly datasetId: DatasetId;
  /** Of the data set: the real path of its folder, or `scenes`. */
  readonly origin: string;
  /** Of the data set's captions, a BCP 47 tag. */
  readonly language: string;
  readonly path: string;
  readonly split: Split | null;
}

/** Photos of a library. */
export interface LibraryOrphans {
  /** Those that nobody else has. */
  readonly orphans: number;
  /** Those that people uploaded. */
  readonly uploaded: number;
  /** Those of the others that are in a data set or another library. */
  readonly elsewhere: number;
}

export class DatasetPhotoRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Has photos belong to a data set as given, with these captions of it and no others: all of it or nothing.
   *
   * @param photos each once
   */
  async put(datasetId: DatasetId, photos: readonly DatasetPhoto[]): Promise<void> {
    const imageIds = photos.map(({ imageId }) => imageId);
    const paths = photos.map(({ path }) => path);
    const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
    const source = datasetId;
    const { language } = await this.prisma.dataset.findUniqueOrThrow({
      where: { id: datasetId },
      select: { language: true },
    });
    await this.prisma.$transaction([
      this.prisma.$executeRaw`
        INSERT INTO "DatasetImage" ("datasetId", "imageId", "path", "split")
        SELECT ${datasetId}::uuid, image::uuid, path, split::"Split"
        FROM unnest(${imageIds}::text[], ${paths}::text[], ${photos.map(({ split }) => split)}::text[]) AS given (image, path, split) ORDER BY image
        ON CONFLICT ("datasetId", "imageId") DO UPDATE SET "path" = excluded."path", "split" = excluded."split"`,
      // A photo of several data sets keeps the name it has.
      this.prisma.$executeRaw`
        UPDATE "Image" SET "name" = given.name
        FROM unnest(${imageIds}::text[], ${names}::text[]) AS given (image, name)
        WHERE "id" = given.image::uuid AND "Image"."name" <> given.name
          AND NOT EXISTS (SELECT 1 FROM "DatasetImage" AS other WHERE other."imageId" = "Image"."id" AND other."datasetId" <> ${datasetId}::uuid)`,
      this.prisma.referenceCaption.deleteMany({ where: { imageId: { in: imageIds }, source } }),
      this.prisma.referenceCaption.createMany({
        data: photos.flatMap(({ imageId, captions }) =>
          captions.map((text, position) => ({
            imageId,
            text,
            position,
            source,
            language,
            searchText: searchText(text),
          })),
        ),
        skipDuplicates: true,
      }),
    ]);
  }

  /** Which of these photos belong to the data set. */
  async having(datasetId: DatasetId, imageIds: readonly ImageId[]): Promise<Set<ImageId>> {
    const rows = await this.prisma.datasetImage.findMany({
      where: { datasetId, imageId: { in: [...imageIds] } },
      select: { imageId: true },
    });
    return new Set(rows.map(({ imageId }) => imageId as ImageId));
  }

  /** Where photos lie: of each of their data sets, the oldest first, its origin and the photo's path in it. */
  async placesOf(imageIds: readonly ImageId[]): Promise<Map<ImageId, DatasetPlace[]>> {
    const rows = await this.prisma.datasetImage.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) } },
      select: {
        imageId: true,
        datasetId: true,
        path: true,
        split: true,
        dataset: { select: { origin: true, language: true } },
      },
      orderBy: { datasetId: 'asc' },
    });
    return groupByImage(
      rows.map(({ imageId, datasetId, path, split, dataset }) => ({
        imageId: imageId as ImageId,
        datasetId: datasetId as DatasetId,
        path,
        split,
        ...dataset,
      })),
    );
  }

  /** All photos of a data set, some hundred at a time, in the order of their ids. */
  async *pages(datasetId: DatasetId): AsyncGenerator<DatasetPhoto[]> {
    let after: string | undefined;
    for (;;) {
      const rows = await this.prisma.datasetImage.findMany({
        where: { datasetId, imageId: { gt: after } },
        select: {
          imageId: true,
          path: true,
          split: true,
          image: {
            select: {
              referenceCaptions: { where: { source: datasetId }, select: { text: true }, orderBy: { position: 'asc' } },
            },
          },
        },
        orderBy: { imageId: 'asc' },
        take: PAGE,
      });
      if (rows.length > 0) {
        yield rows.map(({ imageId, image, ...row }) => ({
          ...row,
          imageId: imageId as ImageId,
          captions: image.referenceCaptions.map(({ text }) => text),
        }));
      }
      after = rows.at(-1)?.imageId;
      if (rows.length < PAGE) return;
    }
  }

  /** Has photos belong to the data set no longer; what it says of them goes. */
  async remove(datasetId: DatasetId, imageIds: readonly ImageId[], trash?: TrashId): Promise<void> {
    const where = { imageId: { in: [...imageIds] } };
    await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.referenceCaption.deleteMany({ where: { ...where, source: datasetId } }),
      this.prisma.datasetImage.deleteMany({ where: { ...where, datasetId } }),
    ]);
  }

  /**
   * Removes those of the photos that nobody has any more: in no data set and no library, not uploaded, without an external id,
   * with no caption of people.
   *
   * @returns the hashes of those that are gone
   */
  async deleteOrphans(imageIds: readonly ImageId[], trash?: TrashId): Promise<Sha256[]> {
    const [, rows] = await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.$queryRaw<{ sha256: Sha256 }[]>`
      DELETE FROM "Image" AS image WHERE image."id" = ANY (${[...imageIds]}::uuid[]) AND ${ofNobodyElse(Prisma.empty, Prisma.empty)} RETURNING image."sha256"`,
    ]);
    return rows.map(({ sha256 }) => sha256);
  }

  /** How many photos would go with a data set. */
  async countOrphans(datasetId: DatasetId): Promise<number> {
    const rows = await this.prisma.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM "DatasetImage" AS own JOIN "Image" AS image ON image."id" = own."imageId"
      WHERE own."datasetId" = ${datasetId}::uuid AND ${ofNobodyElse(Prisma.sql`AND member."datasetId" <> ${datasetId}::uuid`, Prisma.empty)}`;
    return rows[0]?.count ?? 0;
  }

  /** How many photos would go with a library, and how many would stay, by what keeps them. */
  async countOrphansOfLibrary(libraryId: LibraryId): Promise<LibraryOrphans> {
    const [row] = await this.prisma.$queryRaw<LibraryOrphans[]>`
      SELECT count(*) FILTER (WHERE ${ofNobodyElse(Prisma.empty, Prisma.sql`AND file."libraryId" <> ${libraryId}::uuid`)})::int AS orphans,
        count(*) FILTER (WHERE image."uploaded")::int AS uploaded,
        count(*) FILTER (WHERE NOT image."uploaded" AND ${isElsewhere(Prisma.empty, Prisma.sql`AND file."libraryId" <> ${libraryId}::uuid`)})::int AS elsewhere
      FROM "Image" AS image
      WHERE image."id" IN (SELECT own."imageId" FROM "LibraryFile" AS own WHERE own."libraryId" = ${libraryId}::uuid)`;
    return row ?? { orphans: 0, uploaded: 0, elsewhere: 0 };
  }
}

/** What makes a row of `image` one that may go. */
function ofNobodyElse(member: Prisma.Sql, file: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`NOT image."uploaded" AND image."externalId" IS NULL AND NOT ${isElsewhere(member, file)}
    AND NOT EXISTS (SELECT 1 FROM "ReferenceCaption" AS caption WHERE caption."imageId" = image."id" AND caption."source" IN (${Prisma.join(OF_PEOPLE.source.in)}))`;
}

/** Whether a row of `image` is in another data set or library. */
function isElsewhere(member: Prisma.Sql, file: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(EXISTS (SELECT 1 FROM "DatasetImage" AS member WHERE member."imageId" = image."id" ${member})
    OR EXISTS (SELECT 1 FROM "LibraryFile" AS file WHERE file."imageId" = image."id" ${file}))`;
}

/** The files of libraries: where each lies, how it was when it was last looked at, and which photo it is. */
import { Prisma } from '../generated/prisma/client.js';
import { fromBase64, toBase64 } from '../files/base64.js';
import type { ImageId, LibraryId, TrashId } from '../ids.js';
import { groupByImage } from './group-by-image.js';
import type { StoreClient } from './client.js';
import { hasNoBytes } from './image-filter.js';
import { isRecordId } from './pages.js';
import { keepingIn } from './trash.js';

/** A file as it was when it was last looked at. */
export interface KnownFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970; null where a scan ended before all was known of its photo. */
  readonly modified: number | null;
  /** Names, sizes and times of the .xmp files beside it. */
  readonly sidecars: string;
  /** Null where it was never read, and where its photo was deleted. */
  readonly imageId: ImageId | null;
  readonly pixels: string | null;
  readonly isMissing: boolean;
  /** Why it cannot be read, a sentence. */
  readonly problem: string | null;
}

export interface PlacedFile extends Omit<KnownFile, 'isMissing'> {
  /** What the file system calls it below the root, where that is not `path` in UTF-8. */
  readonly location: Uint8Array | undefined;
}

/** Where a photo lies. */
export interface PhotoFile {
  readonly libraryId: LibraryId;
  readonly path: string;
  readonly missingSince: Date | null;
  /** Why it cannot be read, a sentence. */
  readonly problem: string | null;
}

/** A folder of a library, with the folders in it or without. */
export interface KnownPlace {
  /** Below the root; empty for the root itself. */
  readonly folder: string;
  readonly deep: boolean;
}

/** Files of a statement. */
const PAGE = 5000;
export class LibraryFileRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * All that is known of a library's files, some thousand at a time, in the order of their paths.
   *
   * @param places only of files there. Default: of all
   */
  async *known(libraryId: LibraryId, places?: readonly KnownPlace[]): AsyncGenerator<KnownFile[]> {
    const there = places ? Prisma.sql`AND (${Prisma.join(places.map(isIn), ' OR ')})` : Prisma.empty;
    for (let after = ''; ;) {
      const [row] = await this.prisma.$queryRaw<{ files: KnownFileRow[] | null }[]>`
        SELECT json_agg(json_build_array("path", "size", "modified", "sidecars", "imageId", "pixels", "missingSince" IS NOT NULL, "problem")) AS files
        FROM (SELECT * FROM "LibraryFile" WHERE "libraryId" = ${libraryId}::uuid AND "path" > ${after} ${there} ORDER BY "path" LIMIT ${PAGE}) AS page`;
      const files = (row?.files ?? []).map(toKnownFile);
      if (files.length > 0) yield files;
      after = files.at(-1)?.path ?? '';
      if (files.length < PAGE) return;
    }
  }

  async find(libraryId: LibraryId, path: string): Promise<KnownFile | undefined> {
    const row = await this.prisma.libraryFile.findUnique({ where: { libraryId_path: { libraryId, path } } });
    if (!row) return undefined;
    const { size, modified, imageId, missingSince } = row;
    return {
      ...row,
      size: Number(size),
      modified: modified === null ? null : Number(modified),
      imageId: imageId as ImageId | null,
      isMissing: missingSince !== null,
    };
  }

  /**
   * Notes files as they are now; none of them is missing any more. A photo that nothing but libraries has bears the name
   * of its file.
   *
   * @param files each path once
   */
  async put(libraryId: LibraryId, files: readonly PlacedFile[]): Promise<void> {
    if (files.length === 0) return;
    const paths = files.map(({ path }) => path);
    const imageIds = files.map(({ imageId }) => imageId);
    const names = paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
    await this.prisma.$transaction([
      this.prisma.$executeRaw`
        INSERT INTO "LibraryFile" ("libraryId", "path", "location", "size", "modified", "sidecars", "imageId", "pixels", "problem")
        SELECT ${libraryId}::uuid, path, decode(location, 'base64'), size, modified, sidecars, image::uuid, pixels, problem
        FROM unnest(
          ${paths}::text[],
          ${files.map(({ location }) => (location ? toBase64(location) : null))}::text[],
          ${files.map(({ size }) => size)}::bigint[],
          ${files.map(({ modified }) => modified)}::bigint[],
          ${files.map(({ sidecars }) => sidecars)}::text[],
          ${imageIds}::text[],
          ${files.map(({ pixels }) => pixels)}::text[],
          ${files.map(({ problem }) => problem)}::text[]
        ) AS given (path, location, size, modified, sidecars, image, pixels, problem) ORDER BY path
        ON CONFLICT ("libraryId", "path") DO UPDATE SET "location" = excluded."location", "size" = excluded."size",
          "modified" = excluded."modified", "sidecars" = excluded."sidecars", "imageId" = excluded."imageId",
          "pixels" = excluded."pixels", "problem" = excluded."problem", "missingSince" = NULL`,
      this.prisma.$executeRaw`
        UPDATE "Image" SET "name" = given.name
        FROM unnest(${imageIds}::text[], ${names}::text[]) AS given (image, name)
        WHERE "id" = given.image::uuid AND "Image"."name" <> given.name AND NOT "Image"."uploaded"
          AND NOT EXISTS (SELECT 1 FROM "DatasetImage" AS member WHERE member."imageId" = "Image"."id")`,
    ]);
  }

  /** Notes that files which are as they were when they were last seen are there again. */
  async found(libraryId: LibraryId, paths: readonly string[]): Promise<void> {
    for (const page of pagesOf(paths))
      await this.prisma.libraryFile.updateMany({
        where: { libraryId, path: { in: page } },
        data: { missingSince: null },
      });
  }

  /**
   * Notes files that are not where they were. One whose photo lies elsewhere in the library was moved, and is forgotten;
   * so is one that is no photo.
   *
   * @returns how many are missing from now on, and how many were moved
   */
  async lost(libraryId: LibraryId, paths: readonly string[]): Promise<{ missing: number; moved: number }> {
    let [missing, moved] = [0, 0];
    for (const page of pagesOf(paths)) {
      const of = Prisma.sql`file."libraryId" = ${libraryId}::uuid AND file."path" = ANY (${page}::text[])`;
      const [forgotten, marked] = await this.prisma.$transaction([
        this.prisma.$queryRaw<{ moved: boolean }[]>`
          DELETE FROM "LibraryFile" AS file WHERE ${of} AND (file."imageId" IS NULL OR EXISTS (
            SELECT 1 FROM "LibraryFile" AS other WHERE other."libraryId" = file."libraryId" AND other."imageId" = file."imageId"
              AND other."missingSince" IS NULL AND NOT (other."path" = ANY (${page}::text[]))))
          RETURNING file."imageId" IS NOT NULL AS moved`,
        this.prisma.$executeRaw`
          UPDATE "LibraryFile" AS file SET "missingSince" = now() WHERE ${of} AND file."missingSince" IS NULL`,
      ]);
      moved += forgotten.filter((row) => row.moved).length;
      missing += marked;
    }
    return { missing, moved };
  }

  /** Where photos lie, in the order of their paths. */
  async ofImages(imageIds: readonly ImageId[]): Promise<Map<ImageId, PhotoFile[]>> {
    const rows = await this.prisma.libraryFile.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) } },
      select: { imageId: true, libraryId: true, path: true, missingSince: true, problem: true },
      orderBy: [{ libraryId: 'asc' }, { path: 'asc' }],
    });
    const files = new Map<ImageId, PhotoFile[]>();
    for (const { imageId, ...row } of rows) {
      const file = { ...row, libraryId: row.libraryId as LibraryId };
      files.set(imageId as ImageId, [...(files.get(imageId as ImageId) ?? []), file]);
    }
    return files;
  }

  /** Those of the photos whose bytes are nowhere at the moment. */
  async missingAmong(imageIds: readonly ImageId[]): Promise<Set<ImageId>> {
    const rows = await this.prisma.$queryRaw<{ id: ImageId }[]>`
      SELECT image."id"::text FROM "Image" AS image WHERE image."id" = ANY (${imageIds.filter(isRecordId)}::uuid[]) AND ${hasNoBytes()}`;
    return new Set(rows.map(({ id }) => id));
  }

  /** Forgets files that are missing, whose photos lie elsewhere in the library. @returns how many were moved so */
  async forgetMoved(libraryId: LibraryId, imageIds: readonly ImageId[]): Promise<number> {
    return this.prisma.$executeRaw`
      DELETE FROM "LibraryFile" AS file
      WHERE file."libraryId" = ${libraryId}::uuid AND file."imageId" = ANY (${[...imageIds]}::uuid[])
        AND file."missingSince" IS NOT NULL AND EXISTS (
          SELECT 1 FROM "LibraryFile" AS other WHERE other."libraryId" = file."libraryId"
            AND other."imageId" = file."imageId" AND other."missingSince" IS NULL)`;
  }

  /** The photos of a library, some thousand at a time, in the order of their ids. */
  async *photos(libraryId: LibraryId): AsyncGenerator<ImageId[]> {
    for (let after: ImageId | undefined; ;) {
      const behind = after === undefined ? Prisma.empty : Prisma.sql`AND "imageId" > ${after}::uuid`;
      const rows = await this.prisma.$queryRaw<{ id: ImageId }[]>`
        SELECT DISTINCT "imageId"::text AS id FROM "LibraryFile"
        WHERE "libraryId" = ${libraryId}::uuid AND "imageId" IS NOT NULL ${behind} ORDER BY 1 LIMIT ${PAGE}`;
      if (rows.length > 0) yield rows.map(({ id }) => id);
      after = rows.at(-1)?.id;
      if (rows.length < PAGE) return;
    }
  }

  /** Has photos lie in the library no longer. */
  async remove(libraryId: LibraryId, imageIds: readonly ImageId[], trash?: TrashId): Promise<void> {
    await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.libraryFile.deleteMany({ where: { libraryId, imageId: { in: [...imageIds] } } }),
    ]);
  }

  /** Where photos lie below the roots of libraries, as far as their paths are text; files that are missing come last. */
  async placesOf(
    imageIds: readonly ImageId[],
  ): Promise<Map<ImageId, { readonly root: string; readonly path: string }[]>> {
    const rows = await this.prisma.libraryFile.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) }, location: null },
      select: { imageId: true, path: true, missingSince: true, library: { select: { root: true } } },
      orderBy: [{ libraryId: 'asc' }, { path: 'asc' }],
    });
    const places = rows.map(({ imageId, path, missingSince, library: { root } }) => {
      return { imageId: imageId as ImageId, root, path, isMissing: missingSince !== null };
    });
    return groupByImage(places.toSorted((one, other) => Number(one.isMissing) - Number(other.isMissing)));
  }
}

function isIn({ folder, deep }: KnownPlace): Prisma.Sql {
  const beginning = folder === '' ? '' : `${folder}/`;
  const below = beginning === '' ? Prisma.sql`TRUE` : Prisma.sql`"path" ^@ ${beginning}`;
  return deep
    ? Prisma.sql`(${below})`
    : Prisma.sql`(${below} AND strpos(substr("path", length(${beginning}) + 1), '/') = 0)`;
}

/** As json_build_array of `known` has it. */
type KnownFileRow = [string, number, number | null, string, string | null, string | null, boolean, string | null];

function toKnownFile(row: KnownFileRow): KnownFile {
  const [path, size, modified, sidecars, imageId, pixels, isMissing, problem] = row;
  return { path, size, modified, sidecars, imageId: imageId as ImageId | null, pixels, isMissing, problem };
}

function* pagesOf<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += PAGE) yield items.slice(start, start + PAGE);
}

/** Where the bytes of a photo may lie, those first that were there at the last scan. */
export async function findPhotoFiles(
  prisma: StoreClient,
  id: ImageId,
): Promise<{ root: string; within: string | null; location: Buffer; modified: number | null }[]> {
  const rows = await prisma.$queryRaw<
    { root: string; within: string | null; path: string; location: string | null; modified: number | null }[]
  >`
    SELECT library."root", library."within", file."path", encode(file."location", 'base64') AS location, CASE WHEN file."problem" IS NULL THEN file."modified"::float8 END AS modified
    FROM "LibraryFile" AS file JOIN "Library" AS library ON library."id" = file."libraryId"
    WHERE file."imageId" = ${id}::uuid ORDER BY file."missingSince" IS NOT NULL, file."libraryId", file."path"`;
  return rows.map(({ path, location, ...row }) => ({
    ...row,
    location: Buffer.concat([
      Buffer.from(row.root.endsWith('/') ? row.root : `${row.root}/`),
      location === null ? Buffer.from(path) : fromBase64(location),
    ]),
  }));
}

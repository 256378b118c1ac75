/** Photos: what is known of them, and their bytes. */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, Sha256, TrashId } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { type Count, countRows } from './counts.js';
import { andImage, fromImages, type ImageFilter, imageWhere } from './image-filter.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';
import { readLibraryPhoto } from './library-photos.js';
import { type PhotoBytes, readPhotoBytes, writePhotoBytes } from './photo-bytes.js';
import type { Split } from '../splits.js';
import { keepingIn } from './trash.js';

export interface ImageRecord {
  readonly id: ImageId;
  readonly sha256: Sha256;
  /** Such as `image/jpeg`. */
  readonly mediaType: string;
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
  /** The file's name. */
  readonly name: string;
  /** The most held-out one of its data sets, so that nothing leaks into training; null where none of them says. */
  readonly split: Split | null;
  /** A person uploaded it: it stays when its data sets go. */
  readonly uploaded: boolean;
  readonly createdAt: Date;
  /** What another program calls it; unique. */
  readonly externalId: string | null;
}

export interface NewImage {
  readonly sha256: Sha256;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  /** The photo as it came. */
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Default: false. */
  readonly uploaded?: boolean;
  /** It was sent to be captioned: noted with it, unless it has a caption already. Default: false. */
  readonly owesCaption?: boolean;
  /** Its bytes stay in a file of a library: none are stored. Default: false. */
  readonly inFile?: boolean;
}

/** What lists are sorted by beside the order of adding: columns of FileMetadata. */
export type FileOrder = 'takenAt' | 'rating';

/** Of a transaction that writes photos of many megabytes, to a server far away. */
const ADD_MILLISECONDS = 120_000;

export class ImageRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Stores photos. One whose bytes are there already is left as it was, except that it is noted where a person uploads
   * it, and that one of which a library has the file only gets its bytes; the unique constraint decides, so two that
   * come at once are one.
   *
   * @returns for each given photo its id, and whether it is new; of equal ones among them the first is
   */
  async add(images: readonly NewImage[]): Promise<{ id: ImageId; isNew: boolean }[]> {
    const owing = images.flatMap(({ sha256, owesCaption = false }) => (owesCaption ? [sha256] : []));
    const created = await this.prisma.$transaction(
      async (transaction) => {
        const rows = await transaction.image.createManyAndReturn({
          data: images.map(({ sha256, mediaType, width, height, name, uploaded, bytes }) => ({
            ...{ sha256, mediaType, width, height, name, uploaded },
            bytes: new Uint8Array(),
            byteSize: bytes.length,
          })),
          skipDuplicates: true,
          select: { id: true, sha256: true },
        });
        const ids = new Map(rows.map(({ id, sha256 }) => [sha256, id as ImageId]));
        const stored = images.filter(({ inFile = false }) => !inFile);
        const added = new Map(stored.toReversed().map(({ sha256, bytes }) => [ids.get(sha256), bytes]));
        await writePhotoBytes(
          transaction,
          [...added].flatMap(([id, bytes]) => (id === undefined ? [] : [{ id, bytes }])),
        );
        if (owing.length > 0) await noteOwed(transaction, owing);
        return ids;
      },
      { timeout: ADD_MILLISECONDS },
    );
    const known = await this.findKnown(images.filter(({ sha256 }) => !created.has(sha256)));
    await this.keepBytes(
      images.flatMap(({ sha256, bytes, inFile = false }) => {
        const id = known.get(sha256);
        return id === undefined || inFile ? [] : [{ id, bytes }];
      }),
    );
    return images.map(({ sha256 }) => {
      const id = created.get(sha256) ?? known.get(sha256);
      if (id === undefined) throw new Error(`the image ${sha256} was deleted while it was stored`);
      known.set(sha256, id);
      return { id, isNew: created.delete(sha256) };
    });
  }

  /** Stores the bytes of photos that have none here: their files are in libraries, from which they may go. */
  async keepBytes(photos: readonly PhotoBytes[]): Promise<void> {
    if (photos.length === 0) return;
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT "id"::text AS id FROM "Image" WHERE "id" = ANY (${photos.map(({ id }) => id)}::uuid[]) AND octet_length("bytes") = 0`;
    const lacking = new Set(rows.map(({ id }) => id));
    const kept = [...new Map(photos.map((photo) => [photo.id, photo])).values()].filter(({ id }) => lacking.has(id));
    if (kept.length === 0) return;
    await this.prisma.$transaction((transaction) => writePhotoBytes(transaction, kept), { timeout: ADD_MILLISECONDS });
  }

  async find(id: ImageId): Promise<ImageRecord | undefined> {
    return (await this.findMany([id]))[0];
  }

  /** Those of the ids that there are, in the order of the ids. */
  async findMany(ids: readonly ImageId[]): Promise<ImageRecord[]> {
    const rows = await this.prisma.image.findMany({ where: { id: { in: ids.filter(isRecordId) } } });
    const byId = new Map(rows.map((row) => [row.id, toImageRecord(row)]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Which of these photos are there. */
  async findBySha256(sha256s: readonly Sha256[]): Promise<Map<Sha256, ImageRecord>> {
    const rows = await this.prisma.image.findMany({ where: { sha256: { in: [...sha256s] } } });
    return new Map(rows.map((row) => [row.sha256 as Sha256, toImageRecord(row)]));
  }

  /** Which photos these files are: a photo into which its caption was written is the same photo. */
  async findByFile(sha256s: readonly Sha256[]): Promise<Map<Sha256, ImageRecord>> {
    const [known, written] = await Promise.all([
      this.findBySha256(sha256s),
      this.prisma.writtenFile.findMany({
        where: { sha256: { in: [...sha256s] }, embedded: true },
        include: { image: true },
      }),
    ]);
    return new Map([
      ...written.map(({ sha256, image }) => [sha256 as Sha256, toImageRecord(image)] as const),
      ...known,
    ]);
  }

  /** Photos of a split by their names; of several of one name the newest. */
  async findByName(names: readonly string[], split: Split): Promise<Map<string, ImageRecord>> {
    const rows = await this.prisma.image.findMany({
      where: { split, name: { in: [...names] } },
      orderBy: { id: 'asc' },
    });
    return new Map(rows.map((row) => [row.name, toImageRecord(row)]));
  }

  /**
   * The photo's file, piece by piece, from the database or where it lies in a library; nothing when there is no such
   * photo.
   *
   * @throws PHOTO_MISSING when none of its files is there
   */
  async *read(id: ImageId): AsyncGenerator<Uint8Array> {
    if (!isRecordId(id)) return;
    let isStored = false;
    for await (const piece of readPhotoBytes(this.prisma, id)) {
      isStored = true;
      yield piece;
    }
    if (!isStored) yield* readLibraryPhoto(this.prisma, id);
  }

  /** The photo's file; undefined when there is no such photo. @throws PHOTO_MISSING as `read` */
  async readBytes(id: ImageId): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.read(id)) pieces.push(piece);
    return pieces.length > 1 ? Buffer.concat(pieces) : pieces[0];
  }

  async list(request: PageRequest<ImageId>, filter: ImageFilter = {}): Promise<Page<ImageRecord>> {
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.image.findMany({ where: { AND: [imageWhere(filter), { id: where }] }, ...rest });
    return toPage(rows.map(toImageRecord), request);
  }

  /**
   * Photos by what their files say, the newest or best first; behind them those whose files do not say. Of equal ones
   * the last added is first.
   *
   */
  async listByFile(
    key: FileOrder,
    request: PageRequest<ImageId>,
    filter: ImageFilter = {},
  ): Promise<Page<ImageRecord>> {
    const { limit, after, before, backwards = false } = request;
    const column = Prisma.raw(`"${key}"`);
    const saidOf = (id: ImageId) => Prisma.sql`(SELECT ${column} FROM "FileMetadata" WHERE "imageId" = ${id}::uuid)`;
    const behind =
      after === undefined
        ? Prisma.sql`TRUE`
        : Prisma.sql`CASE WHEN ${saidOf(after)} IS NULL THEN said.${column} IS NULL AND photo."id" < ${after}::uuid
            ELSE said.${column} IS NULL OR (said.${column}, photo."id") < (${saidOf(after)}, ${after}::uuid) END`;
    const ahead =
      before === undefined
        ? Prisma.sql`TRUE`
        : Prisma.sql`CASE WHEN ${saidOf(before)} IS NULL THEN said.${column} IS NOT NULL OR photo."id" > ${before}::uuid
            ELSE said.${column} IS NOT NULL AND (said.${column}, photo."id") > (${saidOf(before)}, ${before}::uuid) END`;
    const order = backwards
      ? Prisma.sql`said.${column} NULLS FIRST, photo."id"`
      : Prisma.sql`said.${column} DESC NULLS LAST, photo."id" DESC`;
    const rows = await this.prisma.$queryRaw<{ id: ImageId }[]>`
      SELECT photo."id"::text AS id FROM "Image" AS photo LEFT JOIN "FileMetadata" AS said ON said."imageId" = photo."id"
      WHERE ${behind} AND ${ahead}${andImage(filter, Prisma.sql`photo."id"`)}
      ORDER BY ${order} LIMIT ${limit + 1}`;
    return toPage(await this.findMany(rows.map(({ id }) => id)), request);
  }

  /** Ids of photos behind one that can be read, oldest first. */
  idsAfter(after: ImageId | undefined, limit: number): Promise<ImageId[]> {
    return findImageIds(this.prisma, {}, after, limit);
  }

  /** How many photos `list` lists. */
  count(filter: ImageFilter = {}): Promise<Count> {
    return countRows(this.prisma, Prisma.sql`SELECT 1${fromImages(filter)}`);
  }

  /** The id of the photo that was added last. */
  async newest(): Promise<ImageId | undefined> {
    return (await this.list({ limit: 1 })).items[0]?.id;
  }

  /**
   * Deletes photos with all that hangs on them: captions of people and models, ratings, features, embeddings, their
   * lines in evaluations.
   *
   * @param trash where they are kept. Default: nowhere
   * @returns those that were there, how many captions and ratings went with them, and how many evaluations had measured
   *   on them
   */
  async deleteMany(
    ids: readonly ImageId[],
    trash?: TrashId,
  ): Promise<{
    images: ImageRecord[];
    referenceCaptions: number;
    generatedCaptions: number;
    ratings: number;
    evaluations: number;
  }> {
    const records = await this.findMany([...new Set(ids)]);
    const of = { imageId: { in: records.map(({ id }) => id) } };
    const [, evaluations, references, generated, rated, deleted] = await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.evaluatedCaption.findMany({ where: of, distinct: ['evaluationId'], select: { evaluationId: true } }),
      this.prisma.referenceCaption.deleteMany({ where: of }),
      this.prisma.generatedCaption.deleteMany({ where: of }),
      this.prisma.captionRating.deleteMany({ where: of }),
      this.prisma.$queryRaw<
        { id: string }[]
      >`DELETE FROM "Image" WHERE "id" = ANY(${of.imageId.in}::uuid[]) RETURNING "id"`,
    ]);
    const gone = new Set<string>(deleted.map(({ id }) => id));
    const images = records.filter(({ id }) => gone.has(id));
    return {
      images,
      referenceCaptions: references.count,
      generatedCaptions: generated.count,
      ratings: rated.count,
      evaluations: evaluations.length,
    };
  }

  /** What the files of photos take together, in bytes. */
  async bytesOf(ids: readonly ImageId[]): Promise<number> {
    const { _sum } = await this.prisma.image.aggregate({
      where: { id: { in: ids.filter(isRecordId) } },
      _sum: { byteSize: true },
    });
    return _sum.byteSize ?? 0;
  }

  /** With its captions and features. */
  async delete(id: ImageId): Promise<boolean> {
    return isRecordId(id) && (await this.prisma.image.deleteMany({ where: { id } })).count > 0;
  }

  /** The ids of photos that are there, once those that a person uploads are noted. */
  private async findKnown(images: readonly NewImage[]): Promise<Map<string, ImageId>> {
    if (images.length === 0) return new Map();
    const uploads = images.filter(({ uploaded = false }) => uploaded).map(({ sha256 }) => sha256);
    if (uploads.length > 0)
      await this.prisma.image.updateMany({
        where: { sha256: { in: uploads }, uploaded: false },
        data: { uploaded: true },
      });
    const rows = await this.prisma.image.findMany({
      where: { sha256: { in: images.map(({ sha256 }) => sha256) } },
      select: { id: true, sha256: true },
    });
    return new Map(rows.map(({ id, sha256 }) => [sha256, id as ImageId]));
  }
}

/** Notes photos that have no caption as owed one, from now on, whatever job they were given before. */
function noteOwed(transaction: StoreTransaction, sha256s: readonly Sha256[]): Promise<number> {
  return transaction.$executeRaw`
    INSERT INTO "OwedCaption" ("imageId") SELECT "id" FROM "Image" WHERE "sha256" = ANY(${sha256s}::text[])
      AND NOT EXISTS (SELECT 1 FROM "GeneratedCaption" WHERE "imageId" = "Image"."id")
    ON CONFLICT ("imageId") DO UPDATE SET "since" = now(), "jobId" = NULL`;
}

/** Ids of the photos behind one that fit and can be read, oldest first. */
export async function findImageIds(
  prisma: StoreClient,
  where: Prisma.ImageWhereInput,
  after: ImageId | undefined,
  limit: number,
): Promise<ImageId[]> {
  const rows = await prisma.image.findMany({
    where: { AND: [where, imageWhere({ missing: false }), { id: { gt: after } }] },
    select: { id: true },
    orderBy: { id: 'asc' },
    take: limit,
  });
  return rows.map(({ id }) => id as ImageId);
}

export function toImageRecord(row: Omit<ImageRecord, 'id' | 'sha256'> & { id: string; sha256: string }): ImageRecord {
  return { ...row, id: row.id as ImageId, sha256: row.sha256 as Sha256 };
}

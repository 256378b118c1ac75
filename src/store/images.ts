/** Photos: what is known of them, and their bytes. */
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId, Sha256 } from '../ids.js';
import { fromBase64, toBase64 } from './base64.js';
import type { StoreClient } from './client.js';
import { type Count, countRows } from './counts.js';
import { fromImages, type ImageFilter, imageWhere } from './image-filter.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export type Split = 'train' | 'dev' | 'test';

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
}

export class ImageRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Stores photos. One whose bytes are there already is left as it was, except that it is noted where a person uploads it; the
   * unique constraint decides, so two that come at once are one.
   *
   * @returns for each given photo its id, and whether it is new; of equal ones among them the first is
   */
  async add(images: readonly NewImage[]): Promise<{ id: ImageId; isNew: boolean }[]> {
    const [rows] = await this.prisma.$transaction([
      this.prisma.image.createManyAndReturn({
        data: images.map((image) => ({ ...image, bytes: new Uint8Array(), byteSize: image.bytes.length })),
        skipDuplicates: true,
        select: { id: true, sha256: true },
      }),
      // Only of the new rows: no photo is empty.
      this.prisma.$executeRaw`
        UPDATE "Image" SET "bytes" = decode(given.base64, 'base64')
        FROM unnest(${images.map(({ sha256 }) => sha256)}::text[], ${images.map(({ bytes }) => toBase64(bytes))}::text[]) AS given (sha256, base64)
        WHERE "Image"."sha256" = given.sha256 AND "Image"."bytes" = ''`,
    ]);
    const created = new Map(rows.map(({ id, sha256 }) => [sha256, id]));
    const known = await this.findKnown(images.filter(({ sha256 }) => !created.has(sha256)));
    return images.map(({ sha256 }) => {
      const id = created.get(sha256) ?? known.get(sha256);
      if (id === undefined) throw new Error(`the image ${sha256} was deleted while it was stored`);
      known.set(sha256, id);
      return { id: id as ImageId, isNew: created.delete(sha256) };
    });
  }

  async find(id: ImageId): Promise<ImageRecord | undefined> {
    return (await this.findMany([id]))[0];
  }

  /** Those of the ids that there are, in the order of the ids. */
  async findMany(ids: readonly ImageId[]): Promise<ImageRecord[]> {
    const rows = await this.prisma.image.findMany({ where: { id: { in: ids.filter(isRecordId) } } });
    const byId = new Map(rows.map((row) => [row.id, toRecord(row)]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Which of these photos are there. */
  async findBySha256(sha256s: readonly Sha256[]): Promise<Map<Sha256, ImageRecord>> {
    const rows = await this.prisma.image.findMany({ where: { sha256: { in: [...sha256s] } } });
    return new Map(rows.map((row) => [row.sha256 as Sha256, toRecord(row)]));
  }

  /** Photos of a split by their names; of several of one name the newest. */
  async findByName(names: readonly string[], split: Split): Promise<Map<string, ImageRecord>> {
    const rows = await this.prisma.image.findMany({ where: { split, name: { in: [...names] } }, orderBy: { id: 'asc' } });
    return new Map(rows.map((row) => [row.name, toRecord(row)]));
  }

  /** The photo's file. */
  async readBytes(id: ImageId): Promise<Uint8Array | undefined> {
    if (!isRecordId(id)) return undefined;
    const rows = await this.prisma.$queryRaw<{ base64: string }[]>`SELECT encode("bytes", 'base64') AS base64 FROM "Image" WHERE "id" = ${id}::uuid`;
    return rows[0] && fromBase64(rows[0].base64);
  }

  async list(request: PageRequest<ImageId>, filter: ImageFilter = {}): Promise<Page<ImageRecord>> {
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.image.findMany({ where: { AND: [imageWhere(filter), { id: where }] }, ...rest });
    return toPage(rows.map(toRecord), request);
  }

  /** Ids of photos behind one, oldest first. */
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
   * Deletes photos with all that hangs on them: captions of people and models, ratings, features, embeddings, their lines in evaluations.
   *
   * @returns those that were there, how many captions and ratings went with them, and how many evaluations had measured on them
   */
  async deleteMany(ids: readonly ImageId[]): Promise<{ images: ImageRecord[]; referenceCaptions: number; generatedCaptions: number; ratings: number; evaluations: number }> {
    const records = await this.findMany([...new Set(ids)]);
    const of = { imageId: { in: records.map(({ id }) => id) } };
    const [evaluations, references, generated, rated, deleted] = await this.prisma.$transaction([
      this.prisma.evaluatedCaption.findMany({ where: of, distinct: ['evaluationId'], select: { evaluationId: true } }),
      this.prisma.referenceCaption.deleteMany({ where: of }),
      this.prisma.generatedCaption.deleteMany({ where: of }),
      this.prisma.captionRating.deleteMany({ where: of }),
      this.prisma.$queryRaw<{ id: string }[]>`DELETE FROM "Image" WHERE "id" = ANY(${of.imageId.in}::uuid[]) RETURNING "id"`,
    ]);
    const gone = new Set<string>(deleted.map(({ id }) => id));
    const images = records.filter(({ id }) => gone.has(id));
    return { images, referenceCaptions: references.count, generatedCaptions: generated.count, ratings: rated.count, evaluations: evaluations.length };
  }

  /** With its captions and features. */
  async delete(id: ImageId): Promise<boolean> {
    return isRecordId(id) && (await this.prisma.image.deleteMany({ where: { id } })).count > 0;
  }

  /** The ids of photos that are there, once those that a person uploads are noted. */
  private async findKnown(images: readonly NewImage[]): Promise<Map<string, string>> {
    if (images.length === 0) return new Map();
    const uploads = images.filter(({ uploaded = false }) => uploaded).map(({ sha256 }) => sha256);
    if (uploads.length > 0) await this.prisma.image.updateMany({ where: { sha256: { in: uploads }, uploaded: false }, data: { uploaded: true } });
    const rows = await this.prisma.image.findMany({ where: { sha256: { in: images.map(({ sha256 }) => sha256) } }, select: { id: true, sha256: true } });
    return new Map(rows.map(({ id, sha256 }) => [sha256, id]));
  }
}

/** Ids of the photos behind one that fit, oldest first. */
export async function findImageIds(
  prisma: StoreClient,
  where: Prisma.ImageWhereInput,
  after: ImageId | undefined,
  limit: number,
): Promise<ImageId[]> {
  const rows = await prisma.image.findMany({ where: { ...where, id: { gt: after } }, select: { id: true }, orderBy: { id: 'asc' }, take: limit });
  return rows.map(({ id }) => id as ImageId);
}

function toRecord(row: Omit<ImageRecord, 'id' | 'sha256'> & { id: string; sha256: string }): ImageRecord {
  return { ...row, id: row.id as ImageId, sha256: row.sha256 as Sha256 };
}

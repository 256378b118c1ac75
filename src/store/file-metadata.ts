/** What photos' files say of themselves: see src/metadata. Their words are searched and shown, and no references. */
import type { ImageId, Sha256 } from '../ids.js';
import { CAPTION_FIELDS, type CaptionField, type FileCaption, type FileMetadata } from '../metadata/file-metadata.js';
import { searchText } from './caption-words.js';
import { groupByImage } from './group-by-image.js';
import { type ImageFilter, imageWhere } from './image-filter.js';
import type { StoreClient } from './client.js';
import { isRecordId } from './pages.js';

export interface FileMetadataRecord extends FileMetadata {
  readonly imageId: ImageId;
  readonly readAt: Date;
}

/** Words that are searched beside captions. */
const TITLE = 'title';
const KEYWORDS = 'keywords';
const PLACE = 'place';

export class FileMetadataRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Keeps what a photo's files say, in place of what they said before.
   *
   * @param language BCP 47: what words are stemmed by whose language the file does not say. Default: `en`
   */
  async put(imageId: ImageId, metadata: FileMetadata, language = 'en'): Promise<void> {
    const { takenAt, keywords, captions, title, ...rest } = metadata;
    const data = {
      ...nulls(rest),
      title: title ?? null,
      takenAt: takenAt?.instant ?? null,
      takenOffset: takenAt?.offset ?? null,
      keywords: [...keywords],
      foldedKeywords: keywords.map((keyword) => keyword.toLowerCase()),
      readAt: new Date(),
    };
    const words = [
      ...captions.map(({ field, language: tag, text }) => ({ field: field as string, tag, text })),
      ...(title === undefined ? [] : [{ field: TITLE, tag: undefined, text: title }]),
      ...(keywords.length === 0 ? [] : [{ field: KEYWORDS, tag: undefined, text: keywords.join(', ') }]),
    ];
    const rows = words.map(({ field, tag, text }, index) => ({
      imageId,
      field,
      position: words.slice(0, index).filter((other) => other.field === field).length,
      text,
      languageTag: tag ?? null,
      language: tag ?? language,
      searchText: searchText(text),
    }));
    await this.prisma.$transaction([
      this.prisma.fileMetadata.upsert({ where: { imageId }, create: { imageId, ...data }, update: data }),
      this.prisma.fileText.deleteMany({ where: { imageId, field: { not: PLACE } } }),
      this.prisma.fileText.createMany({ data: rows, skipDuplicates: true }),
    ]);
  }

  /**
   * Has photos be found by the names of their files and folders.
   *
   * @param language BCP 47: what the names are stemmed by. Default: `en`
   */
  async keepPlaces(imageIds: readonly ImageId[], language = 'en'): Promise<void> {
    const rows = await this.prisma.image.findMany({
      where: { id: { in: imageIds.filter(isRecordId) } },
      select: {
        id: true,
        name: true,
        datasets: { select: { path: true }, orderBy: { path: 'asc' } },
        libraryFiles: { select: { path: true }, orderBy: { path: 'asc' } },
        fileTexts: { where: { field: PLACE }, select: { text: true }, orderBy: { position: 'asc' } },
      },
    });
    const changed = rows.flatMap(({ id, name, datasets, libraryFiles, fileTexts }) => {
      const known = [...datasets, ...libraryFiles].map(({ path }) => path);
      const paths = known.length > 0 ? known : [name];
      const words = [...new Set(paths.map(wordsOfPath))].filter((text) => text !== '');
      const same = words.length === fileTexts.length && words.every((text, index) => text === fileTexts[index]?.text);
      return same ? [] : [{ imageId: id, words }];
    });
    if (changed.length === 0) return;
    await this.prisma.$transaction([
      this.prisma.fileText.deleteMany({
        where: { imageId: { in: changed.map(({ imageId }) => imageId) }, field: PLACE },
      }),
      this.prisma.fileText.createMany({
        data: changed.flatMap(({ imageId, words }) =>
          words.map((text, position) => ({
            imageId,
            field: PLACE,
            position,
            text,
            language,
            searchText: searchText(text),
          })),
        ),
        skipDuplicates: true,
      }),
    ]);
  }

  /** Those of the photos whose files were read. */
  async known(imageIds: readonly ImageId[]): Promise<Set<ImageId>> {
    const rows = await this.prisma.fileMetadata.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) } },
      select: { imageId: true },
    });
    return new Set(rows.map(({ imageId }) => imageId as ImageId));
  }

  /** What the files of those photos say whose files were read. */
  async findMany(imageIds: readonly ImageId[]): Promise<Map<ImageId, FileMetadataRecord>> {
    const ids = imageIds.filter(isRecordId);
    const [rows, captions] = await Promise.all([
      this.prisma.fileMetadata.findMany({ where: { imageId: { in: ids } } }),
      this.captionsOf(ids),
    ]);
    return new Map(
      rows.map(({ imageId, takenAt, takenOffset, camera, lens, orientation, title, rating, keywords, readAt }) => [
        imageId as ImageId,
        {
          imageId: imageId as ImageId,
          takenAt: takenAt ? { instant: takenAt, offset: takenOffset ?? undefined } : undefined,
          camera: camera ?? undefined,
          lens: lens ?? undefined,
          orientation: orientation ?? undefined,
          title: title ?? undefined,
          rating: rating ?? undefined,
          keywords,
          readAt,
          captions: captions.get(imageId as ImageId) ?? [],
        },
      ]),
    );
  }

  /** Captions of photos' files, what describes the photo best first. */
  async captionsOf(imageIds: readonly ImageId[]): Promise<Map<ImageId, FileCaption[]>> {
    const rows = await this.prisma.fileText.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) }, field: { in: [...CAPTION_FIELDS] } },
      select: { imageId: true, field: true, text: true, languageTag: true },
      orderBy: { position: 'asc' },
    });
    const captions = rows.map(({ imageId, field, text, languageTag }) => ({
      imageId: imageId as ImageId,
      field: field as CaptionField,
      language: languageTag ?? undefined,
      text,
    }));
    const place = ({ field }: FileCaption) => CAPTION_FIELDS.indexOf(field);
    return new Map(
      [...groupByImage(captions)].map(([imageId, own]) => [
        imageId,
        own.sort((a, b) => place(a) - place(b)).map(({ field, language, text }) => ({ field, language, text })),
      ]),
    );
  }

  /** Ids of the photos that the filter lets through, oldest first, so many at a time. */
  async *pages(size: number, filter: ImageFilter = {}): AsyncGenerator<ImageId[]> {
    let after: string | undefined;
    for (;;) {
      const where = { AND: [imageWhere(filter), { id: { gt: after } }] };
      const rows = await this.prisma.image.findMany({
        where,
        select: { id: true },
        orderBy: { id: 'asc' },
        take: size,
      });
      if (rows.length > 0) yield rows.map(({ id }) => id as ImageId);
      if (rows.length < size) return;
      after = rows.at(-1)?.id;
    }
  }

  /** Notes that a file now holds a photo with its caption, before the file is in its place. */
  async noteWritten(imageId: ImageId, path: string, sha256: Sha256, embedded: boolean): Promise<void> {
    await this.prisma.writtenFile.upsert({
      where: { path_sha256: { path, sha256 } },
      create: { imageId, path, sha256, embedded },
      update: { imageId, embedded, writtenAt: new Date() },
    });
  }

  /** Whether a file of these bytes is what was written there. */
  async wasWritten(path: string, sha256: Sha256): Promise<boolean> {
    return (await this.prisma.writtenFile.count({ where: { path, sha256 } })) > 0;
  }
}

/** The words of a path, for a person types no underscores: `2019_Rome/IMG-0001.jpg` is `2019 Rome IMG 0001`. */
function wordsOfPath(path: string): string {
  return path
    .replace(/\.[^./]*$/u, '')
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ');
}

/** Undefined is what Prisma leaves as it was. */
function nulls<T extends object>(record: T): { [Key in keyof T]: Exclude<T[Key], undefined> | null } {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value ?? null])) as never;
}

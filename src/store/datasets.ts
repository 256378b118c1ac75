/** Data sets: what they are called, where they came from, and how much of the collection they are. */
import { found } from '../errors.js';
import type { DatasetId, ImageId, TrashId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { Split } from '../splits.js';
import { checkName, freeName, resolveRecord } from './named-records.js';
import { isRecordId } from './pages.js';
import { keepingIn } from './trash.js';

export interface DatasetRecord {
  readonly id: DatasetId;
  /** People may change it; two may have the same. */
  readonly name: string;
  /** The real path of its folder, or `scenes`. */
  readonly origin: string;
  /** Such as `flickr8k`, `coco`, `folder`. */
  readonly format: string;
  /** Of its captions, a BCP 47 tag. */
  readonly language: string;
  readonly createdAt: Date;
  /** When an import of it was last done; null before the first is. */
  readonly importedAt: Date | null;
}

export interface NewDataset {
  /** What it is called unless another is called so. */
  readonly name: string;
  readonly origin: string;
  readonly format: string;
  readonly language?: string | undefined;
}

/** How much of the collection a data set is. */
export interface DatasetFigures {
  readonly images: number;
  readonly captions: number;
  /** Photos of each split. */
  readonly splits: Readonly<Record<Split, number>>;
}

export class DatasetRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** All there are, oldest first. */
  async list(): Promise<DatasetRecord[]> {
    return (await this.prisma.dataset.findMany({ orderBy: { id: 'asc' } })).map(toRecord);
  }

  async find(id: DatasetId): Promise<DatasetRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.dataset.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  async findByOrigin(origin: string): Promise<DatasetRecord | undefined> {
    const row = await this.prisma.dataset.findUnique({ where: { origin } });
    return row ? toRecord(row) : undefined;
  }

  /**
   * The data set that a person means.
   *
   * @param wish its id, or its name where no other has it
   * @throws NOT_FOUND, with the names there are; BAD_USER_INPUT where several have the name
   */
  async resolve(wish: string): Promise<DatasetRecord> {
    return resolveRecord(wish, {
      noun: 'data set',
      none: 'No data set was imported yet.',
      find: (id) => this.find(id as DatasetId),
      list: () => this.list(),
      placeOf: ({ origin }) => origin,
    });
  }

  /** The data set that came from this place, with its format as it is now; made where there is none. */
  async open(given: NewDataset): Promise<DatasetRecord> {
    const { name, origin, format, language } = given;
    for (;;) {
      const [known] = await this.prisma.dataset.updateManyAndReturn({ where: { origin }, data: { format, language } });
      if (known) return toRecord(known);
      const taken = new Set((await this.list()).map((dataset) => dataset.name));
      // Of two that come at once, the unique constraint lets one make it.
      await this.prisma.dataset.createMany({
        data: [{ name: freeName(name, origin, taken), origin, format, language }],
        skipDuplicates: true,
      });
    }
  }

  /** Notes where a data set lies that was imported by an earlier version. */
  async setOrigin(id: DatasetId, origin: string): Promise<void> {
    await this.prisma.dataset.update({ where: { id }, data: { origin } });
  }

  /** Notes that an import of it is done. */
  async imported(id: DatasetId): Promise<void> {
    await this.prisma.dataset.updateMany({ where: { id }, data: { importedAt: new Date() } });
  }

  /** @throws NOT_FOUND; BAD_USER_INPUT for a name that is empty, too long or has control characters */
  async rename(id: DatasetId, wish: string): Promise<DatasetRecord> {
    const name = checkName(wish, 'data set');
    const [row] = isRecordId(id)
      ? await this.prisma.dataset.updateManyAndReturn({ where: { id }, data: { name } })
      : [];
    return toRecord(found(row, `data set ${id}`));
  }

  /** Removes the record, with what photos and captions it still has. The photos themselves stay. */
  async delete(id: DatasetId, trash?: TrashId): Promise<boolean> {
    const [, { count }] = await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.dataset.deleteMany({ where: { id } }),
    ]);
    return count > 0;
  }

  async figures(ids: readonly DatasetId[]): Promise<Map<DatasetId, DatasetFigures>> {
    const datasetId = { in: ids.filter(isRecordId) };
    const [members, captions] = await Promise.all([
      this.prisma.datasetImage.groupBy({ by: ['datasetId', 'split'], where: { datasetId }, _count: true }),
      this.prisma.referenceCaption.groupBy({ by: ['datasetId'], where: { datasetId }, _count: true }),
    ]);
    return new Map(
      ids.map((id) => {
        const own = members.filter((row) => row.datasetId === id);
        const inSplit = (split: Split | null) => own.find((row) => row.split === split)?._count ?? 0;
        const splits = { train: inSplit('train'), dev: inSplit('dev'), test: inSplit('test') };
        const images = own.reduce((sum, row) => sum + row._count, 0);
        return [id, { images, captions: captions.find((row) => row.datasetId === id)?._count ?? 0, splits }];
      }),
    );
  }

  /** The data sets that photos belong to, oldest first. */
  async ofImages(imageIds: readonly ImageId[]): Promise<Map<ImageId, DatasetRecord[]>> {
    const rows = await this.prisma.datasetImage.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) } },
      select: { imageId: true, dataset: true },
      orderBy: { datasetId: 'asc' },
    });
    const found = new Map<ImageId, DatasetRecord[]>();
    for (const { imageId, dataset } of rows)
      found.set(imageId as ImageId, [...(found.get(imageId as ImageId) ?? []), toRecord(dataset)]);
    return found;
  }
}

function toRecord(row: Omit<DatasetRecord, 'id'> & { readonly id: string }): DatasetRecord {
  return { ...row, id: row.id as DatasetId };
}

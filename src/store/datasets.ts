/** Data sets: what they are called, where they came from, and how much of the collection they are. */
import { basename, dirname } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import type { Split } from './images.js';
import { isRecordId } from './pages.js';

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

/** Longest name of a data set. */
const LONGEST_NAME = 200;
/** Data sets that an error names. */
const NAMES_LISTED = 20;

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
    const byId = await this.find(wish as DatasetId);
    if (byId) return byId;
    const all = await this.list();
    const [named, ...others] = all.filter(({ name }) => name === wish);
    if (others.length > 0 && named) {
      const ids = [named, ...others].map(({ id, origin }) => `${id} (from ${origin})`).join(', ');
      throw new EkphrasisError(ErrorCode.BadInput, `Several data sets are called ${wish}. Name the one you mean by its id: ${ids}.`);
    }
    if (named) return named;
    const more = all.length > NAMES_LISTED ? ` and ${all.length - NAMES_LISTED} more` : '';
    const known = all.length === 0 ? 'No data set was imported yet.' : `There are: ${all.slice(0, NAMES_LISTED).map(({ name }) => name).join(', ')}${more}.`;
    throw new EkphrasisError(ErrorCode.NotFound, `There is no data set ${wish}. ${known}`);
  }

  /** The data set that came from this place, with its format as it is now; made where there is none. */
  async open(given: NewDataset): Promise<DatasetRecord> {
    const { name, origin, format, language } = given;
    for (;;) {
      const [known] = await this.prisma.dataset.updateManyAndReturn({ where: { origin }, data: { format, language } });
      if (known) return toRecord(known);
      const taken = new Set((await this.list()).map((dataset) => dataset.name));
      // Of two that come at once, the unique constraint lets one make it.
      await this.prisma.dataset.createMany({ data: [{ name: freeName(name, origin, taken), origin, format, language }], skipDuplicates: true });
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
    const name = wish.trim();
    if (name === '' || name.length > LONGEST_NAME || /\p{Cc}/u.test(name)) {
      throw new EkphrasisError(ErrorCode.BadInput, `A data set's name has 1 to ${LONGEST_NAME} characters, none of them a control character.`);
    }
    const [row] = isRecordId(id) ? await this.prisma.dataset.updateManyAndReturn({ where: { id }, data: { name } }) : [];
    if (!row) throw new EkphrasisError(ErrorCode.NotFound, `There is no data set ${id}.`);
    return toRecord(row);
  }

  /** Removes the record, with what photos and captions it still has. The photos themselves stay. */
  async delete(id: DatasetId): Promise<boolean> {
    return (await this.prisma.dataset.deleteMany({ where: { id } })).count > 0;
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
    for (const { imageId, dataset } of rows) found.set(imageId as ImageId, [...(found.get(imageId as ImageId) ?? []), toRecord(dataset)]);
    return found;
  }
}

/** The name, or where another is called so as much of its path as tells them apart, or a number behind it. */
function freeName(name: string, origin: string, taken: ReadonlySet<string>): string {
  let longer = name;
  for (let folder = dirname(origin); taken.has(longer) && basename(folder) !== ''; folder = dirname(folder)) longer = `${basename(folder)}/${longer}`;
  for (let number = 2; taken.has(longer); number += 1) longer = `${name} ${number}`;
  return longer;
}

function toRecord(row: Omit<DatasetRecord, 'id'> & { readonly id: string }): DatasetRecord {
  return { ...row, id: row.id as DatasetId };
}

/**
 * Takes a data set into the collection. It may be done again at any time, also after a break: what is there already is
 * recognised by its hash and left alone, what is missing of it is made up for.
 */
import type { Dataset, DatasetItem } from '../datasets/dataset.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, Sha256 } from '../ids.js';
import { sha256Of } from '../sha256.js';
import type { ImageRecord, NewImage } from '../store/images.js';
import { checkPhoto } from './caption-photo.js';
import type { CollectionContext } from './context.js';
import { embedByAll } from './embed-images.js';
import { seeImages, unseenImages } from './see-images.js';

export interface ImportReport {
  /** Photos that are new in the collection. */
  readonly imported: number;
  /** Photos that were in it before. */
  readonly alreadyThere: number;
  /** Files with the bytes of another file of the data set; each is named in `problems`. */
  readonly duplicates: number;
  /** Files that could not be read or are missing, duplicates, and what is odd about the data set. */
  readonly problems: readonly ImportProblem[];
}

export interface ImportProblem {
  readonly file: string;
  readonly reason: string;
}

/** @param total may be less than what is done when the data set does not know its size */
export type ImportProgress = (done: number, total: number) => void;

interface ReadPhoto {
  readonly item: DatasetItem;
  readonly bytes: Uint8Array;
  readonly sha256: Sha256;
}

interface StoredItem extends ReadPhoto {
  readonly id: ImageId;
}

/** Photos whose rows are written together. */
const BATCH = 8;
/** Batches under way: one is read while another is encoded and a third is written. */
const BATCHES_AT_ONCE = 4;

/**
 * Imports every photo with its captions and features.
 *
 * @param signal ends the import between two photos; what is imported stays
 * @throws EkphrasisError INVALID_DATASET when there is no photo in it; STORAGE_FAILED, PROCESS_FAILED. A file that cannot be
 *   read stops nothing: it is named in the report
 */
export async function importDataset(
  dataset: Dataset,
  context: CollectionContext,
  onProgress: ImportProgress = () => undefined,
  signal?: AbortSignal,
): Promise<ImportReport> {
  const run = new Import(dataset, context);
  let done = 0;
  await forEachBatch(dataset.items, BATCH, BATCHES_AT_ONCE, async (items) => {
    signal?.throwIfAborted();
    await run.add(items);
    done += items.length;
    onProgress(done, dataset.count);
  });
  if (done === 0) throw new EkphrasisError(ErrorCode.InvalidDataset, `There are no photos in ${dataset.name}.`);
  return run.report();
}

class Import {
  private imported = 0;
  private alreadyThere = 0;
  private duplicates = 0;
  private readonly problems: ImportProblem[];

  constructor(
    private readonly dataset: Dataset,
    private readonly context: CollectionContext,
  ) {
    this.problems = dataset.problems.map(({ message }) => ({ file: dataset.name, reason: message }));
  }

  async add(items: readonly DatasetItem[]): Promise<void> {
    const read = (await Promise.all(items.map((item) => this.read(item)))).filter((photo) => photo !== undefined);
    const photos = await this.store(read);
    await this.addCaptions(photos);
    const unseen = await unseenImages(photos, this.context);
    const seen = await seeImages(unseen, this.context, 'background');
    await embedByAll(unseen.flatMap(({ id }, index) => ({ id, regions: seen[index] ?? new Uint16Array() })), this.context, 'background');
  }

  report(): ImportReport {
    const { imported, alreadyThere, duplicates, problems } = this;
    return { imported, alreadyThere, duplicates, problems: problems.sort((a, b) => a.file.localeCompare(b.file)) };
  }

  private async read(item: DatasetItem): Promise<ReadPhoto | undefined> {
    try {
      const bytes = await item.read();
      return { item, bytes, sha256: sha256Of(bytes) };
    } catch (error) {
      this.problems.push({ file: item.name, reason: reasonOf(error) });
      return undefined;
    }
  }

  /** Stores what is new; what was there already is neither decoded nor written again. */
  private async store(read: readonly ReadPhoto[]): Promise<StoredItem[]> {
    const { images } = this.context.store;
    const known = await images.findBySha256(read.map(({ sha256 }) => sha256));
    const described = await Promise.all(
      read.filter(({ sha256 }) => !isInDataset(known.get(sha256))).map((photo) => this.describe(photo, known.get(photo.sha256))),
    );
    const given = described.filter((image) => image !== undefined);
    const created = new Set((await images.add(given)).filter(({ isNew }) => isNew).map(({ id }) => id));
    const records = new Map([...known, ...(await images.findBySha256(given.map(({ sha256 }) => sha256)))]);
    return read.flatMap((photo) => {
      const record = records.get(photo.sha256);
      return record && this.counts(photo.item, record, created) ? [{ ...photo, id: record.id }] : [];
    });
  }

  private async describe({ item, bytes }: ReadPhoto, known: ImageRecord | undefined): Promise<NewImage | undefined> {
    try {
      const { sha256, mediaType, width, height } = known ?? (await checkPhoto(bytes, this.context));
      return { sha256, mediaType, width, height, bytes, name: item.name, dataset: this.dataset.name, split: item.split };
    } catch (error) {
      this.problems.push({ file: item.name, reason: reasonOf(error) });
      return undefined;
    }
  }

  /** Counts a stored photo; a second file with its bytes is reported instead, and its captions are left out. */
  private counts(item: DatasetItem, record: ImageRecord, created: ReadonlySet<ImageId>): boolean {
    if (record.dataset === this.dataset.name && record.name !== item.name) {
      this.duplicates += 1;
      this.problems.push({ file: item.name, reason: `The same photo as ${record.name}.` });
      return false;
    }
    if (created.has(record.id)) this.imported += 1;
    else this.alreadyThere += 1;
    return true;
  }

  private async addCaptions(photos: readonly StoredItem[]): Promise<void> {
    const captions = photos.flatMap(({ id, item }) =>
      item.captions.map((text, position) => ({ imageId: id, text, position, source: this.dataset.name })),
    );
    if (captions.length > 0) await this.context.store.captions.addReferences(captions);
  }
}

function isInDataset(image: ImageRecord | undefined): boolean {
  return image !== undefined && image.dataset !== null;
}

/** Why a file could not be read, for a person. What is no trouble of the file is thrown on. */
function reasonOf(error: unknown): string {
  if (error instanceof EkphrasisError) return error.message;
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return error.code === 'ENOENT' ? 'The file is missing.' : `The file cannot be read (${String(error.code)}).`;
}

/** Handles the items in groups, several groups at a time, and reads no further ahead than that. */
async function forEachBatch<Item>(
  items: AsyncIterable<Item>,
  size: number,
  atOnce: number,
  handle: (batch: Item[]) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const start = async (batch: Item[]) => {
    const task = handle(batch).finally(() => running.delete(task));
    running.add(task);
    // Its error is met where it is awaited; without this it could be met too late.
    task.catch(() => undefined);
    if (running.size >= atOnce) await Promise.race(running);
  };
  let batch: Item[] = [];
  try {
    for await (const item of items) {
      batch.push(item);
      if (batch.length < size) continue;
      await start(batch);
      batch = [];
    }
    if (batch.length > 0) await start(batch);
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}

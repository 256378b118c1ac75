/**
 * Takes a data set into the collection. It may be done again at any time, also after a break: what is there already is
 * recognised by its hash, what is missing of it is made up for, and what the folder says otherwise now is changed in
 * the end.
 */
import type { Dataset, DatasetItem, Problem } from '../datasets/dataset.js';
import { ProblemList } from '../datasets/problems.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, Sha256 } from '../ids.js';
import { sha256Of } from '../files/sha256.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { NewImage } from '../store/images.js';
import { checkPhoto } from './caption-photo.js';
import type { CollectionContext } from './context.js';
import { forEachBatch } from './batches.js';
import { findDataset, LOOKED_AT } from './find-dataset.js';
import { type Changes, FolderPhotos, reconcile } from './reconcile-dataset.js';
import { recordMetadata } from './record-metadata.js';
import { seeUnseen } from './see-images.js';

export interface ImportReport extends Changes {
  /** The data set as it is called now. */
  readonly dataset: string;
  readonly datasetId: DatasetRecord['id'];
  /** Photos that are new in the collection. */
  readonly imported: number;
  /** Photos that were in it before. */
  readonly alreadyThere: number;
  /**
   * Files with the bytes of another file of the data set; each counts in `problems`. Their captions are that photo's,
   * too.
   */
  readonly duplicates: number;
  /** Files that could not be read or are missing, duplicates, what is gone, and what is odd about the data set. */
  readonly problems: readonly Problem[];
}

export interface ImportOptions {
  /** @param total may be less than what is done when the data set does not know its size */
  readonly onProgress?: ImportProgress | undefined;
  /** Ends the import between two photos; what is imported stays. */
  readonly signal?: AbortSignal | undefined;
  /** Remove what the data set had and its folder has no longer. */
  readonly prune?: boolean | undefined;
}

export type ImportProgress = (done: number, total: number) => void;

interface ReadPhoto {
  readonly item: DatasetItem;
  /** The file's place among those of the data set. */
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly sha256: Sha256;
}

interface StoredItem extends ReadPhoto {
  readonly id: ImageId;
  /** Of one that was decoded now. */
  readonly readable?: Uint8Array | undefined;
}

interface DescribedPhoto {
  readonly image: NewImage;
  readonly readable: Uint8Array;
}

/** Problems by which photos may lie in the folder that were not seen: none of them counts as gone for good. */
const HIDING = new Set(['unreadable folder', 'unreadable file', 'broken link', 'link out of the allowed folder']);

/** Photos whose places are looked at together. */
const PLACES_AT_ONCE = 100;
/** Photos whose rows are written together. */
const BATCH = 8;
/** Batches under way: one is read while another is encoded and a third is written. */
const BATCHES_AT_ONCE = 4;

/**
 * Imports every photo with its captions and features. What people wrote here stays as it is.
 *
 * @throws EkphrasisError INVALID_DATASET when there is no photo in it; STORAGE_FAILED, PROCESS_FAILED. A file that
 *   cannot be read stops nothing: it is named in the report
 */
export async function importDataset(
  dataset: Dataset,
  context: CollectionContext,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { onProgress, signal, prune = false } = options;
  const { first, all } = await lookAhead(dataset.items, LOOKED_AT);
  if (first.length === 0) throw new EkphrasisError(ErrorCode.InvalidDataset, `There are no photos in ${dataset.name}.`);
  return context.guard.importing(
    () => findDataset(dataset, first, context.store),
    async (record) => {
      const run = new Import(record, context);
      let done = 0;
      await forEachBatch(withPlaces(all), BATCH, BATCHES_AT_ONCE, async (items) => {
        signal?.throwIfAborted();
        await context.guard.writing(() => run.add(items));
        done += items.length;
        onProgress?.(done, dataset.count);
      });
      signal?.throwIfAborted();
      return run.end(dataset.problems, prune);
    },
  );
}

class Import {
  private imported = 0;
  private alreadyThere = 0;
  private captionsAdded = 0;
  private readonly photos = new FolderPhotos();
  private readonly problems = new ProblemList();
  /** Files of this import whose photos count, so that a photo counts once. */
  private readonly counted = new Set<ImageId>();

  constructor(
    private readonly dataset: DatasetRecord,
    private readonly context: CollectionContext,
  ) {}

  async add(items: readonly (readonly [number, DatasetItem])[]): Promise<void> {
    const read = (await Promise.all(items.map(([index, item]) => this.read(item, index)))).filter(
      (photo) => photo !== undefined,
    );
    const photos = await this.store(read);
    await this.place(photos);
    await this.readMetadata(photos);
    await seeUnseen(photos, this.context, 'background');
  }

  /** Once all photos are there: has the data set be what the folder says. */
  async end(odd: readonly Problem[], prune: boolean): Promise<ImportReport> {
    const { id: datasetId, name: dataset } = this.dataset;
    const duplicates = this.photos.duplicates();
    for (const { path, as } of duplicates)
      this.problems.add('duplicate', (count) => `${files(count)} the same photo as another`, `${path} (as ${as})`);
    const hides = odd.some(({ kind }) => HIDING.has(kind));
    if (prune && hides)
      this.problems.say('not pruned', 'Nothing was removed, for some of the folder could not be read.');
    const changes = await this.reconcile(prune && !hides);
    if (changes.moved > 0) await this.keepPlaces();
    await this.context.store.datasets.imported(datasetId);
    const { imported, alreadyThere } = this;
    const captionsAdded = this.captionsAdded + changes.captionsAdded;
    return {
      dataset,
      datasetId,
      imported,
      alreadyThere,
      duplicates: duplicates.length,
      ...changes,
      captionsAdded,
      problems: [...odd, ...this.problems.list()],
    };
  }

  /** Where something reads the photos, what is gone stays until the next import. */
  private async reconcile(prune: boolean): Promise<Changes> {
    const change = (pruned: boolean) =>
      reconcile(this.dataset.id, this.photos, this.context, { prune: pruned, problems: this.problems });
    if (!prune) return change(false);
    try {
      return await this.context.guard.unread(this.dataset, () => change(true));
    } catch (error) {
      if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.Conflict) throw error;
      this.problems.say('not pruned', `Nothing was removed. ${error.message}`);
      return change(false);
    }
  }

  private async read(item: DatasetItem, index: number): Promise<ReadPhoto | undefined> {
    try {
      const bytes = await item.read();
      return { item, index, bytes, sha256: sha256Of(bytes) };
    } catch (error) {
      this.leaveOut(item, error);
      return undefined;
    }
  }

  /** Stores what is new; what was there already is neither decoded nor written again. */
  private async store(read: readonly ReadPhoto[]): Promise<StoredItem[]> {
    const { images } = this.context.store;
    const known = await images.findByFile(read.map(({ sha256 }) => sha256));
    const described = await Promise.all(
      read.filter(({ sha256 }) => !known.has(sha256)).map((photo) => this.describe(photo)),
    );
    const decoded = described.filter((photo) => photo !== undefined);
    const given = decoded.map(({ image }) => image);
    const readable = new Map(decoded.map((photo) => [photo.image.sha256, photo.readable]));
    const added = given.length > 0 ? await images.add(given) : [];
    await images.keepBytes(
      read.flatMap(({ sha256, bytes }) => {
        const id = known.get(sha256)?.id;
        return id === undefined ? [] : [{ id, bytes }];
      }),
    );
    const ids = new Map([
      ...[...known].map(([sha256, { id }]) => [sha256, id] as const),
      ...given.map(({ sha256 }, index) => [sha256, added[index]?.id] as const),
    ]);
    const created = new Set(added.filter(({ isNew }) => isNew).map(({ id }) => id));
    return read.flatMap((photo) => {
      const id = ids.get(photo.sha256);
      if (id === undefined) return [];
      this.count(id, created.has(id));
      return [{ ...photo, id, readable: readable.get(photo.sha256) }];
    });
  }

  private async describe({ item, bytes }: ReadPhoto): Promise<DescribedPhoto | undefined> {
    try {
      const { notice, readable, ...description } = await checkPhoto(bytes, this.context, 'background');
      if (notice !== undefined)
        this.problems.add(
          'incomplete photo',
          (count) => `${files(count)} cut short, read as far as possible`,
          item.path,
        );
      return { image: { ...description, bytes, name: item.name }, readable };
    } catch (error) {
      this.leaveOut(item, error);
      return undefined;
    }
  }

  private count(id: ImageId, isNew: boolean): void {
    if (this.counted.has(id)) return;
    this.counted.add(id);
    if (isNew) this.imported += 1;
    else this.alreadyThere += 1;
  }

  /**
   * Has photos that are new in the data set belong to it, with their captions. What is said of the others is compared
   * in the end.
   */
  private async place(photos: readonly StoredItem[]): Promise<void> {
    for (const { id, item, index } of photos) this.photos.add(id, item, index);
    const { datasetPhotos } = this.context.store;
    const ids = [...new Set(photos.map(({ id }) => id))];
    const known = await datasetPhotos.having(this.dataset.id, ids);
    const fresh = ids.filter((id) => !known.has(id)).map((id) => this.photos.photo(id));
    if (fresh.length === 0) return;
    await datasetPhotos.put(this.dataset.id, fresh);
    this.captionsAdded += fresh.reduce((sum, { captions }) => sum + captions.length, 0);
  }

  /** Of photos whose files were read before, those alone that have sidecars: their bytes are the same. */
  private async readMetadata(photos: readonly StoredItem[]): Promise<void> {
    const { fileMetadata } = this.context.store;
    const { language } = this.dataset;
    const ids = photos.map(({ id }) => id);
    const known = await fileMetadata.known(ids);
    for (const { id, item, bytes } of photos) {
      const { sidecars = [] } = item;
      if (known.has(id) && sidecars.length === 0) continue;
      known.add(id);
      const problems = await recordMetadata(id, { bytes, sidecars, language }, this.context);
      for (const problem of problems)
        this.problems.add(
          'metadata',
          (count) =>
            `The metadata of ${count === 1 ? 'one file' : `${count} files`} could not be read in full. ${problem} In question`,
          item.path,
        );
    }
    await fileMetadata.keepPlaces(ids, language);
  }

  /** Photos are found by where they lie now. */
  private async keepPlaces(): Promise<void> {
    const { id, language } = this.dataset;
    const { fileMetadata } = this.context.store;
    for await (const ids of fileMetadata.pages(PLACES_AT_ONCE, { dataset: id }))
      await fileMetadata.keepPlaces(ids, language);
  }

  private leaveOut(item: DatasetItem, error: unknown): void {
    const { kind, reason } = reasonOf(error);
    this.photos.leaveOut(item.path);
    this.problems.add(
      `${kind} ${reason}`,
      (count) => `${count === 1 ? 'One photo was' : `${count} photos were`} left out. ${reason} In question`,
      item.path,
    );
  }
}

function files(count: number): string {
  return count === 1 ? 'One file is' : `${count} files are`;
}

/** Why a file could not be read, for a person. What is no trouble of the file is thrown on. */
function reasonOf(error: unknown): { readonly kind: string; readonly reason: string } {
  if (error instanceof EkphrasisError) return { kind: error.code, reason: error.message };
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const kind = String(error.code);
  return { kind, reason: kind === 'ENOENT' ? 'The file is missing.' : `The file cannot be read (${kind}).` };
}

async function* withPlaces(items: AsyncIterable<DatasetItem>): AsyncGenerator<[number, DatasetItem]> {
  let index = 0;
  for await (const item of items) yield [index++, item];
}

/** The first items, and all of them: a data set can be gone through only once. */
async function lookAhead<Item>(
  items: AsyncIterable<Item>,
  count: number,
): Promise<{ first: Item[]; all: AsyncIterable<Item> }> {
  const rest = items[Symbol.asyncIterator]();
  const first: Item[] = [];
  while (first.length < count) {
    const next = await rest.next();
    if (next.done) break;
    first.push(next.value);
  }
  async function* all(): AsyncGenerator<Item> {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => rest };
  }
  return { first, all: all() };
}

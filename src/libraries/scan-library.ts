/**
 * Has the collection know the files of a library as they are now. A file that is as it was costs a look at its size and
 * time; a new or changed one is read once. Nothing below the root is ever written. It may be broken off and done again
 * at any time: a file counts as looked at only when all of its photo is known.
 */
import { lstat } from 'node:fs/promises';
import { forEachBatch } from '../collection/batches.js';
import type { CollectionContext } from '../collection/context.js';
import { recordMetadata } from '../collection/record-metadata.js';
import { removeDerived, removeOrphans } from '../collection/remove-dataset.js';
import { seeUnseen, type StoredPhoto } from '../collection/see-images.js';
import { ProblemList } from '../datasets/problems.js';
import { EkphrasisError, found } from '../errors.js';
import type { ImageId, LibraryId, Sha256 } from '../ids.js';
import type { LibraryRecord } from '../store/libraries.js';
import type { KnownFile } from '../store/library-files.js';
import { under } from '../store/locks.js';
import { lockOfLibrary } from '../store/needs.js';
import type { Store } from '../store/store.js';
import { checkContents, checkSameRoot, stateOfRoot } from './check-root.js';
import { exclusionOf, type FoundFile, isGone, type LibraryContents, listFiles } from './list-files.js';
import { readPhotoFile, type ReadPhoto } from './read-file.js';
import { KEPT_PROBLEMS, type LastScan, type ScanReport } from './scan-report.js';

export interface ScanContext extends CollectionContext {
  readonly store: CollectionContext['store'] & Pick<Store, 'libraries' | 'libraryFiles' | 'locks'>;
}

export interface ScanOptions {
  /** Told of files done and files in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the scan between two photos; what is done stays. */
  readonly signal?: AbortSignal | undefined;
  /** Read files again that could not be read. */
  readonly retryProblems?: boolean | undefined;
  /** Take it for true that all files are gone, or that the library is on another disk. */
  readonly acceptLosses?: boolean | undefined;
}

/** Files whose rows are written together. */
const BATCH = 8;
/** Batches under way: one is read while another is encoded and a third is written. */
const BATCHES_AT_ONCE = 4;

/**
 * Scans a library, alone. Captions are not written for its photos.
 *
 * @throws NOT_FOUND; LIBRARY_UNAVAILABLE when its folder is not there, unreadable or suddenly empty: then nothing is
 *   changed; STORAGE_FAILED, PROCESS_FAILED. A file that cannot be read stops nothing: it is named in the report
 */
export function scanLibrary(id: LibraryId, context: ScanContext, options: ScanOptions = {}): Promise<ScanReport> {
  const { libraries, locks } = context.store;
  return under(locks.alone(lockOfLibrary(id)), async () => {
    const library = found(await libraries.find(id), `library ${id}`);
    try {
      return await new Scan(library, context, options).run();
    } catch (error) {
      if (error instanceof EkphrasisError) {
        const failed: LastScan = { error: { code: error.code, message: error.message } };
        await libraries.scanned(id, failed);
      }
      throw error;
    }
  });
}

/** A file that is to be looked at, and how it was before. */
interface Task {
  readonly file: FoundFile;
  readonly before: KnownFile | undefined;
}

interface PlacedPhoto extends Task {
  readonly read: ReadPhoto;
  readonly id: ImageId;
}

class Scan {
  private readonly problems = new ProblemList();
  private readonly counts = { added: 0, alreadyThere: 0, changed: 0, retold: 0, returned: 0 };
  /** Photos whose files show others now. */
  private readonly replaced = new Set<ImageId>();

  constructor(
    private readonly library: LibraryRecord,
    private readonly context: ScanContext,
    private readonly options: ScanOptions,
  ) {}

  async run(): Promise<ScanReport> {
    const { library, context, options } = this;
    const { libraries, libraryFiles } = context.store;
    const root = await stateOfRoot(library);
    const contents = await listFiles(library, this.problems);
    const compared = await this.compare(contents);
    if (options.acceptLosses !== true) checkContents(library, root, compared);
    options.signal?.throwIfAborted();
    await this.bringBack(compared.returned);
    const total = contents.files.length;
    let done = total - compared.tasks.length;
    options.onProgress?.(done, total);
    await forEachBatch(compared.tasks, BATCH, BATCHES_AT_ONCE, async (tasks) => {
      options.signal?.throwIfAborted();
      await context.guard.writing(() => this.take(tasks));
      done += tasks.length;
      options.onProgress?.(done, total);
    });
    options.signal?.throwIfAborted();
    const gone = await this.gone(compared.unseen, contents);
    // Last: a disk that went meanwhile took no photo with it.
    await checkSameRoot(library, root);
    const lost = await libraryFiles.lost(library.id, gone);
    const deletedPhotos = await context.guard.writing(() => removeOrphans([...this.replaced], context));
    const problems = this.problems.list();
    const report: ScanReport = {
      library: library.name,
      libraryId: library.id,
      files: total,
      unchanged: total - compared.tasks.length,
      ...this.counts,
      ...lost,
      deletedPhotos,
      problemCount: problems.length,
      problems: problems.slice(0, KEPT_PROBLEMS),
    };
    const last: LastScan = { report };
    await libraries.scanned(library.id, last, root.device);
    return report;
  }

  /** What is to be done. A library of 100,000 files is compared in memory, some thousand rows at a time. */
  private async compare({ files }: LibraryContents): Promise<{
    readonly tasks: readonly Task[];
    /** Files that were missing and are as they were before. */
    readonly returned: readonly KnownFile[];
    /** Known files that were not found. */
    readonly unseen: readonly KnownFile[];
    /** How many files were there at the last scan, how many of them are there now, and how many in all. */
    readonly known: number;
    readonly found: number;
    readonly files: number;
  }> {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const tasks: Task[] = [];
    const returned: KnownFile[] = [];
    const unseen: KnownFile[] = [];
    let [known, there] = [0, 0];
    for await (const page of this.context.store.libraryFiles.known(this.library.id)) {
      for (const before of page) {
        const file = byPath.get(before.path);
        byPath.delete(before.path);
        if (!before.isMissing) known += 1;
        if (!file) {
          unseen.push(before);
          continue;
        }
        if (!before.isMissing) there += 1;
        if (!this.isAsBefore(file, before)) tasks.push({ file, before });
        else if (before.isMissing) returned.push(before);
      }
    }
    for (const file of byPath.values()) tasks.push({ file, before: undefined });
    return { tasks, returned, unseen, known, found: there, files: files.length };
  }

  private isAsBefore(file: FoundFile, before: KnownFile): boolean {
    const isRead = before.problem === null || this.options.retryProblems !== true;
    return isRead && isSameFile(file, before) && file.sidecarState === before.sidecars;
  }

  /** Files that are there again, as they were: their photos were left out of what was done meanwhile. */
  private async bringBack(files: readonly KnownFile[]): Promise<void> {
    const { store, guard } = this.context;
    const paths = files.map(({ path }) => path);
    await store.libraryFiles.found(this.library.id, paths);
    this.counts.returned += files.length;
    const ids = files.flatMap(({ imageId, problem }) => (imageId === null || problem !== null ? [] : [imageId]));
    await forEachBatch([...new Set(ids)], BATCH, 1, async (some) => {
      this.options.signal?.throwIfAborted();
      await guard.writing(async () => {
        await seeUnseen(await store.images.findMany(some), this.context, 'background');
      });
    });
  }

  private async take(tasks: readonly Task[]): Promise<void> {
    const read = await Promise.all(
      tasks.map(async (task) => ({ task, read: await readPhotoFile(task.file, this.context) })),
    );
    const photos: (Task & { readonly read: ReadPhoto })[] = [];
    const unreadable: { task: Task; message: string }[] = [];
    for (const { task, read: result } of read) {
      const { path } = task.file;
      if (result.kind === 'photo') {
        const { notice } = result.description;
        if (notice !== undefined) this.problems.add('incomplete photo', () => notice, path);
        photos.push({ ...task, read: result });
      } else if (result.kind !== 'gone') {
        const { message } = result;
        const code = result.kind === 'problem' ? result.code : 'unread';
        this.problems.add(`${code} ${message}`, (count) => `${photosLeftOut(count)} ${message} In question`, path);
        if (result.kind === 'problem') unreadable.push({ task, message });
      }
    }
    await this.noteProblems(unreadable);
    const placed = await this.place(photos);
    await seeUnseen(placed.map(toStored), this.context, 'background');
    await this.record(placed);
  }

  /** What cannot be read keeps the photo that it was, of which nothing is known to be gone. */
  private async noteProblems(files: readonly { readonly task: Task; readonly message: string }[]): Promise<void> {
    await this.context.store.libraryFiles.put(
      this.library.id,
      files.map(({ task: { file, before }, message }) => ({
        ...this.rowOf(file),
        imageId: before?.imageId ?? null,
        pixels: before?.pixels ?? null,
        problem: message,
      })),
    );
  }

  /** Stores photos that are new. Their files are noted, but not as looked at. */
  private async place(photos: readonly (Task & { readonly read: ReadPhoto })[]): Promise<PlacedPhoto[]> {
    const { images, libraryFiles } = this.context.store;
    const known = new Map(
      [...(await images.findBySha256(photos.map(({ read }) => read.sha256))).values()].map(({ sha256, id }) => [
        sha256,
        id,
      ]),
    );
    for (const { file, before, read } of photos) {
      if (!known.has(read.sha256) && before?.imageId != null && before.pixels === read.pixels) {
        const id = await this.rewrite(file, before.imageId, read);
        if (id !== undefined) known.set(read.sha256, id);
      }
    }
    const given = photos.filter(({ read }) => !known.has(read.sha256));
    const added = await images.add(
      given.map(({ file, read: { bytes, sha256, description } }) => ({
        sha256,
        mediaType: description.mediaType,
        width: description.width,
        height: description.height,
        bytes,
        name: file.name,
        inFile: true,
      })),
    );
    const created = new Set(added.filter(({ isNew }) => isNew).map(({ id }) => id));
    given.forEach(({ read }, index) => {
      const id = added[index]?.id;
      if (id !== undefined) known.set(read.sha256, id);
    });
    const placed = photos.flatMap((photo) => {
      const id = known.get(photo.read.sha256);
      return id === undefined ? [] : [{ ...photo, id }];
    });
    for (const photo of placed) this.count(photo, created.delete(photo.id));
    await libraryFiles.put(
      this.library.id,
      placed
        .filter(({ before, id }) => before?.imageId !== id)
        .map(({ file, read, id }) => ({
          ...this.rowOf(file),
          imageId: id,
          pixels: read.pixels,
          problem: null,
          modified: null,
        })),
    );
    return placed;
  }

  /** Where only what a file says of itself has changed, its photo stays what it is, with all that people said of it. */
  private async rewrite(file: FoundFile, id: ImageId, read: ReadPhoto): Promise<ImageId | undefined> {
    const { store } = this.context;
    const before = await store.images.find(id);
    const place = { libraryId: this.library.id, path: file.path };
    const { sha256, bytes, description } = read;
    const to = { sha256, byteSize: bytes.length, mediaType: description.mediaType };
    if (!before || !(await store.libraryFiles.rewrite(place, id, to))) return undefined;
    await removeDerived([before.sha256], this.context);
    return id;
  }

  private count({ before, id, read }: PlacedPhoto, isNew: boolean): void {
    const { counts } = this;
    if (isNew) counts.added += 1;
    else if (before === undefined) counts.alreadyThere += 1;
    else if (before.imageId === id && before.pixels === read.pixels) counts.retold += 1;
    if (before?.isMissing) counts.returned += 1;
    if (before?.imageId == null || before.imageId === id) return;
    counts.changed += 1;
    this.replaced.add(before.imageId);
  }

  /**
   * The one place where new and changed files, and those whose .xmp files have changed, are noted as looked at: what is
   * to be kept of a file beside its picture is kept here, before the row that says so.
   */
  private async record(photos: readonly PlacedPhoto[]): Promise<void> {
    for (const { file, read, id } of photos) {
      const sidecars = file.sidecars.map(({ location }) => location);
      await recordMetadata(id, { bytes: read.bytes, sidecars }, this.context);
    }
    await this.context.store.libraryFiles.put(
      this.library.id,
      photos.map(({ file, read, id }) => ({ ...this.rowOf(file), imageId: id, pixels: read.pixels, problem: null })),
    );
  }

  /** Known files that are certain not to be where they were. */
  private async gone(unseen: readonly KnownFile[], { files, unread }: LibraryContents): Promise<string[]> {
    const isExcluded = exclusionOf(this.library.excluded);
    const isHidden = (path: string) =>
      unread.some((place) => place === '' || path === place || path.startsWith(`${place}/`));
    const folded = unseen.length === 0 ? new Set<string>() : new Set(files.map(({ path }) => fold(path)));
    const gone: string[] = [];
    for (const { path } of unseen) {
      if (isExcluded(path)) gone.push(path);
      else if (!isHidden(path) && (folded.has(fold(path)) || (await this.isNotThere(path)))) gone.push(path);
    }
    return gone;
  }

  private async isNotThere(path: string): Promise<boolean> {
    return lstat(`${this.library.root}/${path}`).then(() => false, isGone);
  }

  private rowOf(file: FoundFile) {
    const { path, size, modified, sidecarState: sidecars } = file;
    const below = file.location.subarray(Buffer.byteLength(this.library.root) + 1);
    return { path, size, modified, sidecars, location: below.equals(Buffer.from(path)) ? undefined : below };
  }
}

function isSameFile({ size, modified }: FoundFile, before: KnownFile): boolean {
  return size === before.size && modified === before.modified;
}

function toStored({ id, read }: PlacedPhoto): StoredPhoto & { readonly sha256: Sha256 } {
  return { id, sha256: read.sha256, readable: read.readable };
}

/** As file systems compare that do not tell capitals from small letters, nor one spelling of an accent from another. */
function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function photosLeftOut(count: number): string {
  return count === 1 ? 'One file was left out.' : `${count} files were left out.`;
}

/**
 * Has the collection know the files of a library as they are now. A file that is as it was costs a look at its size and
 * time; a new or changed one is read once. Nothing below the root is ever written. It may be broken off and done again
 * at any time: a file counts as looked at only when all of its photo is known.
 */
import { lstat } from 'node:fs/promises';
import { forEachBatch } from '../collection/batches.js';
import { seeUnseen } from '../collection/see-images.js';
import { ProblemList } from '../datasets/problems.js';
import { EkphrasisError, found } from '../errors.js';
import type { LibraryId } from '../ids.js';
import type { LibraryRecord } from '../store/libraries.js';
import type { KnownFile } from '../store/library-files.js';
import { under } from '../store/locks.js';
import { lockOfLibrary } from '../store/needs.js';
import type { Store } from '../store/store.js';
import { checkContents, checkSameRoot, stateOfRoot } from './check-root.js';
import { isGone } from './is-gone.js';
import { exclusionOf, type FoundFile, type LibraryContents, listFiles } from './list-files.js';
import { mayScanPart, ownPlaces, type ScanPlace } from './scan-places.js';
import { removeReplaced, type ReplacedContext } from './remove-replaced.js';
import { FileTaker, isAsBefore, type Task } from './take-files.js';
import { KEPT_PROBLEMS, type LastScan, type ScanReport } from './scan-report.js';

export interface ScanContext extends ReplacedContext {
  readonly store: ReplacedContext['store'] & Pick<Store, 'libraries' | 'locks'>;
}

export interface ScanOptions {
  /** Told of files done and files in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the scan between two photos; what is done stays. */
  readonly signal?: AbortSignal | undefined;
  /** Looks there alone, where it was told that something has changed. Default: everywhere. */
  readonly places?: readonly ScanPlace[] | undefined;
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
 * Scans a library, alone. Captions are written anew for photos that were edited, and for no others.
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

class Scan {
  private readonly problems = new ProblemList();
  private readonly taker: FileTaker;
  private done = 0;

  constructor(
    private readonly library: LibraryRecord,
    private readonly context: ScanContext,
    private readonly options: ScanOptions,
  ) {
    this.taker = new FileTaker(library, context, this.problems);
  }

  async run(): Promise<ScanReport> {
    const { library, context, options, taker } = this;
    const { libraries, libraryFiles } = context.store;
    const root = await stateOfRoot(library);
    const isPart = options.places !== undefined && (await mayScanPart(library, root));
    const places = isPart ? await ownPlaces(library.root, options.places) : undefined;
    const contents = await listFiles(library, this.problems, places);
    const compared = await this.compare(contents, places);
    if (options.acceptLosses !== true && !places) checkContents(library, root, compared);
    options.signal?.throwIfAborted();
    await this.bringBack(compared.returned);
    const total = contents.files.length;
    this.done = total - compared.tasks.length;
    options.onProgress?.(this.done, total);
    await this.take(compared.tasks, total, false);
    await this.take(taker.overwritten, total, true);
    options.signal?.throwIfAborted();
    const gone = await this.gone(compared.unseen, contents);
    // Last: a disk that went meanwhile took no photo with it.
    await checkSameRoot(library, root);
    const lost = await libraryFiles.lost(library.id, gone);
    // What moved here from a folder that was looked at before is not missing there.
    if (places) lost.moved += await libraryFiles.forgetMoved(library.id, [...taker.placed]);
    const removed = await removeReplaced(this.taker.replaced, this.library, this.context);
    const problems = this.problems.list();
    const report: ScanReport = {
      library: library.name,
      libraryId: library.id,
      folders: places?.length,
      files: total,
      unchanged: total - compared.tasks.length,
      ...taker.counts,
      ...lost,
      ...removed,
      problemCount: problems.length,
      problems: problems.slice(0, KEPT_PROBLEMS),
    };
    const last: LastScan = { report };
    await libraries.scanned(library.id, last, root.device);
    return report;
  }

  private async take(tasks: readonly Task[], total: number, decides: boolean): Promise<void> {
    const { context, options, taker } = this;
    await forEachBatch(tasks, BATCH, BATCHES_AT_ONCE, async (batch) => {
      options.signal?.throwIfAborted();
      // Not in one statement: other batches count while this one is waited for.
      const done = await context.guard.writing(() => taker.take(batch, decides));
      this.done += done;
      options.onProgress?.(this.done, total);
    });
  }

  /** What is to be done. A library of 100,000 files is compared in memory, some thousand rows at a time. */
  private async compare(
    { files }: LibraryContents,
    places: readonly ScanPlace[] | undefined,
  ): Promise<{
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
    for await (const page of this.context.store.libraryFiles.known(this.library.id, places)) {
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
    return (before.problem === null || this.options.retryProblems !== true) && isAsBefore(file, before);
  }

  /** Files that are there again, as they were: their photos were left out of what was done meanwhile. */
  private async bringBack(files: readonly KnownFile[]): Promise<void> {
    const { store, guard } = this.context;
    const paths = files.map(({ path }) => path);
    await store.libraryFiles.found(this.library.id, paths);
    this.taker.counts.returned += files.length;
    const ids = files.flatMap(({ imageId, problem }) => (imageId === null || problem !== null ? [] : [imageId]));
    await forEachBatch([...new Set(ids)], BATCH, 1, async (some) => {
      this.options.signal?.throwIfAborted();
      await guard.writing(async () => {
        await seeUnseen(await store.images.findMany(some), this.context, 'background');
      });
    });
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
}

/** As file systems compare that do not tell capitals from small letters, nor one spelling of an accent from another. */
function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

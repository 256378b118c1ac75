/** One folder of a library, watched for as long as it is there. */
import { dirname, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { isPassedOver } from '../datasets/folder.js';
import type { LibraryRecord } from '../store/libraries.js';
import { stateOfRoot } from './check-root.js';
import { exclusionOf, isOfPhoto } from './list-files.js';
import type { ScanPlace } from './scan-places.js';

export type WatchedLibrary = Pick<LibraryRecord, 'id' | 'name' | 'root' | 'within' | 'excluded' | 'poll'>;

export interface WatchTimes {
  /** A file whose size has not changed for so long counts as written. */
  readonly settled: number;
  /** So long after the last change it is told; */
  readonly quiet: number;
  /** at the latest so long after the first. */
  readonly patience: number;
  /** Between two looks whether the folder is there, and at every file where it is polled. */
  readonly look: number;
}

/** In milliseconds. */
export const WATCH_TIMES: WatchTimes = { settled: 2000, quiet: 1000, patience: 10_000, look: 5000 };

/** Changed folders above which all of the library is looked at. */
const MOST_PLACES = 200;

export interface WatchListener {
  /** Files were changed, there or, without places, anywhere: nobody knows what was changed before it was watched. */
  readonly changed: (places?: readonly ScanPlace[]) => void;
  readonly failed: (error: unknown) => void;
}

export class WatchedFolder {
  private watcher: FSWatcher | undefined;
  /** Of the folder that is watched: another one may be mounted in its place. */
  private identity: string | undefined;
  private quiet: NodeJS.Timeout | undefined;
  private since: number | undefined;
  /** Folders, and whether those in them have changed as well. */
  private readonly changed = new Map<string, boolean>();
  private looking: Promise<void>;
  private isClosed = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly library: WatchedLibrary,
    private readonly listener: WatchListener,
    private readonly times: WatchTimes,
  ) {
    this.looking = this.look();
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, times.look);
    this.timer.unref();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    clearTimeout(this.quiet);
    await this.looking;
    await this.leave();
  }

  /** Begins to watch where the folder is there, and lets go of it where it is not, or is another one. */
  private async look(): Promise<void> {
    if (this.isClosed) return;
    const identity = await stateOfRoot(this.library).then(
      ({ device, inode }) => `${device}:${inode}`,
      () => undefined,
    );
    if (identity === this.identity) return;
    await this.leave();
    if (identity !== undefined) this.begin(identity);
  }

  private begin(identity: string): void {
    const { root, within, excluded, poll } = this.library;
    const isExcluded = exclusionOf(excluded);
    const { settled, look } = this.times;
    this.identity = identity;
    this.watcher = watch(root, {
      ignoreInitial: true,
      ignorePermissionErrors: true,
      followSymlinks: within === null,
      usePolling: poll,
      interval: look,
      binaryInterval: look,
      awaitWriteFinish: { stabilityThreshold: settled, pollInterval: Math.min(250, settled) },
      ignored: (path) => {
        const below = relative(root, path).replaceAll(sep, '/');
        return below !== '' && (below.split('/').some(isPassedOver) || isExcluded(below));
      },
    });
    this.watcher.on('all', (event, path) => {
      const below = relative(root, path).replaceAll(sep, '/');
      if (event === 'unlinkDir') this.note(below, true);
      else if (event !== 'addDir' && isOfPhoto(path)) this.note(dirname(below), false);
    });
    this.watcher.on('ready', () => {
      this.listener.changed();
    });
    this.watcher.on('error', this.listener.failed);
  }

  private async leave(): Promise<void> {
    const { watcher } = this;
    this.watcher = undefined;
    this.identity = undefined;
    await watcher?.close();
  }

  /** @param folder below the root */
  private note(folder: string, deep: boolean): void {
    const path = folder === '.' ? '' : folder;
    this.changed.set(path, deep || this.changed.get(path) === true);
    const now = performance.now();
    this.since ??= now;
    clearTimeout(this.quiet);
    const wait = Math.max(0, Math.min(this.times.quiet, this.since + this.times.patience - now));
    this.quiet = setTimeout(() => {
      this.since = undefined;
      const places = [...this.changed].map(([at, isDeep]) => ({ folder: at, deep: isDeep }));
      this.changed.clear();
      // A name that is no UTF-8 cannot be told to others.
      const isTold = places.length <= MOST_PLACES && !places.some((place) => place.folder.includes('\uFFFD'));
      this.listener.changed(isTold ? places : undefined);
    }, wait);
  }
}

/** Has libraries that are watched scanned when their files change. */
import type { Logger } from 'pino';
import type { LibraryId } from '../ids.js';
import type { Store } from '../store/store.js';
import { LIBRARIES_CHANNEL } from './libraries.js';
import type { ScanPlace } from './scan-places.js';
import { WATCH_TIMES, WatchedFolder, type WatchedLibrary, type WatchTimes } from './watch-folder.js';

export interface LibraryWatchOptions {
  readonly store: Pick<Store, 'libraries' | 'listen'>;
  /** Has a library scanned, soon: where something has changed, or all of it. */
  readonly scan: (id: LibraryId, places: readonly ScanPlace[] | undefined) => Promise<unknown>;
  readonly log: Pick<Logger, 'warn'>;
  /** Default: `WATCH_TIMES`. */
  readonly times?: WatchTimes | undefined;
}

export class LibraryWatch {
  private readonly folders = new Map<LibraryId, { readonly settings: string; readonly folder: WatchedFolder }>();
  private refreshing = Promise.resolve();
  private stopListening: (() => Promise<void>) | undefined;
  private isClosed = false;

  private constructor(private readonly options: LibraryWatchOptions) {}

  /** Watches what is to be watched from now on, as people add and change libraries. */
  static async open(options: LibraryWatchOptions): Promise<LibraryWatch> {
    const libraryWatch = new LibraryWatch(options);
    libraryWatch.stopListening = await options.store.listen(LIBRARIES_CHANNEL, () => {
      libraryWatch.refreshSoon();
    });
    libraryWatch.refreshSoon();
    await libraryWatch.refreshing;
    return libraryWatch;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.stopListening?.();
    await this.refreshing;
    await Promise.all([...this.folders.values()].map(({ folder }) => folder.close()));
  }

  private refreshSoon(): void {
    this.refreshing = this.refreshing
      .then(() => this.refresh())
      .catch((error: unknown) => {
        this.options.log.warn({ err: error }, 'the libraries that are to be watched could not be read');
      });
  }

  private async refresh(): Promise<void> {
    if (this.isClosed) return;
    const libraries = (await this.options.store.libraries.list()).filter(({ watch }) => watch);
    const wanted = new Map(libraries.map((library) => [library.id, library]));
    for (const [id, { settings, folder }] of this.folders) {
      const library = wanted.get(id);
      if (library && settingsOf(library) === settings) continue;
      this.folders.delete(id);
      await folder.close();
    }
    for (const [id, library] of wanted) {
      if (!this.folders.has(id)) this.folders.set(id, { settings: settingsOf(library), folder: this.watch(library) });
    }
  }

  private watch(library: WatchedLibrary): WatchedFolder {
    const { scan, log, times = WATCH_TIMES } = this.options;
    const { id, name } = library;
    const warn = (error: unknown, message: string) => {
      log.warn({ err: error, library: name }, message);
    };
    return new WatchedFolder(
      library,
      {
        changed: (places) => {
          scan(id, places).catch((error: unknown) => {
            warn(error, 'a library that has changed could not be given to a worker');
          });
        },
        failed: (error) => {
          warn(error, 'a part of a library is not watched: --poll (poll: true) watches where the system cannot');
        },
      },
      times,
    );
  }
}

function settingsOf({ root, within, excluded, poll }: WatchedLibrary): string {
  return JSON.stringify([root, within, excluded, poll]);
}

/** Libraries are added, changed and told of: folders whose photos stay where they are. */
import { realpath, stat } from 'node:fs/promises';
import { allowedPath, checkRealPath } from '../datasets/import-path.js';
import { isBelow } from '../files/is-below.js';
import { sceneLanguageOf } from '../datasets/scenes.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { LibraryId } from '../ids.js';
import type { LibraryChanges, LibraryRecord, NewLibrary } from '../store/libraries.js';
import type { Store } from '../store/store.js';
import { checkPatterns } from './list-files.js';

/** Told whenever a library is added, changed or removed: whoever watches folders looks at the list again. */
export const LIBRARIES_CHANNEL = 'ekphrasis_libraries';

export type LibraryWish = Partial<Pick<NewLibrary, 'name' | 'excluded' | 'watch' | 'poll'>>;

export interface LibrariesOptions {
  readonly store: Pick<Store, 'libraries' | 'notify'>;
  /** EKPHRASIS_DATA, which is never part of a library. */
  readonly dataDirectory: string;
  /** Folder below which clients of the API may add libraries. Default: they may add none. */
  readonly importRoot: string | undefined;
}

export class Libraries {
  constructor(private readonly options: LibrariesOptions) {}

  /**
   * Adds a folder for somebody who may read this machine's disk. Its photos come with the first scan.
   *
   * @throws BAD_USER_INPUT when it is no folder, or has the data folder in it; CONFLICT when it is a library already
   */
  async add(path: string, wish: LibraryWish = {}, within: string | null = null): Promise<LibraryRecord> {
    const { store, dataDirectory } = this.options;
    const root = await realFolder(path);
    const data = await realpath(dataDirectory).catch(() => dataDirectory);
    if (isBelow(data, root) || isBelow(root, data)) {
      const message = `${path} has the data of Ekphrasis in it (EKPHRASIS_DATA), or lies in it: its own files would become photos.`;
      throw new EkphrasisError(ErrorCode.BadInput, message);
    }
    const { name, excluded = [], watch = false, poll = false } = wish;
    const library = await store.libraries.add({ name, root, within, excluded: checkPatterns(excluded), watch, poll });
    await this.tell();
    return library;
  }

  /** The same for a client of the API. @throws BAD_USER_INPUT for a folder it may not read */
  async addForClient(path: string, wish: LibraryWish = {}): Promise<LibraryRecord> {
    const { importRoot } = this.options;
    const folder = allowedPath(path, importRoot);
    if (importRoot === undefined || sceneLanguageOf(path))
      throw new EkphrasisError(ErrorCode.BadInput, `${path} is no folder.`);
    await checkRealPath(folder, importRoot);
    return this.add(folder, wish, await realpath(importRoot));
  }

  /** @throws NOT_FOUND, BAD_USER_INPUT */
  async update(id: LibraryId, changes: LibraryChanges): Promise<LibraryRecord> {
    checkPatterns(changes.excluded ?? []);
    const library = await this.options.store.libraries.update(id, changes);
    await this.tell();
    return library;
  }

  /** Tells whoever watches that the list is another. */
  tell(): Promise<void> {
    return this.options.store.notify(LIBRARIES_CHANNEL, '');
  }
}

async function realFolder(path: string): Promise<string> {
  const root = await realpath(path).catch(() => undefined);
  const state = root === undefined ? undefined : await stat(root).catch(() => undefined);
  if (root !== undefined && state?.isDirectory() === true) return root;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    state ? `${path} is a file; a library is a folder.` : `There is no folder ${path}.`,
  );
}

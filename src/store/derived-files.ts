/**
 * Files that can be made again at any time, such as small copies of photos, in one folder with a size that it keeps to:
 * those that nobody has read for longest go first.
 */
import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinished, keepDerived, removeFile } from '../files/atomic-file.js';
import { entriesBelow } from '../files/entries-below.js';
import type { FreeSpace } from '../files/free-space.js';
import { storageFailure, systemCode } from '../files/storage-failure.js';

/** Of the size: with more, files are removed until there is less, so that not every new file has the folder measured. */
const TOO_FULL = 0.95;
const ROOMY = 0.85;

interface KeptFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

export class DerivedFiles {
  readonly folder: string;
  /** Bytes that may be written before the folder is measured again; none yet. */
  private room = 0;
  private pruning: Promise<void> | undefined;

  /**
   * @param dataDirectory EKPHRASIS_DATA; the files lie in `cache` below it
   * @param options.space of its disk
   * @param options.maximumBytes which all of them have together. Several processes that write may be over it for a
   *   while. 0: any number
   */
  constructor(
    dataDirectory: string,
    private readonly options: { readonly space?: FreeSpace; readonly maximumBytes?: number } = {},
  ) {
    this.folder = join(dataDirectory, 'cache');
  }

  /** What a file holds; undefined where there is none. @throws EkphrasisError STORAGE_FAILED */
  async read(path: string): Promise<Uint8Array | undefined> {
    try {
      const bytes = await readFile(path);
      await this.touch(path);
      return bytes;
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw storageFailure(path, cause);
    }
  }

  /**
   * Keeps a file where there is room for it: it appears in full or not at all.
   *
   * @throws EkphrasisError STORAGE_FAILED when the folder cannot be written
   */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await keepDerived(path, bytes, this.options.space);
    this.room -= bytes.length;
    if (this.room < 0) this.prune();
  }

  /** @throws EkphrasisError STORAGE_FAILED */
  async remove(path: string): Promise<void> {
    await removeFile(path);
  }

  /** Resolves when what is removed now has gone. */
  async settled(): Promise<void> {
    await this.pruning;
  }

  /** Says that it was used. The time of access is not kept by every file system. */
  private async touch(path: string): Promise<void> {
    if (!this.options.maximumBytes) return;
    const now = new Date();
    // It may have been removed just now, and a disk that is full or read-only says no more than which goes first.
    await utimes(path, now, now).catch(() => undefined);
  }

  private prune(): void {
    const { maximumBytes } = this.options;
    if (!maximumBytes) return;
    this.pruning ??= this.pruneTo(maximumBytes)
      // Where the folder cannot be read, the next file tries again.
      .catch(() => undefined)
      .finally(() => {
        this.pruning = undefined;
      });
  }

  private async pruneTo(maximumBytes: number): Promise<void> {
    const files = await this.measure();
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > TOO_FULL * maximumBytes) {
      for (const { path, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
        if (total <= ROOMY * maximumBytes) break;
        await removeFile(path);
        total -= bytes;
      }
    }
    // Half of it, as other processes may write as much.
    this.room = (maximumBytes - total) / 2;
  }

  private async measure(): Promise<KeptFile[]> {
    const files: KeptFile[] = [];
    for await (const entry of entriesBelow(this.folder)) {
      // What is being written is not there yet, and would miss its name in the end.
      if (!entry.isFile() || isUnfinished(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(() => undefined);
      if (found) files.push({ path, bytes: found.size, usedAt: found.mtimeMs });
    }
    return files;
  }
}

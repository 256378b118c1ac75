/**
 * What processes that were killed left unfinished: files of `writeFileAtomically` and uploads on their way, both of
 * `unfinishedPath`, and downloads that are not gone on with. Those of living processes stay: it is their age that tells, as a folder may be shared by
 * machines that do not see each other's processes.
 */
import { opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isUnfinished } from './atomic-file.js';
import { entriesBelow } from './entries-below.js';

/** Whoever writes a file touches it more often. */
const OLD_MILLISECONDS = 3_600_000;

/** Folders in which photos get their captions, and uploads, which earlier versions received there. */
const TEMPORARY = /^(capacitor-[0-9a-f]+\.tmp|ekphrasis-embed-\w{6})$/;
/** Earlier versions kept regions as they are. */
const EARLIER_REGIONS = /^[0-9a-f]{64}(-mirrored)?\.f16$/;
/** The cache: what pip was fetching, and what earlier versions were writing. */
const DOWNLOAD = /^(vgg16-.*\.\d+\.tmp|pip-\w{6})$/;

export interface LeftoverFolders {
  /** EKPHRASIS_DATA, searched through. */
  readonly data: string;
  /** EKPHRASIS_CACHE. */
  readonly cache: string;
  /** Of the system. */
  readonly temporary: string;
}

/**
 * Removes what is left over now, and again when what was too new to tell has become old.
 *
 * @returns when that is done, or the signal is aborted
 */
export async function sweepLeftovers(
  folders: LeftoverFolders,
  options: { readonly alone: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  await removeLeftovers(folders, options);
  await wait(OLD_MILLISECONDS, undefined, { ref: false, signal }).catch(() => undefined);
  if (!signal.aborted) await removeLeftovers(folders, options);
}

/**
 * Removes what is left over. What cannot be read or removed stays.
 *
 * @param alone no other process uses the data folder: what was there before this process is left over, however new
 * @returns how many files were removed
 */
export async function removeLeftovers(
  folders: LeftoverFolders,
  { alone, signal }: { readonly alone: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const old = Date.now() - OLD_MILLISECONDS;
  const started = Date.now() - 1000 * process.uptime();
  return (
    (await removeFrom(folders.data, isUnfinished, { before: alone ? started : old, recursive: true, signal })) +
    (await removeFrom(join(folders.data, 'cache', 'regions'), matches(EARLIER_REGIONS), {
      before: old,
      recursive: true,
      signal,
    })) +
    (await removeFrom(folders.cache, matches(DOWNLOAD), { before: old, recursive: false, signal })) +
    (await removeFrom(folders.cache, isUnfinished, { before: old, recursive: false, signal })) +
    (await removeFrom(folders.temporary, matches(TEMPORARY), { before: old, recursive: false, signal }))
  );
}

const matches = (names: RegExp) => (name: string) => names.test(name);

async function removeFrom(
  folder: string,
  isLeft: (name: string) => boolean,
  { before, recursive, signal }: { readonly before: number; readonly recursive: boolean; readonly signal: AbortSignal },
): Promise<number> {
  let removed = 0;
  try {
    for await (const { name, parentPath } of recursive ? entriesBelow(folder) : await opendir(folder)) {
      if (signal.aborted) break;
      if (!isLeft(name)) continue;
      const path = join(parentPath, name);
      const found = await stat(path).catch(() => undefined);
      if (!found || found.mtimeMs >= before) continue;
      await rm(path, { recursive: true, force: true });
      removed += 1;
    }
  } catch {
    // The folder is not there yet, or is another's: there is nothing of ours to remove.
  }
  return removed;
}

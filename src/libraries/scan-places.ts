/** The parts of a library that a scan looks at, where it is told that something has changed there. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { z } from 'zod';
import { type FolderContents, type FolderOptions, readFolder } from '../datasets/folder.js';
import { type ProblemList } from '../datasets/problems.js';
import { isBelow } from '../files/is-below.js';
import { isGone } from './is-gone.js';
import type { LibraryRecord } from '../store/libraries.js';
import type { RootState } from './check-root.js';

export const scanPlaceSchema = z.object({
  /** Below the root, with `/` between its parts; the root itself is empty. */
  folder: z.string(),
  /** With the folders in it. */
  deep: z.boolean(),
});
export type ScanPlace = z.output<typeof scanPlaceSchema>;

/**
 * Whether a look at a part is enough. What tells a folder that is not mounted from one whose files are gone is a look at
 * all of it.
 */
export async function mayScanPart(
  { root, scannedAt, device }: Pick<LibraryRecord, 'root' | 'scannedAt' | 'device'>,
  state: RootState,
): Promise<boolean> {
  return scannedAt !== null && device === state.device && (await readdir(root)).length > 0;
}

/** The same places by their own paths: files that links lead to are known by where they lie, where that is in the library. */
export async function ownPlaces(root: string, places: readonly ScanPlace[]): Promise<ScanPlace[]> {
  const own = await Promise.all(
    places.map(async ({ folder, deep }) => {
      const real = await realpath(`${root}/${folder}`).catch(() => undefined);
      const isOwn = real !== undefined && isBelow(real, root);
      return { folder: isOwn ? relative(root, real).replaceAll(sep, '/') : folder, deep };
    }),
  );
  const byFolder = new Map<string, ScanPlace>();
  for (const { folder, deep } of own)
    byFolder.set(folder, { folder, deep: deep || byFolder.get(folder)?.deep === true });
  const all = [...byFolder.values()];
  const isIn = (one: ScanPlace, other: ScanPlace) =>
    one !== other && other.deep && (other.folder === '' || one.folder.startsWith(`${other.folder}/`));
  return all.filter((place) => !all.some((other) => isIn(place, other)));
}

/** What lies in these folders. One that is gone has nothing in it, and one that cannot be read is named as such. */
export async function readPlaces(
  root: string,
  places: readonly ScanPlace[],
  problems: ProblemList,
  { within, isExcluded = () => false }: FolderOptions,
): Promise<FolderContents> {
  const files: FolderContents['files'][number][] = [];
  const unread: string[] = [];
  for (const { folder, deep } of places) {
    const below = (path: string) => (folder === '' ? path : path === '' ? folder : `${folder}/${path}`);
    const location = folder === '' ? root : `${root}/${folder}`;
    try {
      await stat(location);
      const contents = await readFolder(location, problems, {
        within,
        isExcluded: (path) => isExcluded(below(path)),
        isDeep: deep,
      });
      files.push(...contents.files.map((file) => ({ ...file, path: below(file.path) })));
      unread.push(...contents.unread.map(below));
    } catch (error) {
      if (!isGone(error)) unread.push(folder);
    }
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), unread };
}

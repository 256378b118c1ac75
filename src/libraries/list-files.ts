/** The photos of a library as they lie in its folder at this moment, each with the .xmp files that belong to it. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import picomatch from 'picomatch';
import { type FolderFile, isPassedOver, readFolder } from '../datasets/folder.js';
import { hasPhotoExtension } from '../datasets/photo-files.js';
import { amount, ProblemList } from '../datasets/problems.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { systemCode } from '../files/storage-failure.js';
import { sidecarPaths } from '../metadata/sidecars.js';
import type { LibraryRecord } from '../store/libraries.js';
import { isGone } from './is-gone.js';
import { readPlaces, type ScanPlace } from './scan-places.js';

export interface FoundFile extends FolderFile {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly sidecars: readonly FolderFile[];
  /** Names, sizes and times of the sidecars: another text, another content. */
  readonly sidecarState: string;
}

export interface LibraryContents {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** Paths behind which there may be files that nobody sees at the moment. */
  readonly unread: readonly string[];
}

const SIDECAR = '.xmp';
/** Files that are asked for their state at a time: the system does four of them at once. */
const STATS_AT_ONCE = 256;

/**
 * Whether a path below the root is left out. A pattern without `/` is about names, wherever they are; one of a folder is
 * about all that is in it.
 */
export function exclusionOf(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  const forms = patterns.map((pattern) => pattern.replace(/^\.?\/+/, '').replace(/\/+$/, ''));
  const whole = picomatch(
    forms.map((form) => (form.includes('/') ? form : `**/${form}`)),
    { dot: true, nocase: true },
  );
  return (path) => path.split('/').some((_, index, parts) => whole(parts.slice(0, index + 1).join('/')));
}

/** Whether a change of a file of this name is one of a photo: it is one, or belongs to one. */
export function isOfPhoto(name: string): boolean {
  return hasPhotoExtension(name) || isSidecar(name);
}

function isSidecar(name: string): boolean {
  return name.toLowerCase().endsWith(SIDECAR);
}

/** @throws BAD_USER_INPUT */
export function checkPatterns(patterns: readonly string[]): readonly string[] {
  const bad = patterns.find((pattern) => !/[^./\s]/.test(pattern) || pattern.length > 1000 || /\p{Cc}/u.test(pattern));
  if (bad === undefined) return patterns;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    `"${bad}" is no pattern of paths. Patterns are such as *.png, private, or 2019/**/raw.`,
  );
}

/**
 * @param places only what lies there. Default: all
 * @throws LIBRARY_UNAVAILABLE when its folder cannot be read
 */
export async function listFiles(
  { root, within, excluded }: Pick<LibraryRecord, 'root' | 'within' | 'excluded'>,
  problems: ProblemList,
  places?: readonly ScanPlace[],
): Promise<LibraryContents> {
  const options = { within: within ?? undefined, isExcluded: exclusionOf(excluded) };
  const reading =
    places === undefined ? readFolder(root, problems, options) : readPlaces(root, places, problems, options);
  const { files, unread } = await reading.catch((cause: unknown) => {
    throw new EkphrasisError(ErrorCode.LibraryUnavailable, `The folder ${root} cannot be read.`, { cause });
  });
  const photos = files.filter(({ name }) => hasPhotoExtension(name));
  const sidecars = files.filter(({ name }) => isSidecar(name));
  const stats = new StatReader(problems);
  const [ofPhotos, ofSidecars] = [await stats.read(photos), await stats.read(sidecars)];
  const byPhoto = new Map<string, [FolderFile, Stats][]>();
  for (const pair of ofSidecars) {
    const of = pair[0].path.slice(0, -SIDECAR.length);
    byPhoto.set(of, [...(byPhoto.get(of) ?? []), pair]);
  }
  return {
    files: ofPhotos.map(([file, state]) =>
      foundFile(
        file,
        state,
        [file.path, withoutExtension(file.path)].flatMap((path) => byPhoto.get(path) ?? []),
      ),
    ),
    unread: [...unread, ...stats.unread],
  };
}

/** One file of a library as it is now; undefined where it is none, or is left out. */
export async function findFile(
  { root, excluded }: Pick<LibraryRecord, 'root' | 'excluded'>,
  path: string,
): Promise<FoundFile | undefined> {
  if (!hasPhotoExtension(path) || path.split('/').some(isPassedOver) || exclusionOf(excluded)(path)) return undefined;
  const fileOf = (below: string): FolderFile => {
    const location = Buffer.from(`${root}/${below}`);
    return { path: below, name: below.slice(below.lastIndexOf('/') + 1), location };
  };
  const stats = new StatReader(new ProblemList());
  const [found] = await stats.read([fileOf(path)]);
  return found && foundFile(...found, await stats.read(sidecarPaths(path).map(fileOf)));
}

function foundFile(
  file: FolderFile,
  { size, mtimeMs }: Stats,
  sidecars: readonly (readonly [FolderFile, Stats])[],
): FoundFile {
  const states = sidecars.map(([{ name }, state]) => `${name} ${state.size} ${Math.trunc(state.mtimeMs)}`);
  return {
    ...file,
    size,
    modified: Math.trunc(mtimeMs),
    sidecars: sidecars.map(([sidecar]) => sidecar),
    sidecarState: states.join('\n'),
  };
}

class StatReader {
  readonly unread: string[] = [];

  constructor(private readonly problems: ProblemList) {}

  /** The files that are there, with their states. */
  async read(files: readonly FolderFile[]): Promise<[FolderFile, Stats][]> {
    const found: [FolderFile, Stats][] = [];
    for (let start = 0; start < files.length; start += STATS_AT_ONCE) {
      const group = files.slice(start, start + STATS_AT_ONCE);
      const states = await Promise.all(group.map((file) => this.stateOf(file)));
      group.forEach((file, index) => {
        const state = states[index];
        if (state?.isFile()) found.push([file, state]);
      });
    }
    return found;
  }

  /** Undefined for one that has gone since its folder was read, and for one of which nobody knows. */
  private async stateOf({ path, location }: FolderFile): Promise<Stats | undefined> {
    try {
      return await stat(location);
    } catch (error) {
      if (!isGone(error)) {
        this.unread.push(path);
        const reason = systemCode(error) ?? 'unknown';
        this.problems.add(
          'unreadable file',
          (count) => `${amount(count, 'file')} could not be read`,
          `${path} (${reason})`,
        );
      }
      return undefined;
    }
  }
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

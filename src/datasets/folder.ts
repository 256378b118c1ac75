/** The files of a folder, however they are named and linked. */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { decodeWestern } from './decode-text.js';
import { amount, ProblemList } from './problems.js';
import { isBelow } from '../files/is-below.js';

export interface FolderFile {
  /** Below the folder, with `/` between its parts; unique. Bytes that are no UTF-8 are read as Windows-1252. */
  readonly path: string;
  /** The last part of `path`. */
  readonly name: string;
  /** What the file system calls it. */
  readonly location: Buffer;
}

/**
 * What systems and programs leave beside photos, in lower case; names that begin with a full stop are passed over as
 * well.
 */
const LEFT_BY_SYSTEMS: ReadonlySet<string> = new Set([
  '@eadir',
  '__macosx',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  'lost+found',
  'system volume information',
  '$recycle.bin',
  'recycler',
  '#recycle',
  '@recycle',
  '@recently-snapshot',
  '#snapshot',
  '@tmp',
  '@__thumb',
  '@sharebin',
  'network trash folder',
  'temporary items',
]);

const SEPARATOR = Buffer.from(sep);

/** @throws EkphrasisError INVALID_DATASET when the path is no folder that can be read */
export async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new EkphrasisError(ErrorCode.InvalidDataset, `There is no folder ${path}.`);
  if (!found.isDirectory())
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${path} is a file; a data set is a folder.`);
}

/** What is below a folder. */
export interface FolderContents {
  /** Sorted by path. */
  readonly files: readonly FolderFile[];
  /** Paths of folders that could not be read, and of links that were not followed: nobody knows what is behind them. */
  readonly unread: readonly string[];
}

export interface FolderOptions {
  /** Links that lead out of this folder are not followed. Default: all are. */
  readonly within?: string | undefined;
  /** Told a path below the folder; what it says yes to is passed over, a folder with all that is in it. */
  readonly isExcluded?: ((path: string) => boolean) | undefined;
  /** Reads the folders in it, too. Default: true. */
  readonly isDeep?: boolean | undefined;
}

/**
 * All files below a folder. Links are followed, each folder is entered once. Hidden files and what systems leave behind
 * are passed over; what may not be read is named.
 *
 * @throws EkphrasisError INVALID_DATASET when the folder itself may not be read
 */
export async function readFolder(
  folder: string,
  problems: ProblemList,
  { within, isExcluded = () => false, isDeep = true }: FolderOptions = {},
): Promise<FolderContents> {
  const walk = new Walk(problems, within === undefined ? undefined : await realpath(within), isExcluded, isDeep);
  await walk.passOver(dirname(await realpath(folder)));
  await walk.enter({ path: '', location: Buffer.from(folder) });
  if (!walk.readAny)
    throw new EkphrasisError(ErrorCode.InvalidDataset, `The folder ${folder} may not be read by this user.`);
  await walk.followLinks();
  return { files: walk.files.sort((a, b) => (a.path < b.path ? -1 : 1)), unread: walk.unread };
}

/** The files of `readFolder`. */
export async function filesBelow(
  folder: string,
  problems: ProblemList,
  within?: string,
): Promise<readonly FolderFile[]> {
  return (await readFolder(folder, problems, { within })).files;
}

interface Place {
  readonly path: string;
  readonly location: Buffer;
}

class Walk {
  readonly files: FolderFile[] = [];
  readonly unread: string[] = [];
  readAny = false;
  private readonly entered = new Set<string>();
  private readonly taken = new Set<string>();
  private readonly links: (Place & { readonly name: string })[] = [];

  constructor(
    private readonly problems: ProblemList,
    private readonly within: string | undefined,
    private readonly isExcluded: (path: string) => boolean,
    private readonly isDeep: boolean,
  ) {}

  /** Never enters a folder or those that it lies in: a link there is a circle. */
  async passOver(folder: string): Promise<void> {
    const { dev, ino } = await stat(folder);
    this.entered.add(`${dev}:${ino}`);
    if (dirname(folder) !== folder) await this.passOver(dirname(folder));
  }

  async enter(place: Place): Promise<void> {
    const identity = await stat(place.location).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      (error: unknown) => {
        this.leaveOut(place, error);
      },
    );
    if (identity === undefined || this.entered.has(identity)) return;
    this.entered.add(identity);
    const entries = await this.entriesOf(place);
    for (const entry of entries) {
      const name = this.nameOf(entry.name, place);
      if (isPassedOver(name)) continue;
      const inside = {
        path: place.path === '' ? name : `${place.path}/${name}`,
        location: Buffer.concat([place.location, SEPARATOR, entry.name]),
      };
      if (this.isExcluded(inside.path)) continue;
      if (entry.isSymbolicLink()) this.links.push({ ...inside, name });
      else if (entry.isDirectory()) {
        if (this.isDeep) await this.enter(inside);
      } else if (entry.isFile()) this.files.push({ ...inside, name });
    }
  }

  /** Last: a folder of the data set that is linked to as well keeps its own path. */
  async followLinks(): Promise<void> {
    for (let link = this.links.shift(); link; link = this.links.shift()) {
      const target = await stat(link.location).catch(() => undefined);
      if (!target) {
        this.unread.push(link.path);
        this.problems.add('broken link', (count) => `${amount(count, 'link leads', 'links lead')} nowhere`, link.path);
      } else if (!(await this.mayFollow(link))) {
        this.unread.push(link.path);
        this.problems.add(
          'link out of the allowed folder',
          (count) => `${amount(count, 'link leads', 'links lead')} out of the folder that may be imported from`,
          link.path,
        );
      } else if (target.isDirectory()) {
        if (this.isDeep) await this.enter(link);
      } else if (target.isFile()) this.files.push(link);
    }
  }

  private async entriesOf(place: Place): Promise<Dirent<Buffer>[]> {
    try {
      const entries = await readdir(place.location, { withFileTypes: true, encoding: 'buffer' });
      this.readAny = true;
      // Names in UTF-8 first: another file whose name reads the same gives way to them.
      return entries.sort((a, b) => Number(isUtf8(b.name)) - Number(isUtf8(a.name)));
    } catch (error) {
      this.leaveOut(place, error);
      return [];
    }
  }

  private leaveOut({ path }: Place, error: unknown): void {
    this.unread.push(path);
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    this.problems.add(
      'unreadable folder',
      (count) => `${amount(count, 'folder')} could not be read`,
      `${path}${reason}`,
    );
  }

  /** A name that is no UTF-8 is read as Windows-1252, or escaped where another file beside it is called that. */
  private nameOf(bytes: Buffer, { path }: Place): string {
    const name = isUtf8(bytes) ? bytes.toString('utf8') : this.readWestern(bytes, path);
    this.taken.add(`${path}/${name}`);
    return name;
  }

  private readWestern(bytes: Buffer, path: string): string {
    const name = decodeWestern(bytes);
    if (!this.taken.has(`${path}/${name}`)) return name;
    return [...bytes]
      .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`))
      .join('');
  }

  private async mayFollow({ location }: Place): Promise<boolean> {
    if (this.within === undefined) return true;
    const target = await realpath(location, 'utf8').catch(() => undefined);
    return target !== undefined && isBelow(target, this.within);
  }
}

/** Whether a file or folder of this name is hidden, or left behind by a system. */
export function isPassedOver(name: string): boolean {
  return name.startsWith('.') || LEFT_BY_SYSTEMS.has(name.toLowerCase());
}

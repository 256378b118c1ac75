/** Which photo a caption file means by a name. */
import type { Split } from '../splits.js';
import type { FolderFile } from './folder.js';
import { hasPhotoExtension } from './photo-files.js';
import { splitOfFolders } from './split-names.js';

/** Where a name was read. */
export interface NameSource {
  /** The annotation file, below the data set's folder. */
  readonly path: string;
  readonly folder: string;
}

export interface Found {
  readonly photo: FolderFile;
  /** Whether its path was named, or it was told from others of its name, and not found by its base name alone. */
  readonly sure: boolean;
}

type Fold = (name: string) => string;

/**
 * How names are made comparable, the strictest first: a photo that is named exactly is never taken for another. Each
 * goes on from the one before: slashes of Windows and the two ways to write é; what is not to be seen; capitals, first
 * those of the extension, as in `.JPG`; addresses of the web, as in `two%20words.jpg?size=1`; a number that Flickr8k
 * and downloads append (`a.jpg.1`); last a name without its extension.
 */
const STEPS: readonly Fold[] = [
  asWritten,
  tidy,
  withoutControls,
  withPlainExtension,
  (name) => name.toLowerCase(),
  outOfAddress,
  withoutNumber,
  withoutExtension,
];
const FOLDS: readonly Fold[] = STEPS.map(
  (_, last) => (name) => STEPS.slice(0, last + 1).reduce((folded, step) => step(folded), name),
);

interface Candidate {
  readonly photo: FolderFile;
  readonly key: string;
}

export class PhotoIndex {
  /** By fold, then by folded base name. */
  private readonly levels: Map<string, Candidate[]>[] = [];

  constructor(readonly photos: readonly FolderFile[]) {}

  /** @returns `ambiguous` where the name fits several photos and nothing tells them apart */
  find(name: string, source: NameSource, split?: Split): Found | 'ambiguous' | undefined {
    for (const [level, fold] of FOLDS.entries()) {
      const key = fold(name.trim());
      const candidates = this.levelOf(level).get(baseOf(key)) ?? [];
      if (candidates.length > 0) return choose(candidates, key, fold(source.folder), source.path, split);
    }
    return undefined;
  }

  private levelOf(level: number): Map<string, Candidate[]> {
    return (this.levels[level] ??= this.makeLevel(FOLDS[level] ?? tidy));
  }

  private makeLevel(fold: (name: string) => string): Map<string, Candidate[]> {
    const byBase = new Map<string, Candidate[]>();
    for (const photo of this.photos) {
      const candidate = { photo, key: fold(photo.path) };
      const known = byBase.get(baseOf(candidate.key));
      if (known) known.push(candidate);
      else byBase.set(baseOf(candidate.key), [candidate]);
    }
    return byBase;
  }
}

/**
 * A relative path first: from the annotation file's folder, from the data set's, or the end of one. Then what tells
 * photos of one name apart.
 */
function choose(
  candidates: readonly Candidate[],
  key: string,
  folder: string,
  annotations: string,
  split?: Split,
): Found | 'ambiguous' {
  const exact = [
    candidates.filter((candidate) => folder !== '' && candidate.key === `${folder}/${key}`),
    candidates.filter((candidate) => candidate.key === key),
  ].find((found) => found.length > 0);
  const ends = key.includes('/') ? candidates.filter((candidate) => candidate.key.endsWith(`/${key}`)) : [];
  const named = exact ?? (ends.length > 0 ? ends : candidates);
  const [only, ...others] = [
    (some: readonly Candidate[]) => nearestTo(folder, some),
    (some: readonly Candidate[]) => some.filter(({ photo }) => isNamedBy(annotations, photo.path)),
    (some: readonly Candidate[]) =>
      some.filter(({ photo }) => split !== undefined && splitOfFolders(photo.path) === split),
  ].reduce((some, narrow) => {
    const fewer = some.length > 1 ? narrow(some) : some;
    return fewer.length > 0 ? fewer : some;
  }, named);
  if (!only || others.length > 0) return 'ambiguous';
  return {
    photo: only.photo,
    sure: named !== candidates || candidates.length > 1 || isForItsFolder(annotations, only.photo.path),
  };
}

/** Those that lie in the innermost of the annotation file's own folders that any of them lies in. */
function nearestTo(folder: string, candidates: readonly Candidate[]): readonly Candidate[] {
  for (let place = folder; place !== ''; place = place.slice(0, Math.max(0, place.lastIndexOf('/')))) {
    const inside = candidates.filter(({ key }) => key.startsWith(`${place}/`));
    if (inside.length > 0) return inside;
  }
  return candidates;
}

/**
 * Whether an annotation file's name has the name of the photo's folder in it, as `captions_train2017.json` has
 * `train2017`.
 */
function isNamedBy(annotations: string, photo: string): boolean {
  const folder = photo.split('/').at(-2)?.toLowerCase();
  return folder !== undefined && folder.length > 1 && baseOf(annotations).toLowerCase().includes(folder);
}

/** Whether it names the folder of a split: names such as `images` say nothing. */
function isForItsFolder(annotations: string, photo: string): boolean {
  return isNamedBy(annotations, photo) && splitOfFolders(photo.split('/').slice(-2).join('/')) !== undefined;
}

function asWritten(name: string): string {
  return name;
}

function tidy(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '')
    .replaceAll(/\/(\.?\/)+/g, '/');
}

/** But for the line feeds and the like that a file's name may have. */
function withoutControls(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').trim();
}

function withPlainExtension(name: string): string {
  return name.replace(/\.[^./]*$/, (extension) => extension.toLowerCase());
}

function outOfAddress(name: string): string {
  const plain = name.replace(/[?#][^/]*$/, '');
  const path = hasPhotoExtension(plain) ? plain : name;
  try {
    return tidy(decodeURIComponent(path));
  } catch {
    return path;
  }
}

function withoutNumber(name: string): string {
  const shorter = name.replace(/\.\d+$/, '');
  return hasPhotoExtension(shorter) ? shorter : name;
}

function withoutExtension(name: string): string {
  return hasPhotoExtension(name) ? name.slice(0, name.lastIndexOf('.')) : name;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

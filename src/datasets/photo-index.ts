/** Which photo a caption file means by a name. */
import type { Split } from './dataset.js';
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
  /** Whether its path was named, or its folder by the annotation file, and not its base name alone. */
  readonly sure: boolean;
}

/**
 * How names are made comparable, the strictest first: a photo that is named exactly is never taken for another. Then slashes of
 * Windows and the two ways to write é; then capitals, as in `.JPG`; then a number that Flickr8k and downloads append
 * (`a.jpg.1`); last a name without its extension.
 */
const FOLDS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => tidy(name),
  (name) => tidy(name).toLowerCase(),
  (name) => withoutNumber(tidy(name).toLowerCase()),
  (name) => withoutExtension(withoutNumber(tidy(name).toLowerCase())),
];

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

/** A relative path first: from the annotation file's folder, from the data set's, or the end of one. Then what the annotation file is for. */
function choose(candidates: readonly Candidate[], key: string, folder: string, annotations: string, split?: Split): Found | 'ambiguous' {
  const byPath = [
    candidates.filter((candidate) => folder !== '' && candidate.key === `${folder}/${key}`),
    candidates.filter((candidate) => candidate.key === key),
    key.includes('/') ? candidates.filter((candidate) => candidate.key.endsWith(`/${key}`)) : [],
    candidates.filter(({ photo }) => isNamedBy(annotations, photo.path)),
    split === undefined ? [] : candidates.filter(({ photo }) => splitOfFolders(photo.path) === split),
  ].find((found) => found.length > 0);
  const [only, ...others] = byPath ?? candidates;
  return only && others.length === 0 ? { photo: only.photo, sure: byPath !== undefined } : 'ambiguous';
}

/** Whether an annotation file's name has the name of the photo's folder in it, as `captions_train2017.json` has `train2017`. */
function isNamedBy(annotations: string, photo: string): boolean {
  const folder = photo.split('/').at(-2)?.toLowerCase();
  return folder !== undefined && folder.length > 1 && baseOf(annotations).toLowerCase().includes(folder);
}

function tidy(name: string): string {
  return name.normalize('NFC').replaceAll('\\', '/').replace(/^(\.?\/)+/, '').replaceAll(/\/(\.?\/)+/g, '/');
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

/** Brings photos and annotations together, and says what does not fit. */
import type { Split } from '../splits.js';
import { cleanCaption } from './caption-text.js';
import type { FolderFile } from './folder.js';
import type { Found, PhotoIndex } from './photo-index.js';
import { amount, type ProblemList } from './problems.js';
import type { Annotation } from './reader.js';
import { splitOfName } from './split-names.js';
import type { TextFile } from './text-files.js';

export interface Annotated {
  readonly captions: ReadonlyMap<FolderFile, readonly string[]>;
  readonly splits: ReadonlyMap<FolderFile, Split>;
  /** Captions that were read, whether or not their photos are there. */
  readonly read: number;
}

interface Match {
  readonly annotation: Annotation;
  readonly found: Found;
}

export function join(annotations: readonly Annotation[], photos: PhotoIndex, problems: ProblemList): Annotated {
  const matches = withoutStrangers(findPhotos(annotations, photos, problems), problems);
  const captions = new Map<FolderFile, { text: string; file: TextFile }[]>();
  const splits = new Map<FolderFile, Split>();
  for (const {
    annotation,
    found: { photo },
  } of matches) {
    const { split, file } = annotation;
    if (split !== undefined) setSplit(splits, photo, split, problems);
    if (annotation.captions.length === 0) continue;
    const own = captions.get(photo) ?? [];
    for (const text of cleanCaptions(annotation, problems)) {
      // A copy of the annotations elsewhere in the folder says the same again.
      if (!own.some((other) => other.file !== file && other.text === text)) own.push({ text, file });
    }
    if (own.length > 0) captions.set(photo, own);
  }
  return {
    captions: new Map([...captions].map(([photo, own]) => [photo, own.map(({ text }) => text)])),
    splits,
    read: annotations.reduce((sum, annotation) => sum + annotation.captions.length, 0),
  };
}

function findPhotos(annotations: readonly Annotation[], photos: PhotoIndex, problems: ProblemList): Match[] {
  const unknown = new Set<string>();
  const ambiguous = new Set<string>();
  const matches = annotations.flatMap((annotation): Match[] => {
    const found = photos.find(annotation.photo, annotation.file, annotation.split);
    if (found !== undefined && found !== 'ambiguous') return [{ annotation, found }];
    (found === undefined ? unknown : ambiguous).add(annotation.photo);
    return [];
  });
  for (const name of unknown)
    problems.add(
      'no file',
      (count) => `${amount(count, 'image has', 'images have')} captions or a place in a split list, but no file`,
      name,
    );
  for (const name of ambiguous)
    problems.add(
      'ambiguous name',
      (count) =>
        `${amount(count, 'name fits', 'names fit')} several photos and ${count === 1 ? 'was' : 'were'} left out`,
      name,
    );
  return matches;
}

/**
 * A base name alone is not enough where what was said beside it is of another photo: another folder, or the split of an
 * annotation file that is not the photo's.
 */
function withoutStrangers(matches: readonly Match[], problems: ProblemList): Match[] {
  const sure = new Set(matches.filter(({ found }) => found.sure).map(({ found }) => found.photo));
  const claims = new Map<FolderFile, Set<string>>();
  for (const { annotation, found } of matches) {
    // A list of the photos of a split says nothing of which photo a caption is.
    const claim = annotation.captions.length > 0 ? claimOf(annotation) : '';
    if (!found.sure && claim !== '') claims.set(found.photo, (claims.get(found.photo) ?? new Set()).add(claim));
  }
  return matches.filter(({ annotation, found: { photo, sure: isSure } }) => {
    if (isSure || annotation.captions.length === 0 || claimOf(annotation) === '') return true;
    if (!sure.has(photo) && (claims.get(photo)?.size ?? 0) < 2) return true;
    problems.add(
      'another photo of the name',
      (count) => `${amount(count, 'entry is', 'entries are')} of another photo with the name of one that is there`,
      `${annotation.photo} (${annotation.place})`,
    );
    return false;
  });
}

/** The folder that was named with the photo, else the split that its annotation file is for. */
function claimOf({ photo, file }: Annotation): string {
  const folder = /^(?:\.?[/\\])*(.+)[/\\]/s.exec(photo)?.[1];
  return folder ?? splitOfName(file.name) ?? '';
}

function setSplit(splits: Map<FolderFile, Split>, photo: FolderFile, split: Split, problems: ProblemList): void {
  const known = splits.get(photo);
  if (known !== undefined && known !== split) {
    problems.add(
      'in two splits',
      (count) => `${amount(count, 'photo is', 'photos are')} said to be in two splits; the last one counts`,
      photo.path,
    );
  }
  splits.set(photo, split);
}

function cleanCaptions({ captions, place }: Annotation, problems: ProblemList): string[] {
  return captions.flatMap((caption) => {
    const clean = cleanCaption(caption);
    if (!clean) {
      problems.add(
        'no word',
        (count) =>
          `${amount(count, 'caption has', 'captions have')} no word and ${count === 1 ? 'was' : 'were'} left out`,
        place,
      );
      return [];
    }
    if (clean.changed) {
      problems.add(
        'control characters',
        (count) => `Control characters or halves of characters were removed from ${amount(count, 'caption')}`,
        place,
      );
    }
    return [clean.text];
  });
}

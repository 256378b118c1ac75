/** What a reader of a format of captions is. */
import type { Split } from '../splits.js';
import type { PhotoIndex } from './photo-index.js';
import type { ProblemList } from './problems.js';
import type { TextFile } from './text-files.js';

/** What a line or an entry of an annotation file says of a photo. */
export interface Annotation {
  /** As it is written there: a path or a name. */
  readonly photo: string;
  /** As they are written there. */
  readonly captions: readonly string[];
  readonly split?: Split | undefined;
  readonly file: TextFile;
  /** For a person: "line 3 of captions.txt". */
  readonly place: string;
}

/** Which columns of a table hold what, by their headers or by their numbers from 1. */
export interface Columns {
  readonly file: string;
  readonly caption: string;
  readonly split?: string | undefined;
}

export interface Reading {
  readonly photos: PhotoIndex;
  /** What a person said of the columns. */
  readonly columns?: Columns | undefined;
  readonly problems: ProblemList;
}

export interface Reader {
  /** By which `--format` asks for it. */
  readonly id: string;
  /** For a person: "Karpathy's JSON". */
  readonly name: string;
  /** Those of the files that are in the format, by what is in them. */
  recognise(files: readonly TextFile[], reading: Reading): readonly TextFile[];
  /** What those files say; a line that says nothing is told as a problem, and costs itself alone. */
  read(files: readonly TextFile[], reading: Reading): Annotation[];
}

/** Names a line or an entry that cannot be read. */
export function addBadLine(problems: ProblemList, place: string): void {
  problems.add(
    'bad line',
    (count) =>
      `${count} ${count === 1 ? 'line or entry is' : 'lines or entries are'} not in the format and ${count === 1 ? 'was' : 'were'} left out`,
    place,
  );
}

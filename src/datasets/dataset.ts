import type { Split } from '../splits.js';
/** What every data set looks like to the rest of the program, however it lies on disk. */

export interface DatasetItem {
  /** Where the photo lies below the data set's folder, with `/` between its parts; unique within its data set. */
  readonly path: string;
  /** The photo's file name: the last part of `path`. */
  readonly name: string;
  /** The image file's bytes. */
  read(): Promise<Uint8Array>;
  /** Where its `.xmp` files lie, what holds before others first. Default: it has none. */
  readonly sidecars?: readonly Buffer[] | undefined;
  readonly split: Split | null;
  /** Each has a word, no control character and no lone surrogate. */
  readonly captions: readonly string[];
}

/** Something missing or odd, once for all places where it is so. It does not stop an import. */
export interface Problem {
  /** The same for equal problems, such as `no captions`; problems are counted by it. */
  readonly kind: string;
  /** A sentence for a person that names the first few places and says how many there are. */
  readonly message: string;
  /** How many files, lines or captions have it. */
  readonly count: number;
}

/** What was recognised in a folder, before anything is imported. */
export interface DatasetSummary {
  /** For a person: "Karpathy's JSON". */
  readonly format: string;
  readonly photos: number;
  readonly captions: number;
  /** Photos of each split; null where the data set has no splits. */
  readonly splits: Readonly<Record<Split, number>> | null;
}

export interface Dataset {
  /** What it is called until a person names it: the last part of its folder's name. */
  readonly name: string;
  /** The place it came from: the real path of its folder, or `scenes`. Two data sets of one origin are the same. */
  readonly origin: string;
  /** Id of its format, such as `flickr8k`, `kaggle`, `coco`, `karpathy`, `folder`, `scenes`. */
  readonly format: string;
  /** Language of its captions as a BCP 47 tag, such as `en` or `de`; undefined where nobody said. */
  readonly language?: string | undefined;
  readonly summary: DatasetSummary;
  readonly items: AsyncIterable<DatasetItem>;
  readonly count: number;
  readonly problems: readonly Problem[];
}

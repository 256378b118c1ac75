/** What every data set looks like to the rest of the program, however it lies on disk. */

export type Split = 'train' | 'dev' | 'test';

export interface DatasetItem {
  /** The image's file name; unique within its data set. */
  readonly name: string;
  /** The image file's bytes. */
  read(): Promise<Uint8Array>;
  readonly split: Split | null;
  readonly captions: readonly string[];
}

export interface Dataset {
  readonly name: string;
  /** Such as `flickr8k`, `kaggle`, `coco`, `folder`, `scenes`. */
  readonly layout: string;
  readonly items: AsyncIterable<DatasetItem>;
  readonly count: number;
  /** What is missing or odd, by name, in sentences for a person. None of it stops an import. */
  readonly problems: readonly string[];
}

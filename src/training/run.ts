/** What a training is: what it learns from and how, and where it leaves what comes of it. */
import type { EarlierModel } from './fine-tuning.js';
import type { SearchSettings } from './joint-embedding/settings.js';
import type { EngineWish, TrainingSettings } from './settings.js';

interface Run {
  /** Name of the model that comes of it. */
  readonly name: string;
  /** A folder written by `writeTrainingData`. */
  readonly dataFile: string;
  /** Receives two files after every epoch; see run-folder.ts. */
  readonly outputDirectory: string;
  /** Bytes of the disk that stay free. Default: that of `FreeSpace`. */
  readonly diskReserve?: number | undefined;
  /** What to compute with where the settings do not say. */
  readonly compute: EngineWish;
  /** Go on from the progress in `outputDirectory`, if there is any. */
  readonly resume?: boolean;
  /**
   * The captioner to begin with: another captioner has its parameters, sizes and vocabulary, a search model its
   * projection of regions and its word vectors.
   */
  readonly from?: EarlierModel | undefined;
}

export interface CaptionRun extends Run {
  readonly task: 'CAPTION';
  readonly settings: TrainingSettings;
}

export interface SearchRun extends Run {
  readonly task: 'SEARCH';
  readonly settings: SearchSettings;
}

export type TrainingRun = CaptionRun | SearchRun;

/** What the collection needs of the rest of the program. */
import type { TrashId } from '../ids.js';
import type { TrashKind } from '../store/trash.js';
import type { Caption, CaptionOptions } from '../captioner/captioner.js';
import type { InferenceClient } from '../inference/client.js';
import type { Priority } from '../inference/requester.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { CheckpointFiles } from '../models/checkpoint-files.js';
import type { RegionCache } from '../store/region-cache.js';
import type { Store } from '../store/store.js';
import type { ThumbnailCache } from '../store/thumbnail-cache.js';
import type { EncoderDescription, ImageFeatures } from '../vision/encoder.js';

/** The process that sees and writes. */
export interface Inference {
  readonly encoder: EncoderDescription;
  /** @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE when any of the photos cannot be read; PROCESS_FAILED */
  encode(
    photos: readonly Uint8Array[],
    options?: { readonly priority?: Priority | undefined },
  ): Promise<ImageFeatures[]>;
  /** A HEIC or HEIF photo as JPEG. @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, PROCESS_FAILED */
  render(photo: Uint8Array, options?: { readonly priority?: Priority | undefined }): Promise<Uint8Array>;
  /**
   * @param checkpoint path of the model's file
   * @param regions float16 bits [regions * regionSize] of each photo
   * @param judge path of a search model's file, which judges how well captions fit
   * @returns for each photo its captions, best first
   */
  caption(
    checkpoint: string,
    regions: readonly Uint16Array[],
    beam?: Partial<CaptionOptions>,
    options?: { readonly priority?: Priority | undefined; readonly judge?: string | undefined },
  ): Promise<Caption[][]>;
  /**
   * @param checkpoint path of a search model's file
   * @returns unit vectors [EMBEDDING_LENGTH]; nothing for a text none of whose words the model knows
   */
  embedTexts(
    checkpoint: string,
    texts: readonly string[],
    options?: { readonly priority?: Priority | undefined },
  ): Promise<(Float32Array | undefined)[]>;
  /**
   * @param checkpoint path of a search model's file
   * @param regions float16 bits [regions * regionSize] of each photo
   * @returns unit vectors [EMBEDDING_LENGTH]
   */
  embedImages(
    checkpoint: string,
    regions: readonly Uint16Array[],
    options?: { readonly priority?: Priority | undefined },
  ): Promise<Float32Array[]>;
}

/** Where what is deleted is kept for a while. */
export interface TrashBin {
  /**
   * @param name of what is deleted, for people
   * @returns an entry, to which what is deleted goes; undefined where nothing is kept
   */
  open(kind: TrashKind, name: string): Promise<TrashId | undefined>;
}

/** How an import agrees with whoever deletes photos and data sets meanwhile, in this process or another. */
export interface ImportGuard {
  /** Imports into a data set, which is not deleted as long, nor are its photos. */
  importing<T>(open: () => Promise<DatasetRecord>, action: (dataset: DatasetRecord) => Promise<T>): Promise<T>;
  /** Writes what is known of a few photos: whoever deletes waits for it. */
  writing<T>(action: () => Promise<T>): Promise<T>;
  /**
   * Removes photos from a data set while nothing reads those of it.
   *
   * @throws EkphrasisError CONFLICT that names what does
   */
  unread<T>(dataset: DatasetRecord, action: () => Promise<T>): Promise<T>;
}

export interface CollectionContext {
  readonly store: Pick<
    Store,
    | 'images'
    | 'externalIds'
    | 'datasets'
    | 'datasetPhotos'
    | 'captions'
    | 'fileMetadata'
    | 'features'
    | 'embeddings'
    | 'models'
    | 'space'
  >;
  readonly regions: RegionCache;
  /** Small copies of photos, which go with them. */
  readonly thumbnails: Pick<ThumbnailCache, 'remove'>;
  readonly guard: ImportGuard;
  readonly trash: TrashBin;
  readonly checkpoints: CheckpointFiles;
  readonly inference: Inference;
  readonly limits: { readonly maximumBytes: number; readonly maximumPixels: number };
}

/** The whole of it, while the process that sees and writes runs. */
export interface OpenCollection extends CollectionContext {
  readonly store: Store;
  readonly inference: InferenceClient;
}

/** A photo that is not stored yet. */
export interface Photo {
  readonly bytes: Uint8Array;
  /** The file's name. */
  readonly name: string;
}

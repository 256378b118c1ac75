/** The process that sees and writes, with the collection around it: started once, when it is first wanted. */
import { join } from 'node:path';
import type { CollectionContext } from './collection/context.js';
import { seeStoredImages } from './collection/see-images.js';
import type { Config } from './config.js';
import { EkphrasisError, ErrorCode } from './errors.js';
import type { ImageId } from './ids.js';
import { InferenceClient } from './inference/client.js';
import type { EvaluationSurroundings } from './jobs/evaluate-model.js';
import { importGuard } from './jobs/usage.js';
import { CheckpointFiles } from './store/checkpoint-files.js';
import { RegionCache } from './store/region-cache.js';
import type { Store } from './store/store.js';
import { ThumbnailCache } from './store/thumbnail-cache.js';
import { DEFAULT_PHOTO_LIMITS } from './vision/photo.js';

/** The collection, with the process that sees and writes. */
export interface SeeingCollection extends CollectionContext {
  readonly store: Store;
  readonly inference: InferenceClient;
}

export interface SeeingOptions {
  /** Told of the download of VGG16's weights, in bytes. */
  readonly onDownload?: (done: number, total: number) => void;
  /** Told in a sentence which source of the weights is tried. */
  readonly onNotice?: (sentence: string) => void;
}

export class Seeing {
  private opening: Promise<InferenceClient> | undefined;
  private closed = false;
  /** What needs no process. */
  readonly around: Omit<SeeingCollection, 'inference'>;

  /** @param shipped the folder of the program's own models */
  constructor(
    private readonly config: Config,
    private readonly options: SeeingOptions,
    store: Store,
    shipped: string,
  ) {
    const { dataDirectory, limits } = config;
    this.around = {
      store,
      limits,
      regions: new RegionCache(dataDirectory),
      thumbnails: new ThumbnailCache(dataDirectory),
      checkpoints: new CheckpointFiles({ written: join(dataDirectory, 'models'), shipped }, store),
      guard: importGuard(store),
    };
  }

  async open(): Promise<SeeingCollection> {
    if (this.closed) throw new EkphrasisError(ErrorCode.ProcessFailed, 'The server is shutting down.');
    this.opening ??= this.start();
    return { ...this.around, inference: await this.opening };
  }

  async close(): Promise<void> {
    this.closed = true;
    const inference = await this.opening?.catch(() => undefined);
    await inference?.close();
  }

  private async start(): Promise<InferenceClient> {
    const { encoder: file, weights, precision, cacheDirectory, limits } = this.config;
    const photoLimits = { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels };
    const { onDownload: onProgress, onNotice } = this.options;
    const vgg16 = { weights: weights.source, weightsUrl: weights.url, cacheDirectory, precision, photoLimits, onProgress, onNotice };
    try {
      return await InferenceClient.start({ encoder: file === undefined ? vgg16 : { file, photoLimits } });
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }
}

/** What models are measured with: photos are seen after those that people wait for. */
export function evaluationSurroundings(context: SeeingCollection): EvaluationSurroundings & Pick<SeeingCollection, 'store'> {
  const { store, inference, checkpoints } = context;
  return { store, inference, checkpoints, regionsOf: (imageIds: readonly ImageId[]) => seeStoredImages(imageIds, context, 'background') };
}

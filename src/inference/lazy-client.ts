/** The process that sees and writes, started when it is first wanted. */
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import { DEFAULT_PHOTO_LIMITS } from '../vision/photo.js';
import { InferenceClient, type OnAnswer } from './client.js';

export interface InferenceOptions {
  /** Told of the download of VGG16's weights, in bytes. */
  readonly onDownload?: (done: number, total: number) => void;
  /** Told in a sentence which source of the weights is tried. */
  readonly onNotice?: (sentence: string) => void;
  readonly onAnswer?: OnAnswer;
}

export type InferenceConfig = Pick<Config, 'encoder' | 'weights' | 'precision' | 'cacheDirectory'> &
  Partial<Pick<Config, 'watchdogSeconds' | 'diskReserve'>> & {
    readonly limits: Pick<Config['limits'], 'maximumPixels'>;
  };

/** After a failure, a look whether it can be opened does not try again before: fetching weights takes long. */
const RETRY_MILLISECONDS = 60_000;

export class LazyInferenceClient {
  private opening: Promise<InferenceClient> | undefined;
  private opened: InferenceClient | undefined;
  private failure: { readonly error: unknown; readonly at: number } | undefined;
  private closed = false;

  constructor(
    private readonly config: InferenceConfig,
    private readonly options: InferenceOptions,
  ) {}

  /**
   * A call after a failure tries again.
   *
   * @throws WEIGHTS_UNAVAILABLE, STORAGE_FAILED, INVALID_CONFIGURATION, PROCESS_FAILED
   */
  async open(): Promise<InferenceClient> {
    if (this.closed) throw new EkphrasisError(ErrorCode.ProcessFailed, 'The server is shutting down.');
    this.opening ??= this.start();
    return this.opening;
  }

  /** How much work waits. */
  get waiting(): number {
    return this.opened?.waiting ?? 0;
  }

  /** What it sees with; undefined until it is open. */
  get encoder(): EncoderId | undefined {
    return this.opened?.encoder.id;
  }

  /** Resolves when it is open. @throws as `open`; for a while after a failure the same error, without another try */
  async ready(): Promise<void> {
    if (this.failure && performance.now() - this.failure.at < RETRY_MILLISECONDS) throw this.failure.error;
    await this.open();
  }

  async close(): Promise<void> {
    this.closed = true;
    const inference = await this.opening?.catch(() => undefined);
    await inference?.close();
  }

  private async start(): Promise<InferenceClient> {
    const { encoder: file, weights, precision, cacheDirectory, diskReserve, limits, watchdogSeconds } = this.config;
    const photoLimits = { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels };
    const { onDownload: onProgress, onNotice, onAnswer } = this.options;
    const vgg16 = {
      weights: weights.source,
      weightsUrl: weights.url,
      cacheDirectory,
      diskReserve,
      precision,
      photoLimits,
      onProgress,
      onNotice,
    };
    try {
      const encoder = file === undefined ? vgg16 : { file, photoLimits };
      this.opened = await InferenceClient.start({ encoder, watchdogSeconds, onAnswer });
      this.failure = undefined;
      return this.opened;
    } catch (error) {
      this.failure = { error, at: performance.now() };
      this.opening = undefined;
      throw error;
    }
  }
}

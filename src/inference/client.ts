/** The server's door to the process that sees and writes. */
import type { Caption, CaptionOptions } from '../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { ENCODER_BATCH, type EncoderDescription, type ImageFeatures } from '../vision/encoder.js';
import { type EncoderOptions, type PlainEncoderOptions, prepareEncoder } from '../vision/open-encoder.js';
import { InferenceChild } from './child.js';
import { type CallName, fromFailure } from './messages.js';
import { type Waiting, WorkQueue } from './queue.js';
import { currentRequester, type Priority } from './requester.js';

export interface InferenceOptions {
  readonly encoder: EncoderOptions;
  /** A checkpoint to load at once, so that the first caption does not wait for it. */
  readonly checkpointPath?: string;
  /** How long the process may stand before it ends itself, and the next call starts another. Default: for ever. */
  readonly watchdogSeconds?: number;
  readonly onAnswer?: OnAnswer | undefined;
}

/**
 * Told of every call that was answered.
 *
 * @param seconds of the process, without the time that it waited
 * @param count of its photos or sentences
 */
export type OnAnswer = (call: Exclude<CallName, 'open'>, seconds: number, count: number) => void;

export interface CallOptions {
  /** Default: that of whoever asks, or `interactive`. */
  readonly priority?: Priority | undefined;
}

interface AnyWork extends Waiting {
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal | undefined;
}

interface PhotoWork extends AnyWork {
  readonly kind: 'photo';
  readonly photo: Uint8Array;
  readonly resolve: (features: ImageFeatures) => void;
  readonly reject: (error: unknown) => void;
}

/** A call that is made by itself, unlike photos, which are encoded together. */
interface CallWork extends AnyWork {
  readonly kind: 'call';
  /** Makes the call and hands on what it gave. */
  readonly perform: (child: InferenceChild) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

type Work = PhotoWork | CallWork;

/** Roughly the milliseconds that work takes, so that clients are given the same time (docs/figures.md). */
const COSTS = { photo: 120, rendering: 1000, caption: 150, embedding: 5 } as const;

/** Images captioned in one go: more would let a person wait behind them. */
const CAPTION_BATCH = 16;
/** Sentences or photos embedded in one go: a photo takes a millisecond. */
const EMBEDDING_BATCH = 64;

/**
 * Encodes and captions in a process of its own. Photos that wait are encoded together, up to eight at once, whoever
 * asked for them. When the process crashes, the calls it was busy with reject with PROCESS_FAILED and the next starts a
 * new one.
 */
export class InferenceClient {
  private readonly queue = new WorkQueue<Work>();
  private child: InferenceChild | undefined;
  private busy = false;
  private closed = false;
  private description: EncoderDescription | undefined;

  private constructor(
    private readonly options: {
      readonly encoder: PlainEncoderOptions;
      readonly checkpoint: string | undefined;
      readonly watchdogSeconds: number;
      readonly onAnswer: OnAnswer | undefined;
    },
  ) {}

  /**
   * Fetches what the encoder needs (here, where progress can be shown), then starts the process.
   *
   * @throws EkphrasisError WEIGHTS_UNAVAILABLE, STORAGE_FAILED, INVALID_CHECKPOINT, ENCODER_MISMATCH, NO_MODEL,
   *   PROCESS_FAILED
   */
  static async start({
    encoder,
    checkpointPath: checkpoint,
    watchdogSeconds = 0,
    onAnswer,
  }: InferenceOptions): Promise<InferenceClient> {
    const prepared = await prepareEncoder(encoder);
    const client = new InferenceClient({ encoder: prepared, checkpoint, watchdogSeconds, onAnswer });
    try {
      await client.open();
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** How much work waits. */
  get waiting(): number {
    return this.queue.length;
  }

  /** What sees. */
  get encoder(): EncoderDescription {
    if (this.description === undefined) throw new Error('the encoder is not open');
    return this.description;
  }

  /**
   * Features of photos, in their order.
   *
   * @param photos whole files
   * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE for the first photo that cannot be read; PROCESS_FAILED
   */
  async encode(photos: readonly Uint8Array[], options: CallOptions = {}): Promise<ImageFeatures[]> {
    return Promise.all(
      photos.map(
        (photo) =>
          new Promise<ImageFeatures>((resolve, reject) => {
            this.add({ kind: 'photo', photo, resolve, reject, ...waiting(COSTS.photo, options) });
          }),
      ),
    );
  }

  /**
   * A HEIC or HEIF photo as JPEG: see `renderHeif`.
   *
   * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, PROCESS_FAILED
   */
  async render(photo: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const perform = async (child: InferenceChild) => {
        resolve(await this.timed('render', 1, child.call<'render'>({ call: 'render', photo })));
      };
      this.add({ kind: 'call', perform, reject, ...waiting(COSTS.rendering, options) });
    });
  }

  /**
   * Captions of photos from their regions, best first.
   *
   * @param checkpoint path of the model's file
   * @param judge path of a search model's file, which judges how well captions fit
   * @throws EkphrasisError NO_MODEL, INVALID_CHECKPOINT, ENCODER_MISMATCH, BAD_USER_INPUT, PROCESS_FAILED
   */
  async caption(
    checkpoint: string,
    regions: readonly Uint16Array[],
    options: Partial<CaptionOptions> = {},
    { judge, ...call }: CallOptions & { readonly judge?: string | undefined } = {},
  ): Promise<Caption[][]> {
    return this.inParts(regions, CAPTION_BATCH, waiting(COSTS.caption, call), (child, part) =>
      this.timed(
        'caption',
        part.length,
        child.call<'caption'>({ call: 'caption', checkpoint, regions: part, options, judge }),
      ),
    );
  }

  /**
   * Vectors of sentences in the space of a search model, in their order.
   *
   * @param checkpoint path of the search model's file
   * @returns unit vectors [EMBEDDING_LENGTH]; nothing for a sentence none of whose words the model knows
   * @throws EkphrasisError NO_MODEL, INVALID_CHECKPOINT, PROCESS_FAILED
   */
  async embedTexts(
    checkpoint: string,
    texts: readonly string[],
    options: CallOptions = {},
  ): Promise<(Float32Array | undefined)[]> {
    return this.inParts(texts, EMBEDDING_BATCH, waiting(COSTS.embedding, options), (child, part) =>
      this.timed('embedTexts', part.length, child.call<'embedTexts'>({ call: 'embedTexts', checkpoint, texts: part })),
    );
  }

  /**
   * Vectors of photos in the space of a search model, in their order.
   *
   * @param checkpoint path of the search model's file
   * @param regions float16 bits [regions * regionSize] of each
   * @returns unit vectors [EMBEDDING_LENGTH]
   * @throws EkphrasisError NO_MODEL, INVALID_CHECKPOINT, ENCODER_MISMATCH, PROCESS_FAILED
   */
  async embedImages(
    checkpoint: string,
    regions: readonly Uint16Array[],
    options: CallOptions = {},
  ): Promise<Float32Array[]> {
    return this.inParts(regions, EMBEDDING_BATCH, waiting(COSTS.embedding, options), (child, part) =>
      this.timed(
        'embedImages',
        part.length,
        child.call<'embedImages'>({ call: 'embedImages', checkpoint, regions: part }),
      ),
    );
  }

  /** Ends the process. Calls that wait are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    for (const work of this.queue.drain()) work.reject(shutDown());
    await this.child?.close();
  }

  /**
   * Calls for some items at a time, so that no call keeps a person's waiting for long.
   *
   * @param each what is to be said of an item while it waits
   */
  private async inParts<Item, Result>(
    items: readonly Item[],
    size: number,
    each: AnyWork,
    call: (child: InferenceChild, part: readonly Item[]) => Promise<Result[]>,
  ): Promise<Result[]> {
    const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, index) => index * size);
    const parts = await Promise.all(
      starts.map(
        (start) =>
          new Promise<Result[]>((resolve, reject) => {
            const part = items.slice(start, start + size);
            const perform = async (child: InferenceChild) => {
              resolve(await call(child, part));
            };
            this.add({ kind: 'call', perform, reject, ...each, cost: each.cost * part.length });
          }),
      ),
    );
    return parts.flat();
  }

  private add(work: Work): void {
    if (this.closed) {
      work.reject(shutDown());
      return;
    }
    this.queue.add(work);
    if (!this.busy) void this.workOff();
  }

  private async workOff(): Promise<void> {
    this.busy = true;
    for (let taken = this.take(); taken.length > 0; taken = this.take()) {
      const batch = taken.filter(({ signal, reject }) => {
        if (signal?.aborted) reject(signal.reason);
        return !signal?.aborted;
      });
      try {
        if (batch.length > 0) await this.perform(batch);
      } catch (error) {
        for (const work of batch) work.reject(this.closed ? shutDown() : error);
      }
    }
    this.busy = false;
  }

  /** The next work: one call, or as many photos as the encoder takes at once. */
  private take(): Work[] {
    return this.queue.take(ENCODER_BATCH, (first, next) => first.kind === 'photo' && next.kind === 'photo');
  }

  private async perform(batch: readonly Work[]): Promise<void> {
    const child = await this.open();
    const photos = batch.filter((work) => work.kind === 'photo');
    if (photos.length > 0) {
      const answer = child.call<'encode'>({ call: 'encode', photos: photos.map(({ photo }) => photo) });
      const encoded = await this.timed('encode', photos.length, answer);
      photos.forEach(({ resolve, reject }, index) => {
        const result = encoded[index];
        if (result && 'features' in result) resolve(result.features);
        else reject(result ? fromFailure(result.failure) : new Error('a photo got no answer'));
      });
    }
    for (const work of batch) {
      if (work.kind === 'call') await work.perform(child);
    }
  }

  /** Tells how long a call takes that was just made. */
  private async timed<T>(call: Parameters<OnAnswer>[0], count: number, answer: Promise<T>): Promise<T> {
    const start = performance.now();
    const value = await answer;
    this.options.onAnswer?.(call, (performance.now() - start) / 1000, count);
    return value;
  }

  private async open(): Promise<InferenceChild> {
    if (this.child?.alive) return this.child;
    if (this.closed) throw shutDown();
    const { encoder, checkpoint, watchdogSeconds } = this.options;
    this.child = new InferenceChild(watchdogSeconds);
    try {
      this.description = await this.child.call<'open'>({ call: 'open', encoder, checkpoint });
    } catch (error) {
      // A process that could not open is of no use to the next call either.
      await this.child.close();
      throw error;
    }
    return this.child;
  }
}

/** What is said of work while it waits. */
function waiting(cost: number, { priority }: CallOptions): AnyWork {
  const requester = currentRequester();
  return { client: requester.client, signal: requester.signal, priority: priority ?? requester.priority, cost };
}

function shutDown(): EkphrasisError {
  return new EkphrasisError(ErrorCode.ProcessFailed, 'The server is shutting down.');
}

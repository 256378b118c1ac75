/** From captions to the arrays of a training step. */
import type { Decoder } from '../captioner/decoder.js';
import type { Shape } from '../tensors/graph.js';
import { sizeOf } from '../tensors/graph.js';
import { fromHalf } from '../files/half.js';
import type { TensorData } from '../tensors/session.js';
import type { WordArrays } from './batch-layout.js';
import { layOut } from './batch-layout.js';
import type { Drawn, OrderSettings, TrainingExample } from './batch-order.js';
import { BatchOrder } from './batch-order.js';
import { dropoutMask } from './dropout.js';
import type { LengthProfile } from './length-profile.js';
import { envelope, profileOf } from './length-profile.js';
import type { Mask } from './loss-graph.js';
import { maskShapes } from './loss-graph.js';
import { RandomStream } from './random.js';

/** The arrays of a step; see `BatchInputs`. */
export interface Batch extends WordArrays {
  readonly regions: Float32Array;
  /** Absent when nothing is dropped. */
  readonly keep?: Readonly<Record<Mask, Uint8Array>>;
}

export interface BatchSettings extends OrderSettings {
  /** The first epoch these batches are for; 1 where it is left out. */
  readonly firstEpoch?: number;
  readonly epochs: number;
  /** Longest caption in words with the end; the rest of a longer one is not learned. */
  readonly words: number;
  /** The share of units that is dropped; 0 for none. */
  readonly dropout: number;
  readonly decoder: Decoder;
}

/** A batch by the names of the graph's inputs. */
export function batchFeeds({ keep, ...arrays }: Batch): [string, TensorData][] {
  return [
    ...Object.entries(arrays).map(([name, data]): [string, TensorData] => [`batch.${name}`, data]),
    ...Object.entries(keep ?? {}).map(([name, mask]): [string, TensorData] => [`batch.keep.${name}`, mask]),
  ];
}

/** The dropout masks of one step. @param step counted over the whole training @param rate see `dropoutMask` */
export function masks(
  shapes: Readonly<Record<Mask, Shape>>,
  seed: number,
  step: number,
  rate: number,
): Readonly<Record<Mask, Uint8Array>> {
  const mask = (name: Mask) => dropoutMask(new RandomStream(seed, 'keep', name, step), sizeOf(shapes[name]), rate);
  return { regions: mask('regions'), words: mask('words'), output: mask('output') };
}

/**
 * The train split in batches, other ones in every epoch. All they draw follows from the seed, the epoch and the step.
 */
export class Batches {
  /** Holds every batch of the training. */
  readonly profile: LengthProfile;
  private readonly orders: BatchOrder;

  /** @param examples at least `settings.images` of them, each with a caption */
  constructor(
    examples: readonly TrainingExample[],
    private readonly settings: BatchSettings,
  ) {
    this.orders = new BatchOrder(examples, settings, (caption) => this.length(caption));
    const epochs = Array.from({ length: settings.epochs }, (_, index) => (settings.firstEpoch ?? 1) + index);
    this.profile = envelope(
      epochs.map((epoch) => envelope(this.order(epoch).map((drawn) => profileOf(this.lengths(drawn))))),
    );
  }

  get perEpoch(): number {
    return this.orders.perEpoch;
  }

  /** The examples of each batch of an epoch, counted from 1; see `BatchOrder`. */
  order(epoch: number): Drawn[][] {
    return this.orders.of(epoch);
  }

  /**
   * The arrays of one step.
   *
   * @param drawn a batch of `order`: its images by their longest caption
   * @param regions of the images, in their order in `drawn`: float16 bits [images, regions, regionSize]
   * @param step counted over the whole training; the dropout masks depend on it
   */
  assemble(drawn: readonly Drawn[], regions: Uint16Array, step: number): Batch {
    const { seed, dropout, decoder, images, words } = this.settings;
    const weight =
      1 /
      this.lengths(drawn)
        .flat()
        .reduce((total, length) => total + length, 0);
    return {
      regions: fromHalf(regions),
      ...layOut(
        drawn.map(({ captions }) => captions.map((caption) => ({ words: caption, weight }))),
        this.profile,
        words,
      ),
      ...(dropout > 0 ? { keep: masks(maskShapes(decoder, images, this.profile), seed, step, dropout) } : {}),
    };
  }

  /** Words to predict in a caption: its own and the end, up to the limit. */
  private length(caption: readonly number[]): number {
    return Math.min(caption.length + 1, this.settings.words);
  }

  private lengths(drawn: readonly Drawn[]): number[][] {
    return drawn.map((example) => example.captions.map((caption) => this.length(caption)));
  }
}

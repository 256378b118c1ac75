/** From photos and captions to the arrays of a step of the joint embedding. */
import { fromHalf } from '../../files/half.js';
import { layOutTexts, rowsOf } from '../../joint-embedding/text-layout.js';
import { windowsOf } from '../../joint-embedding/window.js';
import { sizeOf } from '../../tensors/graph.js';
import type { TensorData } from '../../tensors/session.js';
import type { Drawn, OrderSettings, TrainingExample } from '../batch-order.js';
import { BatchOrder } from '../batch-order.js';
import { dropoutMask } from '../dropout.js';
import { RandomStream } from '../random.js';
import type { Mask, SearchStepSizes } from './loss-graph.js';
import { maskShapes } from './loss-graph.js';

export interface SearchBatchSettings extends OrderSettings {
  readonly epochs: number;
  /** The share of units that is dropped; 0 for none. */
  readonly dropout: number;
  /** The share of photos that are learned in another framing than the whole, 0..1. */
  readonly framing: number;
}

/**
 * The train split in batches, other ones in every epoch. All they draw follows from the seed, the epoch and the step.
 */
export class SearchBatches {
  /** Captions that have a word t, enough for every batch of the training. */
  readonly rows: readonly number[];
  private readonly orders: BatchOrder;

  /**
   * @param examples at least `settings.images` of them, each with `settings.captions` captions or more, none of them
   *   empty
   */
  constructor(
    examples: readonly TrainingExample[],
    private readonly settings: SearchBatchSettings,
  ) {
    this.orders = new BatchOrder(examples, settings, (caption) => caption.length);
    const rows: number[] = [];
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      for (const drawn of this.order(epoch)) {
        rowsOf(captionsOf(drawn).map(({ words }) => words)).forEach((count, word) => {
          rows[word] = Math.max(rows[word] ?? 0, count);
        });
      }
    }
    this.rows = rows;
  }

  get perEpoch(): number {
    return this.orders.perEpoch;
  }

  /** The examples of each batch of an epoch, counted from 1; see `BatchOrder`. */
  order(epoch: number): Drawn[][] {
    return this.orders.of(epoch);
  }

  /**
   * The arrays of one step by the names of its inputs.
   *
   * @param regions of the images, in their order in `drawn`: float16 bits [images, regions, regionSize]
   * @param step counted over the whole training; the dropout masks depend on it
   */
  assemble(
    drawn: readonly Drawn[],
    regions: Uint16Array,
    step: number,
    sizes: SearchStepSizes,
  ): [string, TensorData][] {
    const captions = captionsOf(drawn);
    const { words, share } = layOutTexts(
      captions.map((caption) => caption.words),
      this.rows,
    );
    const { seed, dropout } = this.settings;
    const shapes = Object.entries(dropout > 0 ? maskShapes(sizes) : {}) as [Mask, readonly number[]][];
    return [
      ['batch.regions', fromHalf(regions)],
      ['batch.window', this.windows(drawn.length, step, sizes.embedding.regions)],
      ['batch.words', words],
      ['batch.share', share],
      ['batch.image', Int32Array.from(captions, ({ image }) => image)],
      ...shapes.map(([name, shape]): [string, TensorData] => [
        `batch.keep.${name}`,
        dropoutMask(new RandomStream(seed, 'keep', name, step), sizeOf(shape), dropout),
      ]),
    ];
  }

  /**
   * Each photo as a whole or, more often, in another framing: for what is learned it is another photo [images, regions,
   * 1].
   */
  private windows(images: number, step: number, regions: number): Float32Array {
    const random = new RandomStream(this.settings.seed, 'windows', step);
    const { whole, framings } = windowsOf(regions);
    const windows = new Float32Array(images * regions);
    for (let image = 0; image < images; image++) {
      const framing =
        random.uniform() < this.settings.framing ? framings[Math.floor(random.uniform() * framings.length)] : undefined;
      windows.set(framing ?? whole, image * regions);
    }
    return windows;
  }
}

/** A batch's captions, the longest first, and each one's image. */
function captionsOf(drawn: readonly Drawn[]): { readonly words: readonly number[]; readonly image: number }[] {
  return drawn
    .flatMap(({ captions }, image) => captions.map((words) => ({ words, image })))
    .sort((a, b) => b.words.length - a.words.length);
}

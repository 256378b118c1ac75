/** From captions to the arrays of a training step. */
import type { DecoderSettings } from '../captioner/decoder.js';
import { END, START } from '../language/vocabulary.js';
import { sizeOf } from '../tensors/graph.js';
import { fromHalf } from '../half.js';
import type { TensorData } from '../tensors/session.js';
import type { Drawn, OrderSettings, TrainingExample } from './batch-order.js';
import { BatchOrder } from './batch-order.js';
import type { LengthProfile } from './length-profile.js';
import { envelope, profileOf, totalPlaces, totalRows } from './length-profile.js';
import type { Mask } from './loss-graph.js';
import { maskShapes } from './loss-graph.js';
import { RandomStream } from './random.js';

/** The arrays of a step; see `BatchInputs`. */
export interface Batch {
  readonly regions: Float32Array;
  readonly previous: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float32Array;
  readonly image: Int32Array;
  readonly seats: Int32Array;
  readonly places: Int32Array;
  /** Absent when nothing is dropped. */
  readonly keep?: Readonly<Record<Mask, Uint8Array>>;
}

export interface BatchSettings extends OrderSettings {
  readonly epochs: number;
  /** Longest caption in words with the end; the rest of a longer one is not learned. */
  readonly words: number;
  readonly dropout: boolean;
  readonly decoder: DecoderSettings;
}

/** A batch by the names of the graph's inputs. */
export function batchFeeds({ keep, ...arrays }: Batch): [string, TensorData][] {
  return [
    ...Object.entries(arrays).map(([name, data]): [string, TensorData] => [`batch.${name}`, data]),
    ...Object.entries(keep ?? {}).map(([name, mask]): [string, TensorData] => [`batch.keep.${name}`, mask]),
  ];
}

/** The train split in batches, other ones in every epoch. All they draw follows from the seed, the epoch and the step. */
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
    const epochs = Array.from({ length: settings.epochs }, (_, index) => index + 1);
    this.profile = envelope(epochs.map((epoch) => envelope(this.order(epoch).map((drawn) => profileOf(this.lengths(drawn))))));
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
   * @param regions of the images, in their order in `drawn`: float16 bits [images, 49, 512]
   * @param step counted over the whole training; the dropout masks depend on it
   */
  assemble(drawn: readonly Drawn[], regions: Uint16Array, step: number): Batch {
    const { seed, dropout, decoder, images } = this.settings;
    const shapes = maskShapes(decoder, images, this.profile);
    const mask = (name: Mask) => new RandomStream(seed, 'keep', name, step).mask(sizeOf(shapes[name]));
    return {
      regions: fromHalf(regions),
      ...this.layOut(drawn),
      ...(dropout ? { keep: { regions: mask('regions'), words: mask('words'), output: mask('output') } } : {}),
    };
  }

  private layOut(drawn: readonly Drawn[]): Omit<Batch, 'regions' | 'keep'> {
    const captions = drawn
      .flatMap((example, image) => example.captions.map((caption, place) => ({ caption, image, place, length: this.length(caption) })))
      .sort((a, b) => b.length - a.length);
    const words = captions.reduce((count, { length }) => count + length, 0);
    const rows = totalRows(this.profile);
    const [previous, target, places] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
    const weight = new Float32Array(rows);
    const seats = new Int32Array(totalPlaces(this.profile));
    const image = new Int32Array(this.profile.rows[0] ?? 0);
    captions.forEach((caption, row) => { image[row] = caption.image; });
    let [firstRow, firstPlace] = [0, 0];
    this.profile.rows.forEach((count, word) => {
      const perImage = this.profile.captions[word] ?? 0;
      captions.forEach(({ caption, image: ofImage, place, length }, row) => {
        if (word >= length) return;
        previous[firstRow + row] = word === 0 ? START : (caption[word - 1] ?? START);
        target[firstRow + row] = caption[word] ?? END;
        weight[firstRow + row] = 1 / words;
        places[firstRow + row] = ofImage * perImage + place;
        seats[firstPlace + ofImage * perImage + place] = row;
      });
      firstRow += count;
      firstPlace += perImage * (this.profile.images[word] ?? 0);
    });
    return { previous, target, weight, image, seats, places };
  }

  /** Words to predict in a caption: its own and the end, up to the limit. */
  private length(caption: readonly number[]): number {
    return Math.min(caption.length + 1, this.settings.words);
  }

  private lengths(drawn: readonly Drawn[]): number[][] {
    return drawn.map((example) => example.captions.map((caption) => this.length(caption)));
  }
}

/** Which photos and captions make up each batch of each epoch. */
import type { ViewPlace } from './data.js';
import { RandomStream } from './random.js';

/** An image of the train split: its place in the training data, its views there and its captions' word ids. */
export interface TrainingExample {
  readonly index: number;
  readonly views: number;
  readonly captions: readonly (readonly number[])[];
}

/** An example's captions for one batch, longest first, and the place of the view they are learned with. */
export interface Drawn extends ViewPlace {
  readonly captions: readonly (readonly number[])[];
}

export interface OrderSettings {
  /** Images of a batch. */
  readonly images: number;
  /** Captions an image gives to a batch; where it has more, they are drawn anew in each epoch. */
  readonly captions: number;
  readonly seed: number;
}

/** Cuts the train split into batches, anew in every epoch. All it draws follows from the seed and the epoch. */
export class BatchOrder {
  readonly perEpoch: number;

  /**
   * @param examples at least `settings.images` of them, each with a caption
   * @param length words of a caption that are learned
   */
  constructor(
    private readonly examples: readonly TrainingExample[],
    private readonly settings: OrderSettings,
    private readonly length: (caption: readonly number[]) => number,
  ) {
    this.perEpoch = Math.floor(examples.length / settings.images);
  }

  /**
   * The examples of each batch of an epoch. Images that do not fill a last batch wait for another epoch's order.
   *
   * Every batch has one image of each stratum of their longest captions (stratified sampling; Zhao & Zhang 2014,
   * arXiv:1405.3080): batches are then alike in length, and little of the static shapes is padding.
   *
   * @param epoch counted from 1
   */
  of(epoch: number): Drawn[][] {
    const { seed, images } = this.settings;
    const permutation = new RandomStream(seed, 'order', epoch).permutation(this.examples.length);
    const captions = new RandomStream(seed, 'captions', epoch);
    const views = new RandomStream(seed, 'views', epoch);
    const drawn = Array.from(permutation.subarray(0, this.perEpoch * images), (place) =>
      this.draw(this.examples[place], captions, views),
    );
    drawn.sort((a, b) => this.longest(b) - this.longest(a));
    const strata = Array.from({ length: images }, (_, stratum) => {
      const order = new RandomStream(seed, 'stratum', epoch, stratum).permutation(this.perEpoch);
      return Array.from(order, (place) => drawn[stratum * this.perEpoch + place]);
    });
    return Array.from({ length: this.perEpoch }, (_, batch) => strata.flatMap((stratum) => stratum[batch] ?? []));
  }

  private draw(example: TrainingExample | undefined, random: RandomStream, views: RandomStream): Drawn {
    if (!example) throw new RangeError('the order names an example that is not there');
    const { captions, index } = example;
    const chosen =
      captions.length <= this.settings.captions
        ? [...captions]
        : Array.from(
            random.permutation(captions.length).subarray(0, this.settings.captions),
            (place) => captions[place] ?? [],
          );
    return {
      index,
      view: Math.floor(views.uniform() * example.views),
      captions: chosen.sort((a, b) => b.length - a.length),
    };
  }

  private longest({ captions }: Drawn): number {
    return captions[0] ? this.length(captions[0]) : 0;
  }
}

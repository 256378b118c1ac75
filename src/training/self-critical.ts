/**
 * Self-critical training (Rennie et al. 2017, arXiv:1612.00563): the decoder writes captions of its own, and those that
 * are closer to what people wrote than its others of the same photo become more probable, the worse ones less. The step
 * graph is that of cross-entropy: a caption's advantage is what each of its words weighs.
 */
import type { Decoder } from '../captioner/decoder.js';
import { Sampler } from '../captioner/sampler.js';
import type { CiderReferences } from '../metrics/cider.js';
import { fromHalf } from '../files/half.js';
import type { Drawn } from './batch-order.js';
import { BatchOrder } from './batch-order.js';
import type { WeighedCaption } from './batch-layout.js';
import { layOut } from './batch-layout.js';
import { batchFeeds, masks } from './batches.js';
import type { ParameterValues } from './engines/engine.js';
import type { LengthProfile } from './length-profile.js';
import { expectedProfile } from './length-profile.js';
import { maskShapes } from './loss-graph.js';
import type { Material, PhaseBatches } from './phase-batches.js';
import { RandomStream } from './random.js';
import type { SelfCriticalPhase, TrainingSettings } from './settings.js';
import type { StepInputs } from './task.js';

/**
 * What stands for a caption's end among its words: without it, captions that break off are worth as much (Luo 2020,
 * section 4).
 */
const ENDING = '<end>';

/** People's captions that each photo brings, drawn anew in every epoch. */
const TRUE_CAPTIONS = 1;

/**
 * How much better each caption of an image is than the mean of the others of it (Luo 2020, arXiv:2003.09971): no
 * caption is its own baseline, so the gradient's mean is that of the reward.
 */
export function advantages(rewards: readonly number[]): number[] {
  const total = rewards.reduce((sum, reward) => sum + reward, 0);
  return rewards.map((reward) => reward - (total - reward) / (rewards.length - 1));
}

/** A sentence as the reward compares it. */
export function withEnding(words: readonly string[]): string[] {
  return [...words, ENDING];
}

export class SelfCriticalBatches implements PhaseBatches {
  /** A negative advantage would have the smoothed target's other words pushed away, too. */
  readonly labelSmoothing = 0;
  readonly profile: LengthProfile;
  private readonly orders: BatchOrder;
  private readonly references: CiderReferences;
  private readonly vocabulary: readonly string[];
  private readonly decoder: Decoder;
  private readonly places: ReadonlyMap<number, number>;
  private readonly images: number;

  private constructor(
    private readonly phase: SelfCriticalPhase,
    { examples, decoder, images, references, vocabulary }: Material,
    private readonly settings: TrainingSettings,
    private readonly sampler: Sampler,
  ) {
    const { seed, maximumWords } = settings;
    const length = (caption: readonly number[]) => Math.min(caption.length + 1, maximumWords);
    this.orders = new BatchOrder(examples, { images, captions: TRUE_CAPTIONS, seed }, length);
    const lengths = examples.flatMap(({ captions }) => captions.map(length));
    this.profile = expectedProfile(lengths, images, phase.samples + TRUE_CAPTIONS, maximumWords);
    this.places = new Map(examples.map(({ index }, place) => [index, place]));
    this.references = references();
    this.vocabulary = vocabulary;
    this.decoder = decoder;
    this.images = images;
  }

  static async open(
    phase: SelfCriticalPhase,
    material: Material,
    settings: TrainingSettings,
  ): Promise<SelfCriticalBatches> {
    const { decoder, images } = material;
    const { samples: captions, temperature } = phase;
    const sampler = await Sampler.create({
      decoder,
      images,
      captions,
      temperature,
      maximumLength: settings.maximumWords,
    });
    return new SelfCriticalBatches(phase, material, settings, sampler);
  }

  get perEpoch(): number {
    return this.orders.perEpoch;
  }

  order(epoch: number): Drawn[][] {
    return this.orders.of(epoch);
  }

  async stepInputs(
    drawn: readonly Drawn[],
    bits: Uint16Array,
    step: number,
    parameters: ParameterValues,
  ): Promise<StepInputs> {
    const { seed, dropout, maximumWords: limit } = this.settings;
    const regions = fromHalf(bits);
    const sampled = await this.sampler.sample(parameters, regions, new RandomStream(seed, 'sample', step));
    const images = drawn.map(({ index, captions: people }, place) => {
      const samples = sampled[place] ?? [];
      const rewards = samples.map((words) => this.reward(words, index));
      return {
        place,
        people,
        samples,
        rewards,
        longest: Math.max(...[...people, ...samples].map(({ length }) => length)),
      };
    });
    // As `layOut` wants them.
    images.sort((a, b) => b.longest - a.longest);
    const size = regions.length / drawn.length;
    const sorted = new Float32Array(regions.length);
    images.forEach(({ place }, row) => {
      sorted.set(regions.subarray(place * size, (place + 1) * size), row * size);
    });
    const rewards = images.flatMap((image) => image.rewards);
    return {
      feeds: batchFeeds({
        regions: sorted,
        ...layOut(weigh(images, this.phase.crossEntropyShare, limit), this.profile, limit),
        ...(dropout > 0
          ? { keep: masks(maskShapes(this.decoder, this.images, this.profile), seed, step, dropout) }
          : {}),
      }),
      reward: rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length),
    };
  }

  close(): Promise<void> {
    return this.sampler.close();
  }

  /** CIDEr-D of a caption against people's of the same photo; one that was broken off has no end to be compared. */
  private reward(words: readonly number[], index: number): number {
    const said = words.map((word) => this.vocabulary[word] ?? '');
    return this.references.score(
      words.length < this.settings.maximumWords ? withEnding(said) : said,
      this.places.get(index) ?? 0,
    );
  }
}

/** An image's captions, as word ids, and what those drawn were worth. */
export interface JudgedImage {
  readonly people: readonly (readonly number[])[];
  readonly samples: readonly (readonly number[])[];
  readonly rewards: readonly number[];
}

/**
 * What each caption counts: those drawn their advantage, a word of all drawn ones; people's the rest of the loss, a
 * word of theirs. So the loss is (1 - share) · mean(advantage · cross-entropy) + share · mean(cross-entropy), the means
 * over words.
 *
 * @param share of the cross-entropy, 0..1
 * @param limit words of a caption that are learned, its end counted
 */
export function weigh(images: readonly JudgedImage[], share: number, limit: number): WeighedCaption[][] {
  const words = (captions: readonly (readonly number[])[]) =>
    Math.max(
      1,
      captions.reduce((sum, { length }) => sum + Math.min(length + 1, limit), 0),
    );
  const ofPeople = share / words(images.flatMap(({ people }) => people));
  const ofSamples = (1 - share) / words(images.flatMap(({ samples }) => samples));
  return images.map(({ people, samples, rewards }) => {
    const better = advantages(rewards);
    return [
      ...people.map((caption) => ({ words: caption, weight: ofPeople })),
      ...samples.map((caption, place) => ({ words: caption, weight: ofSamples * (better[place] ?? 0) })),
    ];
  });
}

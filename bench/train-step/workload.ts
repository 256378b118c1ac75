/** What both engines are given: batches as a training on Flickr8k has them, drawn so that no data set is needed. */
import { Batches } from '../../src/training/batches.js';
import type { Batch } from '../../src/training/batches.js';
import { createDecoder, DEFAULT_ARCHITECTURE } from '../../src/captioner/decoders/all.js';
import { END, START } from '../../src/language/vocabulary.js';
import type { LengthProfile } from '../../src/training/length-profile.js';
import { RandomStream } from '../../src/training/random.js';
import { DEFAULT_SETTINGS } from '../../src/training/settings.js';
import type { StoredTensor } from '../../src/tensors/safetensors.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

/**
 * Captions of Flickr8k's train split by their length in words with the end, from 1; longer ones count as 24. Lengths
 * drawn one by one make batches of 2,320 rows after sorting, the real ones make 2,335: that an image's captions are
 * alike in length matters little.
 */
const CAPTIONS_BY_LENGTH = [
  0, 0, 15, 125, 340, 854, 1948, 2501, 2917, 3318, 3310, 3134, 2772, 2332, 1864, 1338, 980, 683, 518, 369, 213, 137,
  106, 226,
];
const TRAIN_IMAGES = 6000;
/** Words that occur 5 times or more in Flickr8k's train split, and the specials. */
const VOCABULARY_SIZE = 2539;
const FIRST_WORD = 4;

export const DECODER = createDecoder({ ...DEFAULT_ARCHITECTURE, ...VGG16_SHAPE }, VOCABULARY_SIZE);
export const IMAGES = DEFAULT_SETTINGS.batchImages;
export const CAPTIONS = DEFAULT_SETTINGS.captionsPerImage;
const WORDS = DEFAULT_SETTINGS.maximumWords;

export interface Workload {
  readonly profile: LengthProfile;
  /** The arrays of a step for our engine: made anew for each, as the trainer does. */
  assemble(batch: number, step: number, dropout: boolean): Batch;
  /** The same batches for the reference, which sorts and packs by itself. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * @param count batches
 * @param sizes of a training on Flickr8k by default
 */
export function drawWorkload(
  count: number,
  seed: number,
  { decoder, images } = { decoder: DECODER, images: IMAGES },
): Workload {
  const random = new RandomStream(seed, 'workload');
  const examples = Array.from({ length: TRAIN_IMAGES }, (_, index) => ({
    index,
    views: 1,
    captions: Array.from({ length: CAPTIONS }, () => drawCaption(random, decoder.settings.vocabularySize)),
  }));
  const settings = { epochs: DEFAULT_SETTINGS.epochs, images, captions: CAPTIONS, words: WORDS, seed, decoder };
  const plain = new Batches(examples, { ...settings, dropout: 0 });
  const dropping = new Batches(examples, { ...settings, dropout: 0.5 });
  const drawn = plain.order(1).slice(0, count);
  const { regions: places, regionSize } = decoder.settings;
  const regionValues = images * places * regionSize;
  const regions = Uint16Array.from({ length: drawn.length * regionValues }, () => drawActivation(random));
  const tokens = new Int32Array(drawn.length * images * CAPTIONS * (WORDS + 1));
  drawn.flat().forEach((image, place) => {
    image.captions.forEach((caption, position) => {
      const words = [START, ...caption, END].slice(0, WORDS + 1);
      tokens.set(words, (place * CAPTIONS + position) * (WORDS + 1));
    });
  });
  return {
    profile: plain.profile,
    assemble: (batch, step, dropout) => {
      const own = regions.subarray(batch * regionValues, (batch + 1) * regionValues);
      return (dropout ? dropping : plain).assemble(drawn[batch] ?? [], own, step);
    },
    tensors: new Map<string, StoredTensor>([
      ['tokens', { type: 'I32', shape: [drawn.length, images, CAPTIONS, WORDS + 1], data: tokens }],
      ['regions', { type: 'F16', shape: [drawn.length, images, places, regionSize], data: regions }],
    ]),
  };
}

/** A caption without its end, of a length as in Flickr8k. Small ids are drawn more often, as words are. */
function drawCaption(random: RandomStream, vocabularySize: number): number[] {
  let place = Math.floor(random.uniform() * CAPTIONS_BY_LENGTH.reduce((sum, captions) => sum + captions));
  const length = 1 + CAPTIONS_BY_LENGTH.findIndex((captions) => (place -= captions) < 0);
  const words = vocabularySize - FIRST_WORD;
  return Array.from({ length: length - 1 }, () => FIRST_WORD + Math.floor(words * random.uniform() ** 3));
}

/** The float16 bits of 0 or, as often, of a number from 0.5 to 1: regions come out of a ReLU. */
function drawActivation(random: RandomStream): number {
  const bits = random.bits();
  return bits & 1 ? 0x3800 | ((bits >>> 1) & 0x3ff) : 0;
}

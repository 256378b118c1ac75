/** Photos that look like a photo, like one that is not stored, or more like some and less like others. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId, ImageId } from '../ids.js';
import type { Count } from '../store/counts.js';
import type { ImageFilter } from '../store/image-filter.js';
import { toPage } from '../store/pages.js';
import type { Store } from '../store/store.js';
import { comparedFeatures, type RunningEncoder } from './compared-features.js';
import { badCursor, likenessCursor, placesAhead, readCursors, writeCursor } from './cursors.js';
import { NEAR_DUPLICATE_SIMILARITY } from './near-duplicates.js';
import { checkLimit, type RankingPart } from './requests.js';
import { cosine, norm, weightedSum } from '../vision/vectors.js';

export interface WeightedImage {
  readonly imageId: ImageId;
  /** Above 0 for more like it, below for less. */
  readonly weight: number;
}

/** What is to be looked like: stored photos, or what the encoder that runs has just seen in one that is not. */
export type LikenessQuery =
  { readonly images: readonly WeightedImage[] } | { readonly feature: Float32Array; readonly encoder: EncoderId };

export interface SimilarRequest extends RankingPart {
  readonly like: LikenessQuery;
  readonly filter?: ImageFilter | undefined;
}

export interface SimilarHit {
  readonly imageId: ImageId;
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number;
  /** The same picture as one that was asked for, as far as the encoder can tell. */
  readonly isNearDuplicate: boolean;
  readonly cursor: string;
}

export interface SimilarResult {
  readonly hits: readonly SimilarHit[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  readonly count: () => Promise<Count>;
}

/** Photos of one question. */
export const MOST_EXAMPLES = 50;
const GREATEST_WEIGHT = 100;

/**
 * The photos whose pooled VGG16 features point the same way (cosine similarity), the most similar first, without those
 * that were asked for. Features of different encoders are not compared.
 *
 * Several photos with weights make one query, the weighted sum of their features made of length 1, as in Rocchio,
 * "Relevance Feedback in Information Retrieval" (1971), with the weights given by who asks.
 *
 * A list that is read page by page neither repeats nor skips a photo while others are added: a cursor is a place in the
 * ranking, and what is added shows up where it belongs behind it.
 *
 * @throws EkphrasisError NOT_FOUND for an unknown id; ENCODER_MISMATCH when a photo was seen by another encoder only;
 *   BAD_USER_INPUT for a limit out of range, weights that leave no direction, or a cursor of another list
 */
export async function similarImages(
  { like, limit = 20, after, before, backwards, filter = {} }: SimilarRequest,
  store: Pick<Store, 'images' | 'features'>,
  running: RunningEncoder,
): Promise<SimilarResult> {
  checkLimit(limit);
  const bounds = { ...readCursors(likenessCursor, { after, before }), backwards };
  const { encoder, vector, examples, without } = await toVector(like, store, running);
  if ([bounds.after, bounds.before].some((position) => position && position.encoder !== encoder)) throw badCursor();
  const found = await store.features.nearest(encoder, { vector, limit: limit + 1, filter, without, ...bounds });
  const { items, ...around } = toPage(found, { limit, after, before, backwards });
  const isDuplicate = await duplicateTest(without.length > 1 ? items : [], examples, encoder, store);
  const ahead = await placesAhead(items.length, bounds, () =>
    store.features.countEachRanked(encoder, { filter, without }),
  );
  const hits = items.map(({ imageId, distance, similarity }, index) => ({
    imageId,
    similarity,
    isNearDuplicate: isDuplicate(imageId, similarity),
    cursor: writeCursor(likenessCursor, { list: 'likeness', place: ahead + index + 1, distance, imageId, encoder }),
  }));
  return { hits, ...around, count: () => store.features.countRanked(encoder, { filter, without }) };
}

/** What is searched for, the photos it is made of, and those that are not results. */
interface LikenessVector {
  readonly encoder: EncoderId;
  readonly vector: Float32Array;
  readonly examples: readonly Float32Array[];
  readonly without: readonly ImageId[];
}

async function toVector(
  like: LikenessQuery,
  store: Pick<Store, 'images' | 'features'>,
  running: RunningEncoder,
): Promise<LikenessVector> {
  if (!('images' in like))
    return { encoder: like.encoder, vector: like.feature, examples: [like.feature], without: [] };
  checkWeights(like.images);
  const without = like.images.map(({ imageId }) => imageId);
  const { encoder, vectors } = await comparedFeatures(without, store, running);
  const weighted = like.images.map(({ imageId, weight }) => ({
    vector: vectors.get(imageId) ?? new Float32Array(),
    weight,
  }));
  const vector = weightedSum(weighted);
  if (norm(vector) < 1e-6) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'The weights cancel each other out: nothing is left to search for. Give other weights.',
    );
  }
  return {
    encoder,
    vector,
    examples: weighted.filter(({ weight }) => weight > 0).map((entry) => entry.vector),
    without,
  };
}

function checkWeights(images: readonly WeightedImage[]): void {
  const refuse = (message: string) => {
    throw new EkphrasisError(ErrorCode.BadInput, message);
  };
  if (images.length === 0 || images.length > MOST_EXAMPLES)
    refuse(`Between 1 and ${MOST_EXAMPLES} photos make a question, not ${images.length}.`);
  if (new Set(images.map(({ imageId }) => imageId)).size < images.length)
    refuse('A photo is named twice. Name each once, with its weight.');
  if (!images.every(({ weight }) => Math.abs(weight) <= GREATEST_WEIGHT))
    refuse(`Weights lie between -${GREATEST_WEIGHT} and ${GREATEST_WEIGHT}.`);
  if (!images.some(({ weight }) => weight > 0))
    refuse('One photo at least needs a weight above 0: what is unlike some is like everything else.');
}

/** Tells whether a hit is a near-duplicate of an example. One photo asked for alone is what the similarity is with. */
async function duplicateTest(
  hits: readonly { readonly imageId: ImageId }[],
  examples: readonly Float32Array[],
  encoder: EncoderId,
  { features }: Pick<Store, 'features'>,
): Promise<(imageId: ImageId, similarity: number) => boolean> {
  const vectors = await features.findMany(
    hits.map(({ imageId }) => imageId),
    encoder,
  );
  return (imageId, similarity) => {
    const vector = vectors.get(imageId);
    const most = vector ? Math.max(...examples.map((example) => cosine(example, vector))) : similarity;
    return most >= NEAR_DUPLICATE_SIMILARITY;
  };
}

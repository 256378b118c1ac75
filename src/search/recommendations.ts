/** Photos for somebody who liked some: like those, and not all alike. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { ImageFilter } from '../store/image-filter.js';
import type { Store } from '../store/store.js';
import { comparedFeatures, type RunningEncoder } from './compared-features.js';
import { NEAR_DUPLICATE_SIMILARITY } from './near-duplicates.js';
import { checkLimit } from './requests.js';
import { MOST_EXAMPLES } from './similar-images.js';
import { cosine } from '../vision/vectors.js';

export interface RecommendationRequest {
  /** What was liked. */
  readonly forImageIds: readonly ImageId[];
  /** Default: 20. */
  readonly limit?: number;
  readonly filter?: ImageFilter | undefined;
}

export interface Recommendation {
  readonly imageId: ImageId;
  /** Of the liked photos the one it is most like. */
  readonly likeImageId: ImageId;
  /** Cosine similarity with that one, -1 to 1. */
  readonly similarity: number;
}

/** How much likeness counts against variety: the paper's lambda. */
const LIKENESS_SHARE = 0.7;
/** Candidates in all, shared by the liked photos; fewer photos have at least those of a page each. */
const CANDIDATES = 300;

interface Candidate extends Recommendation {
  readonly vector: Float32Array;
}

/**
 * Photos that are like those somebody liked, without those and without near-duplicates of those or of each other. The
 * nearest neighbours of each liked photo are candidates; they are taken one after another by maximal marginal relevance
 * (Carbonell, Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and Producing Summaries",
 * SIGIR 1998): 0.7 of the cosine similarity with the liked photo it is most like, less 0.3 of that with the nearest
 * already taken.
 *
 * @returns as many as were asked for, where the collection has them, the best first
 * @throws EkphrasisError NOT_FOUND, ENCODER_MISMATCH; BAD_USER_INPUT for no photo, too many, or a limit out of range
 */
export async function recommendations(
  { forImageIds, limit = 20, filter = {} }: RecommendationRequest,
  store: Pick<Store, 'images' | 'features'>,
  running: RunningEncoder,
): Promise<Recommendation[]> {
  checkLimit(limit);
  const liked = [...new Set(forImageIds)];
  if (liked.length === 0 || liked.length > MOST_EXAMPLES) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `Recommendations are made for 1 to ${MOST_EXAMPLES} photos, not for ${liked.length}.`,
    );
  }
  const { encoder, vectors: likedFeatures } = await comparedFeatures(liked, store, running);
  const each = Math.max(limit, Math.ceil(CANDIDATES / liked.length));
  const found = await Promise.all(
    [...likedFeatures.values()].map((vector) =>
      store.features.nearest(encoder, { vector, limit: each, filter, without: liked }),
    ),
  );
  const vectors = await store.features.findMany([...new Set(found.flat().map(({ imageId }) => imageId))], encoder);
  const candidates = [...vectors].map(([imageId, vector]) => ({
    imageId,
    vector,
    ...mostAlike(vector, likedFeatures),
  }));
  return takeVaried(
    candidates.filter(({ similarity }) => similarity < NEAR_DUPLICATE_SIMILARITY),
    limit,
  );
}

function mostAlike(
  vector: Float32Array,
  liked: ReadonlyMap<ImageId, Float32Array>,
): Pick<Recommendation, 'likeImageId' | 'similarity'> {
  const ranked = [...liked].map(([likeImageId, feature]) => ({ likeImageId, similarity: cosine(feature, vector) }));
  return ranked.reduce((best, next) => (next.similarity > best.similarity ? next : best));
}

/** Maximal marginal relevance. Of near-duplicates among the candidates the first taken stays alone. */
function takeVaried(candidates: readonly Candidate[], limit: number): Recommendation[] {
  const taken: Recommendation[] = [];
  let waiting = candidates.map((candidate) => ({ candidate, nearestTaken: 0 }));
  const worth = ({ candidate, nearestTaken }: (typeof waiting)[number]) =>
    LIKENESS_SHARE * candidate.similarity - (1 - LIKENESS_SHARE) * nearestTaken;
  while (taken.length < limit && waiting.length > 0) {
    const { candidate: best } = waiting.reduce((first, next) => (worth(next) > worth(first) ? next : first));
    const { vector, ...recommendation } = best;
    taken.push(recommendation);
    waiting = waiting
      .filter(({ candidate }) => candidate !== best)
      .map(({ candidate, nearestTaken }) => ({
        candidate,
        nearestTaken: Math.max(nearestTaken, cosine(candidate.vector, vector)),
      }))
      .filter(({ nearestTaken }) => nearestTaken < NEAR_DUPLICATE_SIMILARITY);
  }
  return taken;
}

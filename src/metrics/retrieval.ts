/** How well a search finds what it should: ranks, and what they come to. */

/** Places among which a right answer counts as found. */
export const RECALL_AMONG = [1, 5, 10] as const;

export interface RetrievalScores {
  /** Shares of the queries whose answer is among the first 1, 5, 10: 0..1. */
  readonly recall: readonly [number, number, number];
  /** Counted from 1; of an even number of queries the lower of the middle two. */
  readonly medianRank: number;
}

/**
 * The rank of the best of a query's right answers, counted from 1. Of equal scores the right one is ranked last: a
 * search that tells nothing apart has found nothing.
 *
 * @param scores of every candidate, the higher the better
 * @param right whether the candidate of this place is a right answer; one at least is
 */
export function rankOf(scores: Float32Array, right: (place: number) => boolean): number {
  let best = -Infinity;
  scores.forEach((score, place) => {
    if (right(place)) best = Math.max(best, score);
  });
  return 1 + scores.reduce((ahead, score, place) => (!right(place) && score >= best ? ahead + 1 : ahead), 0);
}

/** @param ranks of all queries, counted from 1; one at least */
export function retrievalScores(ranks: readonly number[]): RetrievalScores {
  const within = (most: number) => ranks.filter((rank) => rank <= most).length / ranks.length;
  const sorted = [...ranks].sort((a, b) => a - b);
  const [first, few, more] = RECALL_AMONG;
  return {
    recall: [within(first), within(few), within(more)],
    medianRank: sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN,
  };
}

/** Both directions between sentences and photos. */
export interface CrossRetrieval {
  readonly textToImage: RetrievalScores;
  readonly imageToText: RetrievalScores;
}

/**
 * Ranks of right answers, counted from 1: of each text's image among the images, of each image's best text among the
 * texts.
 */
export interface CrossRanks {
  readonly texts: readonly number[];
  readonly images: readonly number[];
}

/**
 * @param similarities [texts, images], row by row
 * @param imageOf the image each text is of, by its place among the images; every image has a text
 */
export function crossRanks(similarities: Float32Array, imageOf: Int32Array): CrossRanks {
  const images = similarities.length / imageOf.length;
  return {
    texts: Array.from(imageOf, (own, text) =>
      rankOf(similarities.subarray(text * images, (text + 1) * images), (image) => image === own),
    ),
    images: Array.from({ length: images }, (_, image) =>
      rankOf(
        Float32Array.from(imageOf, (_own, text) => similarities[text * images + image] ?? NaN),
        (text) => imageOf[text] === image,
      ),
    ),
  };
}

/** Both directions; see `crossRanks`. */
export function crossRetrieval(similarities: Float32Array, imageOf: Int32Array): CrossRetrieval {
  const { texts, images } = crossRanks(similarities, imageOf);
  return { textToImage: retrievalScores(texts), imageToText: retrievalScores(images) };
}

/** Whether two photos are the same picture, saved twice. */

/**
 * The least cosine similarity of two photos' pooled VGG16 features that makes them near-duplicates.
 */
export const NEAR_DUPLICATE_SIMILARITY = 0.95;

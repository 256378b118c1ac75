/** Whether two photos are the same picture, saved twice. */

/**
 * The least cosine similarity of two photos' pooled VGG16 features that makes them near-duplicates. Measured on
 * Flickr8k with the int8 encoder (`bench/likeness`, docs/lab-notes/search.md): of copies that are mirrored or cropped
 * to 90 % all reach it, of those that are both 92 %, of those saved as JPEG of quality 30 85 %, of grey ones 33 %; of
 * 7,090 photos 0.3 % have another photo that does.
 */
export const NEAR_DUPLICATE_SIMILARITY = 0.9;

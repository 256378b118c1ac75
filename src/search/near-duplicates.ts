/** Whether two photos are the same picture, saved twice. */

/**
 * The least cosine similarity of two photos' pooled VGG16 features that makes them near-duplicates. Measured on Flickr8k's photos of
 * 224 x 224 pixels with the int8 encoder (`bench/likeness`): copies that are cropped to 90 % or more, mirrored, or both reach it in 97
 * of 100 cases or more, cropped to 80 % in 73, saved as JPEG of quality 30 in 85; half as large, and so with half the detail that VGG16 is
 * given, in 2. Of 7,090 photos 3 in a thousand have another photo that reaches it, some of them taken in the same second.
 */
export const NEAR_DUPLICATE_SIMILARITY = 0.9;

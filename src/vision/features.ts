/** What VGG16 says of a photo. */

/** Places of its last feature map: 7 x 7. */
export const REGIONS = 49;
/** Channels of its last feature map. */
export const FEATURE_SIZE = 512;

export interface ImageFeatures {
  /** The mean of the regions [512]. */
  readonly pooled: Float32Array;
  /** float16 bits [49 * 512]; region = row * 7 + column. */
  readonly regions: Uint16Array;
}

import { fromHalf } from '../half.js';
import { FEATURE_SIZE, REGIONS } from '../vision/features.js';

/** Numbers of a photo's summary. */
export const SUMMARY_SIZE = 2 * FEATURE_SIZE;

/**
 * What a photo's regions have in common and what stands out: the mean and the maximum of each channel over the regions, each
 * under its root, which makes a few loud channels less loud (power normalisation; Perronnin et al. 2010, section 3.1).
 *
 * @param regions float16 bits [49 * 512]
 * @returns [SUMMARY_SIZE]: the means, then the maxima
 */
export function summarise(regions: Uint16Array): Float32Array {
  const values = fromHalf(regions);
  const means = new Float32Array(FEATURE_SIZE);
  const maxima = new Float32Array(FEATURE_SIZE);
  for (let region = 0; region < REGIONS; region++) {
    for (let channel = 0; channel < FEATURE_SIZE; channel++) {
      const value = values[region * FEATURE_SIZE + channel] ?? 0;
      means[channel] = (means[channel] ?? 0) + value / REGIONS;
      if (value > (maxima[channel] ?? 0)) maxima[channel] = value;
    }
  }
  const summary = new Float32Array(SUMMARY_SIZE);
  summary.set(means.map(Math.sqrt));
  summary.set(maxima.map(Math.sqrt), FEATURE_SIZE);
  return summary;
}

/** The learning rate falls to this share of its highest value. */
const FINAL_SHARE = 0.02;

/**
 * Linear warm-up, then half a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983, section 3).
 *
 * @param step counted from 1
 * @returns the learning rate of that step
 */
export function learningRateAt(step: number, totalSteps: number, highest: number, warmUpSteps: number): number {
  const warmUp = Math.min(warmUpSteps, Math.floor(totalSteps / 10));
  if (step <= warmUp) return (highest * step) / warmUp;
  const progress = (step - warmUp) / Math.max(1, totalSteps - warmUp);
  return highest * (FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** What was recognised, in a sentence. */
import type { DatasetSummary } from './dataset.js';
import { amount } from './problems.js';

/** Such as "Karpathy's JSON: 8,000 photos, 40,000 captions, 6,000/1,000/1,000 in train/dev/test". */
export function describeSummary({ format, photos, captions, splits }: DatasetSummary): string {
  const counted = `${format}: ${amount(photos, 'photo')}, ${captions === 0 ? 'no captions' : amount(captions, 'caption')}`;
  if (!splits) return counted;
  const numbers = [splits.train, splits.dev, splits.test].map((count) => count.toLocaleString('en'));
  return `${counted}, ${numbers.join('/')} in train/dev/test`;
}

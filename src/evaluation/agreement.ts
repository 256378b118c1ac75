import { sentenceBleu } from './bleu.js';
import { kendall, spearman } from './correlation.js';
import type { CaptionScores } from './scores.js';

/** The metrics that judge a single caption. */
export const CAPTION_METRICS = ['bleu4', 'cider', 'rougeL', 'meteorStem'] as const;
export type CaptionMetric = (typeof CAPTION_METRICS)[number];

/** How well a metric agrees with people about single captions. */
export interface Agreement {
  readonly metric: CaptionMetric;
  /** Rank correlations, -1..1; null where all captions are rated, or scored, alike. */
  readonly spearman: number | null;
  readonly kendall: number | null;
}

/** One of a caption's scores; BLEU-4 smoothed as `sentenceBleu` says. */
export function captionMetricOf(scores: CaptionScores, metric: CaptionMetric): number {
  return metric === 'bleu4' ? sentenceBleu(scores.bleuCounts) : scores[metric];
}

/** @param rated captions with the mean of people's ratings */
export function agreementOf(rated: readonly (CaptionScores & { readonly rating: number })[]): Agreement[] {
  const ratings = rated.map(({ rating }) => rating);
  return CAPTION_METRICS.map((metric) => {
    const scores = rated.map((caption) => captionMetricOf(caption, metric));
    return { metric, spearman: numberOrNull(spearman(scores, ratings)), kendall: numberOrNull(kendall(scores, ratings)) };
  });
}

function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

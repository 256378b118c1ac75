import { CAPTION_FIGURES } from '../metrics/all.js';
import { captionFigures, type CaptionScores } from '../metrics/scores.js';
import { kendall, spearman } from './correlation.js';

/** How well a metric agrees with people about single captions. */
export interface Agreement {
  /** The figure's key. */
  readonly metric: string;
  /** Rank correlations, -1..1; null where all captions are rated, or scored, alike. */
  readonly spearman: number | null;
  readonly kendall: number | null;
}

/** @param rated captions with the mean of people's ratings; metrics that one of them lacks are left out */
export function agreementOf(
  rated: readonly { readonly scores: CaptionScores; readonly rating: number }[],
): Agreement[] {
  const ratings = rated.map(({ rating }) => rating);
  const figures = rated.map(({ scores }) => captionFigures(scores));
  return CAPTION_FIGURES.filter(({ key }) => figures.every((own) => key in own)).map(({ key }) => {
    const values = figures.map((own) => own[key] ?? NaN);
    return {
      metric: key,
      spearman: numberOrNull(spearman(values, ratings)),
      kendall: numberOrNull(kendall(values, ratings)),
    };
  });
}

function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

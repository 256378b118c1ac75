/** Figures of parts of a split: where a model is good, and where not. */
import { lengthOf } from '../metrics/bleu.js';
import { type Figures, ScoreTable } from '../metrics/scores.js';
import type { ScoredCaption } from './report.js';

/**
 * Captions that have something in common, and their figures. CIDEr-D keeps the document frequencies of the whole split.
 */
export interface CaptionGroup {
  /** From this number on. */
  readonly from: number;
  /** Up to this number; null for the last group. */
  readonly to: number | null;
  readonly images: number;
  readonly figures: Figures;
}

/** First numbers of the groups. */
const LENGTHS = [0, 8, 10, 12, 14] as const;
const CONTENT_WORDS = [0, 2, 4, 6, 8] as const;

/** By the words of the caption. */
export function groupsByLength(captions: readonly ScoredCaption[]): CaptionGroup[] {
  return groupsBy(captions, LENGTHS, ({ scores }) => lengthOf(scores.bleu ?? []));
}

/** By how much there is to say about the photo: see `agreedContentWords`. */
export function groupsByContent(captions: readonly ScoredCaption[]): CaptionGroup[] {
  return groupsBy(captions, CONTENT_WORDS, ({ contentWords }) => contentWords);
}

/** Groups without a caption are left out. */
function groupsBy(
  captions: readonly ScoredCaption[],
  starts: readonly number[],
  valueOf: (caption: ScoredCaption) => number,
): CaptionGroup[] {
  return starts.flatMap((from, index) => {
    const next = starts[index + 1];
    const own = captions.filter(
      (caption) => valueOf(caption) >= from && (next === undefined || valueOf(caption) < next),
    );
    if (own.length === 0) return [];
    return [
      {
        from,
        to: next === undefined ? null : next - 1,
        images: own.length,
        figures: new ScoreTable(own.map(({ scores }) => scores)).figures(),
      },
    ];
  });
}

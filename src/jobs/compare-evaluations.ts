/** Two models on the same photos: which is better, and whether that is more than chance. */
import type { Difference } from '../evaluation/bootstrap.js';
import { inScoringThread } from '../evaluation/scoring.js';
import type { EvaluatedCaptionRecord } from '../store/evaluations.js';

export interface Comparison {
  /** Photos that both have captioned. */
  readonly images: number;
  /** By metric. */
  readonly differences: readonly Difference[];
  /** The same for the photos of each data set; null stands for uploads, by which one sees whether people's corrections helped. */
  readonly byDataset: readonly { readonly dataset: string | null; readonly images: number; readonly differences: readonly Difference[] }[];
}

interface Pair {
  readonly first: EvaluatedCaptionRecord;
  readonly second: EvaluatedCaptionRecord;
}

/** @returns undefined when there is no photo that both have captioned */
export async function compareEvaluations(
  first: readonly EvaluatedCaptionRecord[],
  second: readonly EvaluatedCaptionRecord[],
): Promise<Comparison | undefined> {
  const others = new Map(second.map((caption) => [caption.imageId, caption]));
  const pairs = first.flatMap((caption): Pair[] => {
    const other = others.get(caption.imageId);
    return other ? [{ first: caption, second: other }] : [];
  });
  if (pairs.length === 0) return undefined;
  const differences = await compare(pairs);
  const datasets = [...new Set(pairs.map((pair) => pair.first.dataset))];
  const byDataset = await Promise.all(
    datasets.map(async (dataset) => {
      const own = pairs.filter((pair) => pair.first.dataset === dataset);
      return { dataset, images: own.length, differences: datasets.length === 1 ? differences : await compare(own) };
    }),
  );
  return { images: pairs.length, differences, byDataset };
}

function compare(pairs: readonly Pair[]): Promise<Difference[]> {
  return inScoringThread('compareModels', pairs.map(({ first }) => first), pairs.map(({ second }) => second));
}

/** Two models on the same photos: which is better, and whether that is more than chance. */
import type { Difference } from './bootstrap.js';
import { inScoringThread } from './scoring.js';
import type { DatasetId } from '../ids.js';
import type { EvaluatedCaptionRecord } from '../store/evaluations.js';

export interface Comparison {
  /** Photos that both have captioned. */
  readonly images: number;
  /** By metric. */
  readonly differences: readonly Difference[];
  /**
   * The same for the photos of each data set, by its name; null stands for uploads, by which one sees whether people's
   * corrections helped.
   */
  readonly byDataset: readonly {
    readonly dataset: string | null;
    readonly images: number;
    readonly differences: readonly Difference[];
  }[];
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
  const datasets = [
    ...new Map(pairs.flatMap(({ first: { datasets: own } }) => own.map(({ id, name }) => [id, name] as const))),
  ];
  const uploads = pairs.filter((pair) => pair.first.datasets.length === 0);
  const groups = [
    ...datasets.map(([id, name]) => ({ dataset: name, own: pairs.filter((pair) => isOf(pair, id)) })),
    ...(uploads.length > 0 ? [{ dataset: null, own: uploads }] : []),
  ];
  const byDataset = await Promise.all(
    groups.map(async ({ dataset, own }) => {
      return {
        dataset,
        images: own.length,
        differences: own.length === pairs.length ? differences : await compare(own),
      };
    }),
  );
  return { images: pairs.length, differences, byDataset };
}

function isOf({ first }: Pair, dataset: DatasetId): boolean {
  return first.datasets.some(({ id }) => id === dataset);
}

function compare(pairs: readonly Pair[]): Promise<Difference[]> {
  return inScoringThread(
    'compareModels',
    pairs.map(({ first }) => first.scores),
    pairs.map(({ second }) => second.scores),
  );
}

/** Several rankings of the same things made one. */

export interface Fused<Id> {
  readonly id: Id;
  /** The sum of 1 / (k + rank) over the rankings that have it. */
  readonly score: number;
  /** Its rank in each ranking, counted from 1; undefined where it has none. */
  readonly ranks: readonly (number | undefined)[];
}

/** The constant of the paper: it keeps the first ranks of one ranking from deciding alone. */
export const FUSION_K = 60;

/**
 * Reciprocal rank fusion: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
 * Learning Methods", SIGIR 2009.
 *
 * @param rankings the best first, each thing once in each
 * @returns the best first; equals in the order of their ids
 */
export function fuseRankings<Id extends string>(rankings: readonly (readonly Id[])[], k = FUSION_K): Fused<Id>[] {
  const ranks = new Map<Id, (number | undefined)[]>();
  for (const [index, ranking] of rankings.entries()) {
    for (const [place, id] of ranking.entries()) {
      const own = ranks.get(id) ?? rankings.map(() => undefined);
      own[index] = place + 1;
      ranks.set(id, own);
    }
  }
  const scoreOf = (own: readonly (number | undefined)[]) =>
    own.reduce<number>((sum, rank) => sum + (rank === undefined ? 0 : 1 / (k + rank)), 0);
  return [...ranks]
    .map(([id, own]) => ({ id, score: scoreOf(own), ranks: own }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** How well two orders of the same things agree. */

/**
 * Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs.
 *
 * @returns -1..1; NaN where all values of one side are equal
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [ranksA, ranksB] = [ranksOf(a), ranksOf(b)];
  // Ranks of n things, shared or not, have this mean.
  const mean = (a.length + 1) / 2;
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + (value - mean) * ((y[index] ?? NaN) - mean), 0);
  return product(ranksA, ranksB) / Math.sqrt(product(ranksA, ranksA) * product(ranksB, ranksB));
}

/**
 * Kendall's tau-b (Kendall 1945), which allows for ties: ratings of 1 to 5 are full of them. Quadratic in the number of
 * values.
 *
 * @returns -1..1; NaN where all values of one side are equal
 */
export function kendall(a: readonly number[], b: readonly number[]): number {
  let [agreement, pairsA, pairsB] = [0, 0, 0];
  for (let i = 1; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign((a[i] ?? NaN) - (a[j] ?? NaN)), Math.sign((b[i] ?? NaN) - (b[j] ?? NaN))];
      agreement += x * y;
      pairsA += Math.abs(x);
      pairsB += Math.abs(y);
    }
  }
  return agreement / Math.sqrt(pairsA * pairsB);
}

/** Counted from 1. */
function ranksOf(values: readonly number[]): number[] {
  const places = new Map<number, number[]>();
  [...values]
    .sort((x, y) => x - y)
    .forEach((value, index) => places.set(value, [...(places.get(value) ?? []), index + 1]));
  const ranks = new Map(
    [...places].map(([value, own]) => [value, own.reduce((sum, rank) => sum + rank, 0) / own.length]),
  );
  return values.map((value) => ranks.get(value) ?? NaN);
}

/** The true neighbours of vectors among those that a pattern draws: all of them compared. */
import { Nearest, type Pattern, product, unit } from '../vectors/pattern.js';

export function exactNeighbours(
  pattern: Pattern,
  count: number,
  queries: readonly Float32Array[],
  limit: number,
): Nearest[] {
  const units = queries.map(unit);
  const truth = units.map(() => new Nearest(limit));
  for (let number = 0; number < count; number++) {
    const vector = unit(pattern.draw(number));
    units.forEach((query, place) => truth[place]?.add(number, product(query, vector)));
  }
  return truth;
}

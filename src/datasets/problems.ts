/** Problems of a data set, equal ones told once: so that twenty of one kind do not hide another. */
import type { Problem } from './dataset.js';

/** Places named in a problem before it only counts. */
const PLACES_NAMED = 5;

/** What is said of so many places that share a problem; the places follow it. */
type Sentence = (count: number) => string;

interface Group {
  readonly sentence: Sentence;
  readonly places: string[];
  count: number;
}

export class ProblemList {
  private readonly groups = new Map<string, Group>();

  /**
   * Counts a problem of a place, such as a file or a line.
   *
   * @param kind the same for equal problems
   * @param sentence of the first place with this kind speaks for all
   */
  add(kind: string, sentence: Sentence, place: string): void {
    const group = this.groups.get(kind) ?? { sentence, places: [], count: 0 };
    this.groups.set(kind, group);
    group.count += 1;
    if (group.places.length < PLACES_NAMED) group.places.push(place);
  }

  /** A problem of the whole data set. */
  say(kind: string, message: string): void {
    this.groups.set(kind, { sentence: () => message, places: [], count: 1 });
  }

  list(): Problem[] {
    return [...this.groups].map(([kind, { sentence, places, count }]) => {
      if (places.length === 0) return { kind, count, message: sentence(count) };
      const rest = count > places.length ? ` and ${count - places.length} more` : '';
      return { kind, count, message: `${sentence(count)}: ${places.join(', ')}${rest}.` };
    });
  }
}

/** A number with its noun, such as `1 photo` and `8,000 photos`. */
export function amount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}

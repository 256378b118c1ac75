/** The words a decoder can say, and their numbers. */

export const PAD = 0;
export const START = 1;
export const END = 2;
export const UNKNOWN = 3;

const SPECIALS = ['<pad>', '<start>', '<end>', '<unknown>'] as const;

export class Vocabulary {
  private readonly ids: ReadonlyMap<string, number>;

  /** @param words in the order of their ids; the first four are <pad>, <start>, <end>, <unknown> */
  constructor(readonly words: readonly string[]) {
    if (SPECIALS.some((special, id) => words[id] !== special))
      throw new RangeError('a vocabulary starts with its four specials');
    this.ids = new Map(words.map((word, id) => [word, id]));
  }

  /** The words seen at least `minimumCount` times, most frequent first, equally frequent ones by the alphabet. */
  static build(captions: Iterable<readonly string[]>, minimumCount: number): Vocabulary {
    return new Vocabulary(SPECIALS).extend(captions, minimumCount);
  }

  /**
   * The same words with the same ids, and after them those it lacks that are seen at least `minimumCount` times, in
   * `build`'s order.
   */
  extend(captions: Iterable<readonly string[]>, minimumCount: number): Vocabulary {
    const counts = new Map<string, number>();
    for (const caption of captions) for (const word of caption) counts.set(word, (counts.get(word) ?? 0) + 1);
    const kept = [...counts].filter(([word, count]) => count >= minimumCount && !this.ids.has(word));
    kept.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    return new Vocabulary([...this.words, ...kept.map(([word]) => word)]);
  }

  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.ids.has(word);
  }

  /** Ids of words; <unknown> for words it does not have. */
  encode(tokens: readonly string[]): number[] {
    return tokens.map((token) => this.ids.get(token) ?? UNKNOWN);
  }

  /** Words of ids up to the first <end>, without specials. */
  decode(ids: readonly number[]): string[] {
    const end = ids.indexOf(END);
    return (end === -1 ? ids : ids.slice(0, end)).filter((id) => id > UNKNOWN).map((id) => this.words[id] ?? '');
  }
}

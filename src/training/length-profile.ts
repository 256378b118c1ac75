/**
 * How many captions are still being written at each word. Captions are short and of many lengths: of a batch padded to its
 * longest caption, half would be padding. The decoder therefore computes at word t only the captions that have one. A
 * graph's shapes are static, so the counts are those that hold every batch of a training; `Batches` makes the batches alike.
 */

export interface LengthProfile {
  /** Captions that have a word t; never grows with t, as the others. */
  readonly rows: readonly number[];
  /** Images whose captions have a word t. */
  readonly images: readonly number[];
  /** Most captions of one image that have a word t. */
  readonly captions: readonly number[];
}

/** @param lengths for each image its captions' lengths in words, with the end */
export function profileOf(lengths: readonly (readonly number[])[]): LengthProfile {
  const longest = Math.max(0, ...lengths.flat());
  const words = Array.from({ length: longest }, (_, word) => lengths.map((own) => own.filter((length) => length > word).length));
  return {
    rows: words.map((counts) => counts.reduce((sum, count) => sum + count, 0)),
    images: words.map((counts) => counts.filter((count) => count > 0).length),
    captions: words.map((counts) => Math.max(...counts)),
  };
}

/** The smallest profile that holds all of them. */
export function envelope(profiles: readonly LengthProfile[]): LengthProfile {
  const longest = Math.max(0, ...profiles.map(({ rows }) => rows.length));
  const highest = (counts: (profile: LengthProfile) => readonly number[]) =>
    Array.from({ length: longest }, (_, word) => profiles.reduce((most, profile) => Math.max(most, counts(profile)[word] ?? 0), 0));
  return { rows: highest(({ rows }) => rows), images: highest(({ images }) => images), captions: highest(({ captions }) => captions) };
}

/** Rows of all words together. */
export function totalRows({ rows }: LengthProfile): number {
  return rows.reduce((sum, count) => sum + count, 0);
}

/** Places of all words' attention: it sees captions by image, so the captions of a word stand in a rectangle there. */
export function totalPlaces({ images, captions }: LengthProfile): number {
  return images.reduce((sum, count, word) => sum + count * (captions[word] ?? 0), 0);
}

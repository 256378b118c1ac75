/**
 * How many captions are still being written at each word. Captions are short and of many lengths: of a batch padded to
 * its longest caption, half would be padding. The decoder therefore computes at word t only the captions that have one.
 * A graph's shapes are static, so the counts are those that hold every batch of a training; `Batches` makes the batches
 * alike.
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
  const words = Array.from({ length: longest }, (_, word) =>
    lengths.map((own) => own.filter((length) => length > word).length),
  );
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
    Array.from({ length: longest }, (_, word) =>
      profiles.reduce((most, profile) => Math.max(most, counts(profile)[word] ?? 0), 0),
    );
  return {
    rows: highest(({ rows }) => rows),
    images: highest(({ images }) => images),
    captions: highest(({ captions }) => captions),
  };
}

/**
 * Standard deviations above the mean that a count of captions not yet written is given room for; none is taken for
 * smaller than this.
 */
const ROOM = 3;
const SMALLEST_VARIANCE = 0.02;

/**
 * A profile for captions that are still to be written: as if their lengths were drawn from `lengths`, with room to
 * spare. Few words go beyond it, and those are not learned.
 *
 * @param lengths in words with the end
 * @param captions of an image
 */
export function expectedProfile(
  lengths: readonly number[],
  images: number,
  captions: number,
  longest: number,
): LengthProfile {
  const words = Array.from(
    { length: longest },
    (_, word) => lengths.filter((length) => length > word).length / Math.max(1, lengths.length),
  );
  const most = (count: number, share: number) =>
    Math.max(
      1,
      Math.min(
        count,
        Math.ceil(count * share + ROOM * Math.sqrt(count * Math.max(share * (1 - share), SMALLEST_VARIANCE))),
      ),
    );
  return {
    rows: words.map((share) => most(images * captions, share)),
    images: words.map((share) => most(images, 1 - (1 - share) ** captions)),
    captions: words.map(() => captions),
  };
}

/** Rows of all words together. */
export function totalRows({ rows }: LengthProfile): number {
  return rows.reduce((sum, count) => sum + count, 0);
}

/** Places of all words' attention: it sees captions by image, so the captions of a word stand in a rectangle there. */
export function totalPlaces({ images, captions }: LengthProfile): number {
  return images.reduce((sum, count, word) => sum + count * (captions[word] ?? 0), 0);
}

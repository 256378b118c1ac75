/** Counts of n-grams: what BLEU and CIDEr compare. */

/** A sentence as its words. */
export type Tokens = readonly string[];

/** Times each n-gram occurs, for n = 1, 2, 3, 4. */
export type NgramCounts = readonly [Counts, Counts, Counts, Counts];

type Counts = ReadonlyMap<string, number>;

/** How often each sequence of one to four words occurs. */
export function countNgrams(tokens: Tokens): NgramCounts {
  const counts = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ] as const;
  for (let start = 0; start < tokens.length; start++) {
    let ngram = '';
    for (const [more, known] of counts.entries()) {
      const word = tokens[start + more];
      if (word === undefined) break;
      ngram = more === 0 ? word : `${ngram} ${word}`;
      known.set(ngram, (known.get(ngram) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * That every image has one candidate and at least one reference: figures of anything else would be wrong without a
 * sign.
 *
 * @throws RangeError when it is not so
 */
export function checkCorpus(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): void {
  if (candidates.length !== references.length) {
    throw new RangeError(`there are ${candidates.length} candidates, but references for ${references.length} images`);
  }
  const lacking = references.findIndex((own) => own.length === 0);
  if (lacking !== -1) throw new RangeError(`image ${lacking} has no reference`);
}

/** How sentences of many lengths stand in a graph of fixed shapes. */

/** Sentences as arrays; see `TextInputs`. */
export interface LaidOutTexts {
  readonly words: Int32Array;
  readonly share: Float32Array;
}

/** How many of some sentences have a word t. */
export function rowsOf(sentences: readonly (readonly number[])[]): number[] {
  const longest = Math.max(0, ...sentences.map(({ length }) => length));
  return Array.from({ length: longest }, (_, word) => sentences.filter(({ length }) => length > word).length);
}

/**
 * @param sentences word ids, the longest sentence first
 * @param rows of each word, at least as many as the sentences have; what is left is padding
 */
export function layOutTexts(sentences: readonly (readonly number[])[], rows: readonly number[]): LaidOutTexts {
  const total = rows.reduce((count, n) => count + n, 0);
  const [words, share] = [new Int32Array(total), new Float32Array(total)];
  let first = 0;
  rows.forEach((count, word) => {
    sentences.forEach((sentence, row) => {
      const id = sentence[word];
      if (id === undefined) return;
      if (row >= count) throw new RangeError(`word ${word} has ${count} rows, too few for its sentences`);
      words[first + row] = id;
      share[first + row] = 1 / sentence.length;
    });
    first += count;
  });
  return { words, share };
}
